"""The lines of a journal, schema `conformance-journal/1`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from conformance.record import Record, Status, Words

__all__ = ["RECORD", "Beginning", "Heading", "Line", "Note", "Part", "differences"]

RECORD = b'{"record"'
"""With what the line of a result begins."""


class Part(BaseModel):
    """One line."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Heading(Part):
    """What is run: everything that a result depends on, so that only the same run is gone on with.

    Attributes:
        schema_: of the journal.
        digest: of the catalogues.
        conformance: its version.
        asked: the options that choose cases, and how they are asked.
    """

    schema_: Literal["conformance-journal/1"] = Field(alias="journal")
    digest: str
    conformance: str
    asked: dict[str, str]

    @classmethod
    def of(cls, digest: str, conformance: str, asked: dict[str, str]) -> Heading:
        """Return the heading of a run that is asked so."""
        return cls(schema_="conformance-journal/1", digest=digest, conformance=conformance, asked=asked)


class Beginning(Part):
    """Who is judged: a SPEC, with the version and the digest of what that was found to be."""

    name: Words
    version: Words = ""
    digest: str = ""


class Line(Part):
    """A result, with what a later diagnosis needs of it.

    Attributes:
        record: for reports.
        sign: by what a failure shows; see `diagnosis.Sign`.
        answer: of a failing case, as the bytes of an .npy file in base 64.
        strays: what the implementation changed beside its answer.
    """

    record: Record
    sign: str = ""
    answer: str = ""
    strays: tuple[Words, ...] = ()


class Note(Part):
    """The lines round the records of an implementation."""

    begin: Beginning | None = None
    end: Status | None = None
    complete: bool = False


def differences(there: Heading, now: Heading) -> Iterator[tuple[str, str, str]]:
    """Yield what two headings differ in: a name, and both values."""
    pairs = {"conformance": (there.conformance, now.conformance), "the catalogue": (there.digest, now.digest)}
    for name in sorted(there.asked | now.asked):
        pairs[name] = (there.asked.get(name, "as by default"), now.asked.get(name, "as by default"))
    for name, (one, other) in pairs.items():
        if one != other:
            yield name, one, other
