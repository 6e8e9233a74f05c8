"""The expectations file of a run: found, read, and written to where that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance import reports
from conformance.catalogue import Catalogue
from conformance.choices import DEFAULT_EXPECTATIONS, Stale
from conformance.expectations import Expectations, load_expectations, mistyped, propose, with_proposals
from conformance.record import State

__all__ = ["Expecting"]


@dataclass(frozen=True, slots=True)
class Expecting:
    """The options of a run that are about what is expected not to pass.

    Attributes:
        file: the expectations; the one of the current folder, if there is one, where None.
        stale: what an entry does to the run that does not come true.
        update: whether entries are proposed for what fails.
        searches: whether a file of the current folder is looked for.
    """

    file: Path | None = None
    stale: Stale = Stale.FAIL
    update: bool = False
    searches: bool = True

    @property
    def found(self) -> Path | None:
        """The file that is read, if there is one."""
        if self.file is None and not self.searches:
            return None
        path = self.file or Path(DEFAULT_EXPECTATIONS)
        return path if path.is_file() or (self.file is not None and not self.update) else None

    def read(self) -> Expectations:
        """Return what holds for the run, not compared with a catalogue yet.

        Raises:
            CatalogueError: the file cannot be read, or holds something else.
            UsageError: it is to be written, and cannot be.
        """
        if self.update:
            reports.check_target(self.file or Path(DEFAULT_EXPECTATIONS), "--expectations")
        own = load_expectations(self.found) if self.found is not None else ()
        return Expectations(own, self.stale is Stale.FAIL)

    def told(self, expectations: Expectations, judged: Sequence[str]) -> dict[str, str | list[str]]:
        """Return what a report says of it among the environment: the file, and names in it that are likely mistyped.

        Args:
            expectations: that were read.
            judged: the SPECs of the run.
        """
        notices = list(mistyped(expectations.own, judged))
        told: dict[str, str | list[str]] = {} if self.found is None else {"expectations": str(self.found)}
        return told | ({"notices": notices} if notices else {})

    def asked(self, expectations: Expectations) -> dict[str, str]:
        """Return the options on which results depend, but for those that are as by default; a file is its digest."""
        given = {"--expectations": expectations.digest, "--stale": "" if self.stale is Stale.FAIL else self.stale}
        return {name: str(value) for name, value in given.items() if value}

    def propose(self, run: reports.Run, catalogue: Catalogue) -> None:
        """Write entries for what has failed into the file, if that was asked for, and print how many they are.

        Raises:
            UsageError: the file cannot be written.
        """
        if not self.update:
            return
        path = self.file or Path(DEFAULT_EXPECTATIONS)
        found = [
            proposal
            for status in run.implementations
            if status.state is State.AVAILABLE
            for proposal in propose(status, run.records(status.name), lambda: (each.id for each in catalogue.drafts()))
        ]
        if not found:
            print(f"{path}: no entry to propose")
            return
        text = ""
        if path.exists():
            load_expectations(path)  # which refuses what is no list: it may have been changed meanwhile
            text = path.read_bytes().decode()
        reports.write_file(path, [with_proposals(text, found)], "--expectations")
        cases, entries = sum(each.count for each in found), "entries" if len(found) > 1 else "entry"
        print(f"{path}: {len(found)} {entries} proposed for {cases} failure{'s' * (cases != 1)}; read the reasons")
