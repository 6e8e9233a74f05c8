"""`conformance defects`: it tries the kit on the cases, then right implementations, and tells what came."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from rich.progress import Progress

from conformance import reports
from conformance.case import Case, Tier
from conformance.catalogue import load_catalogue, shipped_catalogue
from conformance.defects import DEFECTS, Defect
from conformance.errors import UsageError
from conformance.kill_table import LEGAL, KillTable, examine, examine_in_turn, trust_all
from conformance.selection import select

__all__ = ["cases_of", "choose", "print_kit", "score"]


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


def print_kit(defects: Sequence[Defect]) -> None:
    """Print the defects, by class of mistake."""
    reports.print_kit(reports.new_console(), defects)


def cases_of(
    catalogues: Sequence[Path], budget: float, expression: str, tier: Tier, json_file: Path | None
) -> list[Case]:
    """Return the cases that are chosen; refuses a `json_file` that cannot be written before they are read."""
    if json_file is not None:
        reports.check_target(json_file)
    return select(load_catalogue(catalogues, budget), expression, tier)


def score(
    cases: Sequence[Case],
    defects: Sequence[Defect],
    catalogues: Sequence[Path],
    *,
    json_file: Path | None,
    jobs: int,
    right: bool,
) -> int:
    """Make the table, print it, write it to `json_file` if one is named, and return the exit status.

    Args:
        cases: on which everything is tried.
        defects: which of them must reject.
        catalogues: where the cases are from; the shipped one where empty.
        json_file: where the table goes for programs, or None.
        jobs: processes; 0 for one a core.
        right: whether right implementations are tried too, which they must accept.

    Returns:
        1 where a defect without a reason survives or a right implementation is rejected, else 0.
    """
    jobs, legal = jobs or os.cpu_count() or 1, LEGAL if right else ()
    paths = [str(path) for path in catalogues or [shipped_catalogue()]]
    progress_console = reports.new_console(stderr=True)
    with Progress(console=progress_console, transient=True, disable=not progress_console.is_terminal) as progress:
        columns = progress.track(examine(cases, defects, jobs), len(cases), description="defects")
        table = KillTable(cases, defects, dict(columns))
        patient = [defect for defect in table.survivors if not defect.is_stateless]
        rows = progress.track(examine_in_turn(cases, patient, jobs), len(patient), description="in turn")
        table = replace(table, in_turn=dict(rows))
        accepted = progress.track(trust_all(legal, cases, jobs), len(legal), description="right implementations")
        trusted = list(accepted)
    try:
        if json_file is not None:
            reports.write_defects(json_file, table, trusted, paths)
    finally:
        reports.print_defects(reports.new_console(), table, trusted)
    return int(bool(table.alarming or any(each.alarms for each in trusted)))
