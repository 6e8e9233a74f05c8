"""Which cases of a catalogue are run, and in which order, whether they are ten or millions.

A shard has the cases whose ids' digest falls to it, so that a case that is added moves no other one. Where times are
remembered, the slow cases are dealt out by them, the slowest first to whoever has least, and run first, so that no
worker is left alone with one at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from heapq import heapreplace, merge
from itertools import chain

from conformance.case import Case, Tier
from conformance.catalogue import Catalogue, Draft
from conformance.errors import UsageError
from conformance.selection import selected

__all__ = ["Plan", "Shard"]


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of several.

    Attributes:
        number: from 1.
        count: of the parts.

    >>> str(Shard.parse("2/5"))
    '2/5'
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard that `text` names.

        Raises:
            UsageError: it is not of the form 2/5.
        """
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise UsageError(f"--shard must be a number from 1, of how many, such as 2/5, but is {text!r}")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


class Plan:
    """The cases of a run.

    Args:
        catalogue: whose.
        expression: chooses cases, as `tier` does; see `selection`.
        tier: chooses cases.
        shard: of the chosen cases, those that it has; None for all.
        times: seconds that slow cases took, by id.

    Raises:
        UsageError: nothing is chosen.

    Attributes:
        count: of the cases.
        total: of those of all shards.
        slow: those with a remembered time, the slowest first.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        expression: str = "",
        tier: Tier = Tier.FULL,
        shard: Shard | None = None,
        times: Mapping[str, float] | None = None,
    ) -> None:
        self._times = times or {}
        self._shard = shard or Shard(1, 1)
        self._chosen = (catalogue, expression, tier)
        remembered: list[Draft] = []
        self.count = self.total = 0
        for draft in self._drafts():
            self.total += 1
            if draft.id in self._times:
                remembered.append(draft)
            else:
                self.count += self._has(draft.id)
        remembered.sort(key=lambda draft: (-self._times[draft.id], draft.id))
        self.slow = self._dealt(remembered)
        self.count += len(self.slow)

    def _drafts(self) -> Iterator[Draft]:
        catalogue, expression, tier = self._chosen
        return selected(catalogue.drafts(), expression, tier)

    def _has(self, name: str) -> bool:
        if self._shard.count == 1:
            return True
        number = int.from_bytes(sha256(name.encode()).digest()[:8]) % self._shard.count
        return number == self._shard.number - 1

    def _dealt(self, drafts: list[Draft]) -> list[Draft]:
        """Return the shard's part of some drafts, the slowest first."""
        loads = [(0.0, number) for number in range(self._shard.count)]
        own = []
        for draft in drafts:
            load, lightest = loads[0]
            heapreplace(loads, (load + self._times[draft.id], lightest))
            if lightest == self._shard.number - 1:
                own.append(draft)
        return own

    def cases(self, is_done: Callable[[int], bool] = lambda place: False) -> Iterator[Case]:
        """Yield the cases that are not done, slow ones first, then the others in their order.

        Args:
            is_done: tells whether the case at a place is.

        Raises:
            CatalogueError: a case of a large matrix has a fault.
        """
        return (draft.build() for draft in chain(self.slow, self._others()) if not is_done(draft.place))

    def done(self, is_done: Callable[[int], bool]) -> Iterator[Case]:
        """Yield the cases that are done, in their order."""
        slow = sorted(self.slow, key=_place)
        return (draft.build() for draft in merge(slow, self._others(), key=_place) if is_done(draft.place))

    def _others(self) -> Iterator[Draft]:
        return (draft for draft in self._drafts() if draft.id not in self._times and self._has(draft.id))


def _place(draft: Draft) -> int:
    return draft.place
