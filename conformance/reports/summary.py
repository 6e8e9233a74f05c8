"""A run as reports see it: the implementations that were to be judged, the results, and what these sum up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from conformance.case import Operation, Outcome
from conformance.features import group_of
from conformance.record import GREEN, Exactness, OperationAccuracy, Record, State, Status

__all__ = ["InMemory", "Run", "Store", "Tally", "exit_code", "is_green"]


class Store(Protocol):
    """Where the records of a run are kept."""

    def add(self, record: Record) -> None:
        """Keep a record, in place of an earlier one of the same case and implementation."""

    def records(self, name: str) -> Iterator[Record]:
        """Yield those of the implementation `name`, in the order of the catalogue."""


class InMemory:
    """Records that are few, or are there already."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records: dict[str, dict[str, Record]] = {}
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Keep a record, in place of an earlier one of the same case and implementation."""
        self._records.setdefault(record.implementation, {})[record.case] = record

    def records(self, name: str) -> Iterator[Record]:
        """Yield those of the implementation `name`, in the order of the catalogue."""
        yield from sorted(self._records.get(name, {}).values(), key=lambda record: record.place)


@dataclass(slots=True)
class Tally:
    """What the results of an implementation sum up to.

    Attributes:
        outcomes: how many cases had each.
        operations: likewise, by group of operations.
        features: likewise, by feature.
        exactness: the least exact answer, by operation.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    operations: dict[str, Counter[Outcome]] = field(default_factory=dict)
    features: dict[str, Counter[Outcome]] = field(default_factory=dict)
    exactness: dict[Operation, Exactness] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Count a result."""
        self.outcomes[record.outcome] += 1
        self.operations.setdefault(group_of(record.operation), Counter())[record.outcome] += 1
        for feature in record.features:
            self.features.setdefault(feature, Counter())[record.outcome] += 1
        if record.exactness is not None:
            before = self.exactness.get(record.operation, record.exactness)
            self.exactness[record.operation] = max(before, record.exactness, key=lambda each: each.looseness)

    @property
    def accuracy(self) -> tuple[OperationAccuracy, ...]:
        """How exactly each operation was computed of which answers were bounded, in order of appearance."""
        return tuple(
            OperationAccuracy(operation=operation, accuracy=each.accuracy, margin=each.margin)
            for operation, each in self.exactness.items()
        )


class Run:
    """Everything that happened; filled as it happens, so that an interrupted run can be reported.

    Args:
        environment: what a result may depend on beside the cases, as plain values.
        implementations: that were judged.
        store: of the results.

    Attributes:
        environment: as given.
        implementations: as given, and added to.
    """

    def __init__(
        self, environment: dict[str, Any], implementations: Iterable[Status] = (), store: Store | None = None
    ) -> None:
        self.environment = environment
        self.implementations = list(implementations)
        self._store = store or InMemory()
        self._tallies: dict[str, Tally] = {}

    def keep(self, store: Store, cases: dict[str, Any]) -> None:
        """Take a store for the results that come, and what is known of the cases before."""
        self._store = store
        self.environment = self.environment | {"run": cases}

    def add(self, record: Record) -> None:
        """Keep a result, and count it."""
        self._store.add(record)
        self.count(record)

    def count(self, record: Record) -> None:
        """Count a result that is kept already."""
        self.tally(record.implementation).add(record)

    def records(self, name: str) -> Iterator[Record]:
        """Yield the results of the implementation `name`, in the order of the catalogue."""
        return self._store.records(name)

    def tally(self, name: str) -> Tally:
        """Return what the results of the implementation `name` sum up to."""
        return self._tallies.setdefault(name, Tally())


def is_green(status: Status, tally: Tally, needs_pass: bool = True) -> bool:
    """Tell whether an implementation was judged in full, and nothing went wrong.

    Args:
        status: what is said of it.
        tally: of its results.
        needs_pass: whether at least one case must have passed.
    """
    judged = status.state is State.AVAILABLE and not status.incidents and not any(each.fails for each in status.stale)
    passed = bool(tally.outcomes[Outcome.PASSED]) or not needs_pass
    return judged and passed and not set(tally.outcomes) - GREEN


def exit_code(run: Run) -> int:
    """Return 0 where every implementation is green, 1 otherwise; a shard may have no case that passes."""
    needs_pass = "shard" not in run.environment.get("run", {})
    return int(not all(is_green(status, run.tally(status.name), needs_pass) for status in run.implementations))
