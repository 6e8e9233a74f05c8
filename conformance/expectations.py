"""Known deviations of implementations: failures that are expected, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from conformance.case import Outcome
from conformance.catalogue.document import read_document
from conformance.errors import CatalogueError, Fault
from conformance.runner import Result

__all__ = ["Expectation", "as_expected", "load_expectations", "shipped_expectations"]

_WRONG = {Outcome.FAILED, Outcome.ERROR, Outcome.CRASHED, Outcome.TIMED_OUT}
"""Outcomes that may be expected."""


class Expectation(BaseModel):
    """One known deviation."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    implementation: str = Field(description="the SPEC")
    case: str = Field(description="the id of a case; * and ? stand for any characters and for one")
    words: str = Field(min_length=1, description="words of the failure, so that another one is not taken for it")
    reason: str = Field(min_length=1, description="a sentence: what is wrong, and how it was seen")
    link: str = Field("", description="an address where it is reported")

    def covers(self, result: Result) -> bool:
        """Tell whether it is about the case, the implementation and the failure of a result."""
        is_named = self.implementation == result.implementation and fnmatchcase(result.case.id, self.case)
        return is_named and self.words in result.detail


@cache
def shipped_expectations() -> tuple[Expectation, ...]:
    """Return the known deviations of the built-in implementations."""
    return load_expectations(Path(str(files("conformance") / "expectations.yaml")))


def load_expectations(file: Path) -> tuple[Expectation, ...]:
    """Return the expectations of a file, a YAML list.

    Raises:
        CatalogueError: the file cannot be read, or holds something else.
    """
    document = read_document(file)
    if document.faults:
        raise CatalogueError(document.faults)
    try:
        return tuple(TypeAdapter(list[Expectation]).validate_python(document.values))
    except ValidationError as error:
        faults = [
            Fault(file, document.line(each["loc"]), f"{'.'.join(map(str, each['loc']))}: {each['msg']}")
            for each in error.errors()
        ]
        raise CatalogueError(faults) from error


def as_expected(result: Result, expectations: Sequence[Expectation]) -> Result:
    """Return the result, or where it is wrong as expected the same as `known`, with the reason."""
    reasons = [each.reason for each in expectations if each.covers(result)]
    if result.outcome not in _WRONG or not reasons:
        return result
    return replace(result, outcome=Outcome.KNOWN, detail="; ".join(reasons), diagnosis=())
