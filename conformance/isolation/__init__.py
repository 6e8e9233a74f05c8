"""Judging in processes of their own, so that no case can take down the run, and in this one, where speed asks."""

from conformance.choices import Isolation
from conformance.isolation.in_process import InProcess
from conformance.isolation.isolated import Isolated
from conformance.isolation.subject import Asking, Identity, Limits, Subject

__all__ = [
    "Asking",
    "Identity",
    "InProcess",
    "Isolated",
    "Limits",
    "Subject",
    "open_subject",
]


def open_subject(name: str, asking: Asking, isolation: Isolation, limits: Limits, jobs: int = 1) -> Subject:
    """Return the implementation that the SPEC `name` means, to be asked where `isolation` says."""
    if isolation is Isolation.NONE:
        return InProcess(name, asking)
    return Isolated(name, asking, limits, jobs, isolation)
