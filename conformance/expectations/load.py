"""From files to expectations: every fault of a file is found before it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from conformance.catalogue.document import Document, read_document
from conformance.catalogue.entry import form_faults, shown
from conformance.errors import CatalogueError, Fault
from conformance.expectations.entry import Expectation

__all__ = ["Written", "load_expectations", "shipped_expectations"]


@dataclass(frozen=True, slots=True)
class Written:
    """An expectation as it stands in a file.

    Attributes:
        expectation: itself.
        place: the file, as the user named it, and the line.
    """

    expectation: Expectation
    place: str


@cache
def shipped_expectations() -> tuple[Expectation, ...]:
    """Return the known deviations of the built-in implementations."""
    shipped = Path(str(files("conformance") / "expectations.yaml"))
    return tuple(each.expectation for each in load_expectations(shipped))


def load_expectations(file: Path) -> tuple[Written, ...]:
    """Return the expectations of a file, a YAML list, which may be empty.

    Raises:
        CatalogueError: the file cannot be read, or holds something else.
    """
    document = read_document(file, may_be_empty=True)
    faults = list(document.faults)
    doubtful = {index for index, _ in document.doubtful}
    written: list[Written] = []
    if not isinstance(document.values, list):
        text = f"must be a list of expectations, '- implementation: …', but is {shown(document.values)}"
        raise CatalogueError([*faults, Fault(file, 1, text)])
    for index in range(len(document.values)):
        read = _read(document, index)
        if isinstance(read, Written):
            written.append(read)
        elif index not in doubtful:
            faults.extend(read)
    if faults:
        raise CatalogueError(faults)
    return tuple(written)


def _read(document: Document, index: int) -> Written | list[Fault]:
    """Return an entry of a file, or what is wrong with it."""
    values = document.values[index]
    if not isinstance(values, dict):
        text = f"must be a mapping such as {{implementation: …, case: …, reason: …}}, but is {shown(values)}"
        return [Fault(document.file, document.line([index]), text, f"expectation number {index + 1}")]
    try:
        return Written(Expectation.model_validate(values), f"{document.file}:{document.line([index])}")
    except ValidationError as error:
        return list(_faults(document, index, error))


def _faults(document: Document, index: int, error: ValidationError) -> Iterator[Fault]:
    values = document.values[index]
    case = values.get("case")
    label = f"expectation of {case!r}" if isinstance(case, str) else f"expectation number {index + 1}"
    for path, text in form_faults(error, values, Expectation):
        yield Fault(document.file, document.line([index, *path]), text, label)
