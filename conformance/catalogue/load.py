"""From files to cases: every fault of every file is found before anything is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from conformance.case import Case
from conformance.catalogue.document import read_document
from conformance.catalogue.entry import KEYS, KeyedFault, case_or_faults, shown
from conformance.catalogue.large import Draft, Large, Origin
from conformance.catalogue.matrix import MAX_CASES, Matrix, MatrixFault
from conformance.catalogue.schema import CaseEntry
from conformance.choices import DEFAULT_BUDGET
from conformance.errors import CatalogueError, Fault

__all__ = ["Catalogue", "check_catalogue", "load_catalogue", "read_catalogue", "shipped_catalogue"]

LARGE = 5_000
"""Combinations of a matrix from which on its cases are built when they are wanted, and checked a value at a time."""

_MAX_FAULTS = 1_000
"""Faults after which nothing more is read."""

_MATRIX_KEYS = [key for key in KEYS if key not in ("id", "matrix", "exclude", "refuses")]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The cases of one file or several, those of large matrices not built yet.

    Attributes:
        parts: single cases, and large matrices, in their order.
        digest: of the files' contents.
    """

    parts: tuple[Case | Large, ...]
    digest: str

    def __len__(self) -> int:
        return sum(len(part) if isinstance(part, Large) else 1 for part in self.parts)

    @property
    def unbuilt(self) -> int:
        """How many of the cases are those of large matrices."""
        return sum(len(part) for part in self.parts if isinstance(part, Large))

    def sample(self) -> Iterator[Case]:
        """Yield the cases, of large matrices one for each value of a key."""
        for part in self.parts:
            if isinstance(part, Large):
                yield from part.sample()
            else:
                yield part

    def drafts(self) -> Iterator[Draft]:
        """Yield the cases as drafts, in their order."""
        place = 0
        for part in self.parts:
            if isinstance(part, Large):
                yield from part.drafts(place)
                place += len(part)
            else:
                yield Draft(part.id, part.tags, part.tier, place, lambda part=part: part)  # type: ignore[misc]
                place += 1

    def cases(self) -> Iterator[Case]:
        """Yield the cases, in their order.

        Raises:
            CatalogueError: a large matrix has a case with a fault that no value of a key has by itself.
        """
        return (draft.build() for draft in self.drafts())


def shipped_catalogue() -> Path:
    """Return the path of the catalogue that comes with the package; in a clone of the project, that is the clone's.

    So a case that was added to `cases.yaml` is run, whether the package was installed as editable or not.
    """
    packaged = Path(str(files("conformance") / "cases.yaml"))
    cloned = Path.cwd() / "cases.yaml"
    if cloned.is_file() and (cloned.parent / "conformance" / "cases.schema.json").is_file():
        return cloned
    return packaged if packaged.exists() else packaged.parent.parent / "cases.yaml"


def load_catalogue(paths: Sequence[Path] = (), budget: float = DEFAULT_BUDGET) -> list[Case]:
    """Return the cases of `read_catalogue`, all of them built."""
    return list(read_catalogue(paths, budget).cases())


def read_catalogue(paths: Sequence[Path] = (), budget: float = DEFAULT_BUDGET) -> Catalogue:
    """Return the catalogues at `paths` as one, the shipped one where there are none.

    Args:
        paths: YAML files, each a list of cases.
        budget: GiB that the arrays of one case may take.

    Raises:
        CatalogueError: any file has any fault; the error holds all of them.
    """
    catalogue, faults = check_catalogue(paths, budget)
    if faults:
        raise CatalogueError(faults)
    return catalogue


def check_catalogue(paths: Sequence[Path] = (), budget: float = DEFAULT_BUDGET) -> tuple[Catalogue, list[Fault]]:
    """Return the good cases of the catalogues at `paths`, and every fault of the others."""
    reading = _Reading(budget)
    for path in paths or [shipped_catalogue()]:
        reading.read(path, str(path) if paths else "")
    return Catalogue(tuple(reading.parts), f"sha256:{reading.digest.hexdigest()}"), reading.faults


