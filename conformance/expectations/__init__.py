"""Known deviations of implementations: what is expected of them, each with its reason, and what became of that."""

from conformance.expectations.awaited import Awaited, Expectations
from conformance.expectations.entry import Expectation, Kind, json_schema
from conformance.expectations.load import Written, load_expectations, shipped_expectations
from conformance.expectations.names import mistyped
from conformance.expectations.propose import Proposal, propose
from conformance.expectations.update import with_proposals

__all__ = [
    "Awaited",
    "Expectation",
    "Expectations",
    "Kind",
    "Proposal",
    "Written",
    "json_schema",
    "load_expectations",
    "mistyped",
    "propose",
    "shipped_expectations",
    "with_proposals",
]
