"""The files that a report is written to, each in its own form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import UsageError
from conformance.reports.files import check_target, write_file
from conformance.reports.json_report import json_lines
from conformance.reports.summary import Run

__all__ = ["Outputs"]


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a report goes beside the terminal; None for nowhere.

    Attributes:
        json: for programs.
        html: a page for people.
        markdown: the summary of a CI job.
        junit: the tests of a CI server.
    """

    json: Path | None = None
    html: Path | None = None
    markdown: Path | None = None
    junit: Path | None = None

    def check(self, others: Mapping[str, Path | None] | None = None) -> None:
        """Refuse files that cannot be written, before anything is judged.

        Args:
            others: what else is written, by option.

        Raises:
            UsageError: one names no file in an existing folder, or a file that another one names too.
        """
        taken = {path.resolve(): option for option, path in (others or {}).items() if path is not None}
        for option, path, _ in self._wanted():
            check_target(path, option)
            before = taken.setdefault(path.resolve(), option)
            if before != option and (path.is_file() or not path.exists()):
                raise UsageError(f"{option} and {before} both name {str(path)!r}; name different files")

    def write(self, run: Run) -> bool:
        """Write the reports, each whole or not at all; tell whether there are any.

        Raises:
            UsageError: some cannot be written; the message says why.
        """
        wanted, faults = list(self._wanted()), list[UsageError]()
        for option, path, lines in wanted:
            try:
                write_file(path, lines(run), option)
            except UsageError as fault:  # the others are written all the same
                faults.append(fault)
        if faults:
            raise UsageError("\n".join(map(str, faults)))
        return bool(wanted)

    def _wanted(self) -> Iterator[tuple[str, Path, Callable[[Run], Iterable[str]]]]:
        forms = (
            ("--json", self.json, json_lines),
            ("--html", self.html, _html),
            ("--markdown", self.markdown, _markdown),
            ("--junit", self.junit, _junit),
        )
        for option, path, lines in forms:
            if path is not None:
                yield option, path, lines


def _html(run: Run) -> Iterable[str]:
    from conformance.reports.html import html_lines  # templates are compiled: only where a page is wanted

    return html_lines(run)


def _markdown(run: Run) -> Iterable[str]:
    from conformance.reports.markdown import markdown_lines

    return markdown_lines(run)


def _junit(run: Run) -> Iterable[str]:
    from conformance.reports.junit import junit_lines

    return junit_lines(run)
