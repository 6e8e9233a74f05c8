"""A matrix of so many cases that they are built when they are wanted, and not kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from conformance.case import Case, Tier
from conformance.catalogue.document import Document
from conformance.catalogue.entry import KeyedFault, case_or_faults
from conformance.catalogue.matrix import Matrix, MatrixFault
from conformance.errors import CatalogueError, Fault

__all__ = ["Draft", "Large", "Origin"]


_SAMPLE = 5_000
"""Values that are checked before anything is run."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A case that is not built yet: what it is chosen by.

    Attributes:
        id: as of the case, and likewise the others.
        tags: words to select by.
        tier: when it is run.
        place: among the cases of all catalogues.
        build: returns the case; raises `CatalogueError` where its entry has a fault.
    """

    id: str
    tags: tuple[str, ...]
    tier: Tier
    place: int
    build: Callable[[], Case]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the cases of an entry come from.

    Attributes:
        document: the file.
        index: the number of the entry in it.
        name: of the file as the user gave it; nothing for the shipped catalogue.
        budget: GiB that the arrays of a case may take.
        raised: the same, where it was raised by the user.
    """

    document: Document
    index: int
    name: str
    budget: float
    raised: float | None

    def mark(self, case: Case, place: int) -> Case:
        """Return a case with where it comes from."""
        line = self.document.line([self.index])
        return replace(case, catalogue=self.name, line=line, budget=self.raised, place=place)

    def fault(self, found: KeyedFault, label: str) -> Fault:
        """Return what is wrong with an entry, with its place."""
        path, text = found
        return Fault(self.document.file, self.document.line([self.index, *path]), text, label)

    @property
    def where(self) -> str:
        """The place of the entry's id."""
        return f"{self.document.file}:{self.document.line([self.index, 'id'])}"


class Large:
    """The cases of a large matrix.

    Args:
        matrix: which is their entry's.
        origin: of the entry.

    Raises:
        MatrixFault: two values of a key give the same id.

    Attributes:
        origin: as given.
    """

    def __init__(self, matrix: Matrix, origin: Origin) -> None:
        twins = matrix.twins()
        if twins is not None:
            key, one, other, word = twins
            text = f"{key}: {one!s:.40} and {other!s:.40} both give the word {word!r} of an id; leave one out"
            raise MatrixFault(["matrix", key], text)
        self.origin = origin
        self._matrix = matrix
        self._count = matrix.count()

    def __len__(self) -> int:
        return self._count

    @property
    def name(self) -> str:
        """The id of the entry, with which those of its cases begin."""
        return self._matrix.name

    def has(self, name: str) -> bool:
        """Tell whether a case may have the id `name`."""
        return self._matrix.has(name)

    def may_meet(self, other: Large) -> bool:
        """Tell whether a case of another matrix may have the id of one of this."""
        return f"{self.name}.".startswith(f"{other.name}.") or f"{other.name}.".startswith(f"{self.name}.")

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong with the cases, one for each value that the matrix lists."""
        seen: set[str] = set()
        for values in islice(self._matrix.sample(), _SAMPLE):
            built = case_or_faults(values, self.origin.budget, derived=True, doubtful=set())
            for found in [] if isinstance(built, Case) else built:
                if found[1] not in seen:
                    yield self.origin.fault(found, _label(values))
                seen.add(found[1])

    def sample(self) -> Iterator[Case]:
        """Yield a case for each value that the matrix lists."""
        return (_Build(self.origin, values, 0)() for values in islice(self._matrix.sample(), _SAMPLE))

    def drafts(self, first: int) -> Iterator[Draft]:
        """Yield the cases, of which the first has the place `first`."""
        for place, values in enumerate(self._matrix, first):
            tags, tier = tuple(values.get("tags", ())), Tier(values.get("tier", Tier.CORE))
            yield Draft(values["id"], tags, tier, place, _Build(self.origin, values, place))


@dataclass(frozen=True, slots=True)
class _Build:
    """Builds a case when it is called."""

    origin: Origin
    values: dict[str, Any]
    place: int

    def __call__(self) -> Case:
        built = case_or_faults(self.values, self.origin.budget, derived=True, doubtful=set())
        if not isinstance(built, Case):
            raise CatalogueError([self.origin.fault(found, _label(self.values)) for found in built])
        return self.origin.mark(built, self.place)


def _label(values: dict[str, Any]) -> str:
    return f"case {str(values['id'])[:120]!r}"
