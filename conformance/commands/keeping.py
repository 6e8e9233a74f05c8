"""What a run keeps, and what it knows from before: journals, shards, remembered times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from conformance import reports
from conformance.catalogue import Catalogue
from conformance.errors import UsageError
from conformance.journal import Heading, Journal, read_records, slowest
from conformance.plan import Shard
from conformance.record import Record

__all__ = ["Keeping"]


@dataclass(frozen=True, slots=True)
class Keeping:
    """The options of a run that are about other runs.

    Attributes:
        journal: a file for the journal; None for one that is gone with the run.
        resume: the journal of a run that did not come to its end, to be gone on with.
        times: a journal or a JSON report, whose slow cases are run first; where None, the journal that is written over,
            unless there are shards, which must all know the same.
        shard: the part of the cases that is run.
    """

    journal: Path | None = None
    resume: Path | None = None
    times: Path | None = None
    shard: Shard | None = None

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: two options contradict each other, or a file cannot be.
        """
        if self.journal is not None and self.resume is not None:
            raise UsageError("--journal begins a journal and --resume goes on with one; give one of them")
        if self.journal is not None:
            reports.check_target(self.journal, "--journal")
            if self.journal.exists() and not self.journal.is_file():
                raise UsageError(f"--journal must name a plain file, but {str(self.journal)!r} is none")
        if self.resume is not None and not self.resume.is_file():
            raise UsageError(f"--resume must name the journal of a run, but {str(self.resume)!r} is no file")

    def slow(self) -> dict[str, float]:
        """Return the seconds of the slow cases of an earlier run, by id.

        Raises:
            UsageError: `times` is neither a journal nor a report.
        """
        if self.times is None and self.shard is None and self.journal is not None and _is_journal(self.journal):
            return slowest(read_records(self.journal))
        return {} if self.times is None else slowest(_records(self.times))

    def open_journal(self, catalogue: Catalogue, asked: dict[str, str]) -> Journal:
        """Return the journal of a run, begun or gone on with.

        Args:
            catalogue: of the run.
            asked: the options on which results depend, as they were given.

        Raises:
            UsageError: it cannot be opened, or is that of another run.
        """
        if self.shard is not None:
            asked = asked | {"--shard": str(self.shard), "--times": str(sorted(self.slow().items()))}
        heading = Heading.of(catalogue.digest, version("conformance"), asked)
        return Journal(self.resume or self.journal, heading, resume=self.resume is not None)


def _is_journal(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(32).startswith(b'{"journal"')
    except OSError:
        return False


def _records(path: Path) -> Iterable[Record]:
    if not path.is_file():
        raise UsageError(f"--times must name a journal or a JSON report, but {str(path)!r} is no file")
    if _is_journal(path):
        return read_records(path)
    try:
        run = reports.read_run(path)
    except UsageError as error:
        raise UsageError(f"--times must name a journal or a JSON report, but {error}") from error
    return (record for status in run.implementations for record in run.records(status.name))
