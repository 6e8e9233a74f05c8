"""What `conformance defects` does: it tries the kit on the cases, then right implementations, and tells what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from rich.progress import Progress

from conformance import reports
from conformance.case import Case
from conformance.defects import DEFECTS, Defect
from conformance.errors import UsageError
from conformance.kill_table import LEGAL, KillTable, examine, examine_in_turn, trust_all

__all__ = ["choose", "score"]


def choose(names: Sequence[str]) -> list[Defect]:
    """Return the defects of the kit whose class or name is in `names`, in their order; all where there are none.

    Raises:
        UsageError: a name is neither.
    """
    known = {word for defect in DEFECTS for word in (defect.name, defect.group)}
    for name in names:
        if name not in known:
            near = get_close_matches(name, sorted(known), n=3)
            hint = f"did you mean {', '.join(near)}?" if near else "`conformance defects --list` shows them"
            raise UsageError(f"--only must be a class of mistakes or the name of a defect, but is {name!r}; {hint}")
    return [defect for defect in DEFECTS if not names or {defect.name, defect.group} & set(names)]


def score(
    cases: Sequence[Case],
    defects: Sequence[Defect],
    catalogues: list[str],
    *,
    json_file: Path | None,
    jobs: int,
    right: Sequence[str] = LEGAL,
) -> int:
    """Make the table, print it, write it to `json_file` if one is named, and return the exit status.

    Args:
        cases: on which everything is tried.
        defects: which of them must reject.
        catalogues: where the cases are from.
        json_file: where the table goes for programs, or None.
        jobs: processes.
        right: SPECs of implementations that they must accept.

    Returns:
        1 where a defect without a reason survives or a right implementation is rejected, else 0.
    """
    progress_console = reports.new_console(stderr=True)
    with Progress(console=progress_console, transient=True, disable=not progress_console.is_terminal) as progress:
        columns = progress.track(examine(cases, defects, jobs), len(cases), description="defects")
        table = KillTable(cases, defects, dict(columns))
        patient = [defect for defect in table.survivors if not defect.is_stateless]
        rows = progress.track(examine_in_turn(cases, patient, jobs), len(patient), description="in turn")
        table = replace(table, in_turn=dict(rows))
        accepted = progress.track(trust_all(right, cases, jobs), len(right), description="right implementations")
        trusted = list(accepted)
    try:
        if json_file is not None:
            reports.write_report(reports.defects_report(table, trusted, catalogues), json_file)
    finally:
        reports.print_defects(reports.new_console(), table, trusted)
    return int(bool(table.alarming or any(each.alarms for each in trusted)))
