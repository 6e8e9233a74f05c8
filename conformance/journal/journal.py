"""A journal that a run writes as it goes, and reads when it reports."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from pydantic import ValidationError

from conformance.errors import UsageError
from conformance.journal.file import open_journal
from conformance.journal.lines import RECORD, Beginning, Heading, Line, Note, Part, differences
from conformance.record import Record, Status

__all__ = ["Journal"]

_SYNC_SECONDS = 1.0
"""How long a result may be with the operating system only, which a machine that loses its power forgets."""


class Journal:
    """A journal that is written and read.

    Args:
        path: of the file; None for one that is gone when it is closed.
        heading: what is run.
        resume: whether `path` holds the beginning of that run.

    Raises:
        UsageError: the file cannot be used; the message says why.
    """

    def __init__(self, path: Path | None, heading: Heading, *, resume: bool = False) -> None:
        self.path = path
        self._offsets: dict[str, array[int]] = {}
        self._begun: dict[str, Beginning] = {}
        self._ended: dict[str, Status] = {}
        self._synced = monotonic()
        self._end = 0
        with ExitStack() as opened:  # closed again where the journal cannot be used
            try:
                self._file = opened.enter_context(open_journal(path, resume))
                self._reading = opened.enter_context(open(self._file.name, "rb"))  # noqa: PTH123
            except OSError as error:
                raise UsageError(f"journal {str(path)!r} cannot be opened ({error.strerror})") from error
            if resume:
                self._restore(heading)
            else:
                self._file.truncate(0)
                self._write(heading)
            self._opened = opened.pop_all()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._opened.close()

    def begin(self, beginning: Beginning) -> None:
        """Take note of who is judged.

        Raises:
            UsageError: the journal has results of another version of that.
        """
        before = self._begun.get(beginning.name)
        if before is not None and before != beginning:
            raise UsageError(
                f"journal {self.path}: has results of {_described(before)}, but {beginning.name} is now "
                f"{_described(beginning)}; run that anew, without --resume"
            )
        if before is None:
            self._begun[beginning.name] = beginning
            self._write(Note(begin=beginning))

    def add(self, record: Record) -> None:
        """Keep a record, in place of an earlier one of the same case and implementation."""
        self.write(Line(record=record))

    def write(self, line: Line) -> None:
        """Keep a record with what belongs to it."""
        self._note(line.record, self._end)
        self._write(line)

    def revise(self, record: Record) -> None:
        """Keep a record in place of an earlier one, with what belongs to that."""
        self._reading.seek(self._offsets[record.implementation][record.place])
        line = Line.model_validate_json(self._reading.readline())
        self.write(line.model_copy(update={"record": record}))

    def finish(self, status: Status) -> None:
        """Take note that an implementation is done with."""
        self._ended[status.name] = status
        self._write(Note(end=status))

    def complete(self) -> None:
        """Take note that the run is, so that the file may be written over by another one."""
        self._write(Note(complete=True))

    def status(self, name: str) -> Status | None:
        """Return what was said of an implementation that is done with."""
        return self._ended.get(name)

    def is_done(self, name: str, place: int) -> bool:
        """Tell whether there is a record of the case at a place."""
        offsets = self._offsets.get(name, ())
        return place < len(offsets) and offsets[place] >= 0

    def lines(self, name: str) -> Iterator[Line]:
        """Yield the results of an implementation, in the order of the catalogue."""
        for offset in self._offsets.get(name, ()):
            if offset >= 0:
                self._reading.seek(offset)
                yield Line.model_validate_json(self._reading.readline())

    def records(self, name: str) -> Iterator[Record]:
        """Yield the records of an implementation, in the order of the catalogue."""
        return (line.record for line in self.lines(name))

    def _note(self, record: Record, offset: int) -> None:
        offsets = self._offsets.setdefault(record.implementation, array("q"))
        if record.place >= len(offsets):
            offsets.extend([-1] * (record.place + 1 - len(offsets)))
        offsets[record.place] = offset

    def _write(self, part: Part) -> None:
        content = part.model_dump_json(by_alias=True, exclude_defaults=True).encode("utf-8", "backslashreplace")
        rest = memoryview(content + b"\n")
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
            if monotonic() - self._synced > _SYNC_SECONDS:
                os.fsync(self._file.fileno())
                self._synced = monotonic()
        except OSError as error:
            again = f"; make room, and go on with --resume {self.path}" if self.path else ""
            raise UsageError(f"the journal cannot be written ({error.strerror}){again}") from error
        self._end += len(content) + 1

    def _restore(self, heading: Heading) -> None:
        """Read what is there, and leave the file at the end of its last whole line."""
        for number, content in enumerate(self._reading, 1):
            if not content.endswith(b"\n"):
                break
            if number == 1:
                self._check(content, heading)
            else:
                self._read(number, content)
            self._end += len(content)
        if not self._end:
            self._write(heading)
        self._file.truncate(self._end)
        self._file.seek(self._end)

    def _check(self, content: bytes, heading: Heading) -> None:
        try:
            found = Heading.model_validate_json(content)
        except ValidationError as error:
            raise UsageError(
                f"{self.path}: is no journal; its first line is not of schema conformance-journal/1"
            ) from error
        for name, there, now in differences(found, heading):
            raise UsageError(
                f"journal {self.path}: is of another run: {name} was {there}, and is now {now}; "
                "go on as it was begun, or run anew, without --resume"
            )

    def _read(self, number: int, content: bytes) -> None:
        try:
            if content.startswith(RECORD):
                self._note(Line.model_validate_json(content).record, self._end)
                return
            named = Note.model_validate_json(content)
        except ValidationError as error:
            raise UsageError(f"{self.path}:{number}: is no line of a journal; it was damaged, run anew") from error
        if named.begin is not None:
            self._begun[named.begin.name] = named.begin
        if named.end is not None:
            self._ended[named.end.name] = named.end


def _described(beginning: Beginning) -> str:
    return " ".join(filter(None, [beginning.name, beginning.version, beginning.digest]))
