"""Which case rejects which defect, and what follows: who survives, and which cases are needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from conformance.case import Case
from conformance.defects import Defect

__all__ = ["KillTable", "smallest_cover"]

_REASONS = ("notebook", "exercise", "special", "edge", "known-bug", "refuses")
"""Tags of cases that stay whether a defect needs them or not: people know them, or they were somebody's bug."""


@dataclass(frozen=True)
class KillTable:
    """Which case rejects which defect.

    Attributes:
        cases: in the order of the catalogue.
        defects: in the order of the kit.
        columns: by the id of a case, the rule by which it rejects each defect, by name; those that it lets pass are
            missing.
        in_turn: by the name of a defect that remembers and that no case rejects by itself, the rules by which cases
            reject it in one run over all of them.
    """

    cases: Sequence[Case]
    defects: Sequence[Defect]
    columns: Mapping[str, Mapping[str, str]]
    in_turn: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @cached_property
    def rejections(self) -> dict[str, Mapping[str, str]]:
        """By the name of each defect and the id of each case that rejects it, the rule that it breaks there."""
        rows: dict[str, Mapping[str, str]] = {}
        for name in (defect.name for defect in self.defects):
            alone = {case.id: self.columns[case.id].get(name, "") for case in self.cases}
            rows[name] = {case: rule for case, rule in alone.items() if rule} or self.in_turn.get(name, {})
        return rows

    @property
    def survivors(self) -> list[Defect]:
        """The defects that no case rejects."""
        return [defect for defect in self.defects if not self.rejections[defect.name]]

    @property
    def alarming(self) -> list[Defect]:
        """The survivors without a reason."""
        return [defect for defect in self.survivors if not defect.survives]

    @cached_property
    def cover(self) -> list[str]:
        """The ids of few cases that together reject whatever one case or another rejects by itself."""
        alone = [set(cases) for name, cases in self.rejections.items() if cases and name not in self.in_turn]
        return smallest_cover([case.id for case in self.cases], alone)

    @property
    def needless(self) -> list[Case]:
        """The cases outside the cover that are there for no other reason either, by their tags."""
        outside = [case for case in self.cases if case.id not in set(self.cover)]
        return [case for case in outside if not set(_REASONS) & set(case.tags)]

    @property
    def kept(self) -> list[Case]:
        """The cases outside the cover that are there for another reason."""
        others = {*self.cover, *(case.id for case in self.needless)}
        return [case for case in self.cases if case.id not in others]

    @property
    def toothless(self) -> list[Case]:
        """The cases that reject nothing."""
        return [case for case in self.cases if not self.columns[case.id]]


def smallest_cover(names: Sequence[str], wanted: Iterable[Collection[str]]) -> list[str]:
    """Return few names so that each collection in `wanted` holds one of them; found greedily, so not surely the fewest.

    >>> smallest_cover(["a", "b", "c"], [{"a", "b"}, {"b", "c"}, {"a", "c"}, {"c"}])
    ['a', 'c']
    """
    wanted = list(wanted)
    left, chosen = set(range(len(wanted))), list[str]()
    hits = {name: {place for place, alternatives in enumerate(wanted) if name in alternatives} for name in names}
    while left:
        best = max(names, key=lambda name: len(hits[name] & left))
        chosen.append(best)
        left -= hits[best]
    for name in list(chosen):
        others = set().union(*(hits[other] for other in chosen if other != name))
        if len(others) == len(wanted):
            chosen.remove(name)
    return [name for name in names if name in chosen]
