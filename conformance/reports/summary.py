"""A run as reports see it: the implementations that were to be judged, and the results."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from conformance.case import Outcome
from conformance.runner import Result

__all__ = ["Run", "Status", "exit_code"]

_GREEN = {Outcome.PASSED, Outcome.UNSUPPORTED}


@dataclass(frozen=True, slots=True)
class Status:
    """One implementation of a run: its SPEC, its version, and why it is unavailable, if it is."""

    name: str
    version: str = ""
    reason: str = ""

    @property
    def state(self) -> str:
        """`available` or `unavailable`."""
        return "unavailable" if self.reason else "available"


@dataclass(slots=True)
class Run:
    """Everything that happened; filled as it happens, so that an interrupted run can be reported."""

    implementations: list[Status] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def counts(self, name: str) -> Counter[Outcome]:
        """Return how many cases had each outcome with the implementation `name`."""
        return Counter(result.outcome for result in self.results if result.implementation == name)


def exit_code(run: Run) -> int:
    """Return 0 where every implementation is green and passed at least one case, 1 otherwise."""
    for status in run.implementations:
        counts = run.counts(status.name)
        if status.reason or not counts[Outcome.PASSED] or set(counts) - _GREEN:
            return 1
    return 0
