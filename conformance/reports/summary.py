"""A run as reports see it: the implementations that were to be judged, and the results."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from conformance.case import Operation, Outcome
from conformance.diagnosis import Diagnosis
from conformance.judgement import Accuracy, Reached
from conformance.runner import Result
from conformance.traits import Trait

__all__ = ["OperationAccuracy", "Run", "State", "Status", "exit_code"]

_GREEN = {Outcome.PASSED, Outcome.UNSUPPORTED, Outcome.KNOWN}


class State(StrEnum):
    """What became of an implementation."""

    AVAILABLE = "available"
    UNAVAILABLE = "unavailable"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Status:
    """One implementation of a run.

    Attributes:
        name: the SPEC.
        version: of the framework or package, if there is one.
        state: what became of it.
        reason: why it was not judged in full, if it was not.
        note: what a reader of its results should know.
        offered: the operations that it has; all, where nothing else is known.
        traits: what was measured beside the judgement.
        diagnosis: what is likely wrong, over all its failures.
        incidents: what went wrong that no case can be blamed for, in sentences.
        strays: what it changes beside its answers, in sentences without a subject, with the cases where that was seen.
    """

    name: str
    version: str = ""
    state: State = State.AVAILABLE
    reason: str = ""
    note: str = ""
    offered: frozenset[str] = frozenset(Operation)
    traits: tuple[Trait, ...] = ()
    diagnosis: Diagnosis = field(default_factory=Diagnosis)
    incidents: tuple[str, ...] = ()
    strays: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OperationAccuracy:
    """How exactly an implementation computes an operation on real-valued data: the least exact of its answers.

    Attributes:
        operation: the function judged.
        accuracy: the class of that answer; None where it reached none.
        margin: its largest error in units of that class's bound; of the loosest class's where it reached none.
    """

    operation: Operation
    accuracy: Accuracy | None
    margin: float


@dataclass(slots=True)
class Run:
    """Everything that happened; filled as it happens, so that an interrupted run can be reported."""

    catalogues: list[str] = field(default_factory=list)
    implementations: list[Status] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def counts(self, name: str) -> Counter[Outcome]:
        """Return how many cases had each outcome with the implementation `name`."""
        return Counter(result.outcome for result in self.results if result.implementation == name)

    def accuracy(self, name: str) -> list[OperationAccuracy]:
        """Return how exactly `name` computed each operation of which answers were bounded, in order of appearance."""
        worst: dict[Operation, Reached] = {}
        for result in self.results:
            if result.implementation == name and result.reached is not None:
                before = worst.get(result.case.operation, result.reached)
                worst[result.case.operation] = max(before, result.reached, key=_looseness)
        return [OperationAccuracy(each, reached.accuracy, reached.margin) for each, reached in worst.items()]


def _looseness(reached: Reached) -> tuple[int, float]:
    classes = [*Accuracy, None]
    return classes.index(reached.accuracy), reached.margin


def exit_code(run: Run) -> int:
    """Return 0 where every implementation is green and passed at least one case, 1 otherwise."""
    for status in run.implementations:
        counts = run.counts(status.name)
        if (
            status.state is not State.AVAILABLE
            or not counts[Outcome.PASSED]
            or set(counts) - _GREEN
            or status.incidents
        ):
            return 1
    return 0