class _Reading:
    """Gathers what is in files, and what is wrong with them."""

    def __init__(self, budget: float) -> None:
        self.parts: list[Case | Large] = []
        self.faults: list[Fault] = []
        self.digest = hashlib.sha256()
        self._budget = budget
        self._raised = budget if budget > DEFAULT_BUDGET else None
        self._taken: dict[str, str] = {}
        self._large: list[Large] = []
        self._size = 0

    def read(self, path: Path, name: str) -> None:
        """Read a file, which the user has given as `name`."""
        try:
            document = read_document(path)
        except CatalogueError as error:
            self.faults.extend(error.faults)
            return
        self.digest.update(document.digest)
        self.faults.extend(document.faults)
        if not isinstance(document.values, list) or not document.values:
            text = f"must be a list of cases, '- id: …', but is {shown(document.values)}"
            self.faults.append(Fault(document.file, 1, text))
            return
        for index, written in enumerate(document.values):
            if len(self.faults) >= _MAX_FAULTS:
                line = document.line([index])
                self.faults.append(Fault(document.file, line, f"is not read from here on, for {_MAX_FAULTS:,} faults"))
                return
            origin = Origin(document, index, name, self._budget, self._raised)
            self._read_entry(written, origin, {key for entry, key in document.doubtful if entry == index})

    def _read_entry(self, written: Any, origin: Origin, doubtful: set[str | None]) -> None:
        """Read what an entry stands for: itself, or the entries of its matrix, or what is wrong with that."""
        if not isinstance(written, dict) or "matrix" not in written:
            self._read_cases([written], written, origin, doubtful)
            return
        try:
            matrix = Matrix(written, _MATRIX_KEYS)
            self._size += matrix.size
            if self._size > MAX_CASES:
                text = f"matrix takes the catalogue to {self._size:,} cases, more than {MAX_CASES:,}; split it"
                raise MatrixFault(["matrix"], text)
            if matrix.size > LARGE and not doubtful:
                self._read_large(Large(matrix, origin))
            else:
                self._read_cases(matrix, written, origin, doubtful)
        except MatrixFault as fault:
            self._read_cases([written], written, origin, doubtful, (fault.path, fault.text))

    def _read_cases(
        self,
        entries: Iterable[Any],
        written: Any,
        origin: Origin,
        doubtful: set[str | None],
        fault: KeyedFault | None = None,
    ) -> None:
        seen: set[str] = set()
        for values in entries:
            name = values.get("id") if isinstance(values, dict) else None
            label = f"case number {origin.index + 1}" if name is None else f"case {str(name)[:120]!r}"
            if name is not None:
                self._take(str(name), origin, label)
            built = _build(values, fault, self._budget, values is not written, doubtful)
            if isinstance(built, Case):
                self.parts.append(origin.mark(built, self._place))
                continue
            for found in built:
                if found[1] not in seen:  # what is wrong with all cases of a matrix is said once
                    self.faults.append(origin.fault(found, label))
                seen.add(found[1])

    @property
    def _place(self) -> int:
        return len(self.parts) - len(self._large) + sum(map(len, self._large))

    def _take(self, name: str, origin: Origin, label: str) -> None:
        """Take an id, which must be nobody else's."""
        before = self._taken.get(name) or next((each.origin.where for each in self._large if each.has(name)), "")
        if before:
            self.faults.append(origin.fault((["id"], _taken_by(before)), label))
        else:
            self._taken[name] = origin.where

    def _read_large(self, large: Large) -> None:
        """Read a large matrix, whose ids must be nobody else's."""
        self.faults.extend(large.faults())
        label = f"case {large.name!r}"
        before = next((place for name, place in self._taken.items() if large.has(name)), "")
        before = before or next((each.origin.where for each in self._large if each.may_meet(large)), "")
        if before:
            self.faults.append(large.origin.fault((["id"], _taken_by(before)), label))
        self._large.append(large)
        self.parts.append(large)


def _taken_by(place: str) -> str:
    return f"id must be unique, but is taken by {place}; choose another"


def _build(
    values: Any, fault: KeyedFault | None, budget: float, derived: bool, doubtful: set[str | None]
) -> Case | list[KeyedFault]:
    """Return the case of an entry, or what is wrong with it; with a faulty matrix, that and what stands beside it."""
    if None in doubtful:
        return []
    keys = {key for key in doubtful if key is not None}
    if fault is None:
        return case_or_faults(values, budget, derived, keys)
    beside = case_or_faults(values, budget, derived=True, doubtful=keys | _listed(values))
    return [fault] if isinstance(beside, Case) else [fault, *beside]


def _listed(values: dict[str, Any]) -> set[str]:
    """Return the keys of an entry that its faulty matrix may have been meant to give, and the matrix itself."""
    listed: set[str] = set(values["matrix"]) if isinstance(values["matrix"], dict) else set()
    return listed | {"matrix", "exclude"} | (CaseEntry.model_fields.keys() - values.keys() - {"id"})
