"""The run in a terminal: counts by operation and feature, what is likely wrong, the failures, the totals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from conformance.case import Case, Operation, Outcome
from conformance.features import FEATURES, GROUPS
from conformance.isolation import Identity
from conformance.record import GREEN, OperationAccuracy, Record, State, Status
from conformance.reports.summary import Run, Tally, is_green
from conformance.reports.visible import visible

__all__ = ["new_console", "print_cases", "print_implementation", "print_run", "print_table"]

_PIPE_WIDTH = 160
"""Columns where nobody's window limits them."""

_GAP = 2
"""Columns between two of a table."""

_LEAST = 12
"""Columns that a shortened text must have to be of use."""

_REASONS = 20
"""Reasons that are printed, where not all are asked for."""

_IDS = 12
"""Cases that are named for each, likewise."""

_GRIDS = 3
"""Failures before which a grid shows where the output is wrong, likewise."""

_STYLES = {Outcome.PASSED: "green", Outcome.UNSUPPORTED: "yellow", Outcome.KNOWN: "yellow"}

_PRIORITY = ("outcome", "case", "rule", "P", "S", "problem")


def new_console(stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or wide enough for a line a case where there is none.

    Whatever is printed there, code that is judged cannot command the terminal by it.
    """
    console = Console(stderr=stderr, highlight=False, emoji=False)
    console.push_render_hook(_Cleaning())
    if not console.is_terminal:
        console.width = max(console.width, _PIPE_WIDTH)
    return console


class _Cleaning(RenderHook):
    """Control characters of what is printed become visible."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Return what is to be printed, with its text cleaned once it is laid out."""
        return [_Cleaned(each) for each in renderables]


class _Cleaned:
    """Something whose text is cleaned once it is laid out."""

    def __init__(self, renderable: ConsoleRenderable) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the parts of the text."""
        for part in console.render(self._renderable, options):
            yield part if part.control else Segment(visible(part.text), part.style)


def print_run(console: Console, run: Run, *, verbose: bool = False) -> None:
    """Print the catalogues, and table, diagnosis, failures and totals of each implementation.

    Args:
        console: where to.
        run: what happened.
        verbose: whether every case takes a line, and every failure its facts.
    """
    catalogues = ", ".join(map(str, run.environment.get("catalogues", ())))
    console.print(f"catalogue: {catalogues}", style="dim", markup=False, soft_wrap=True)
    if "expectations" in run.environment:
        console.print(f"expectations: {run.environment['expectations']}", style="dim", markup=False, soft_wrap=True)
    for notice in run.environment.get("notices", ()):
        console.print(f"notice: {notice}", style="yellow", markup=False, soft_wrap=True)
    for status in run.implementations:
        _print_implementation(console, status, run, verbose)
    for status in run.implementations:
        console.print(_totals(status, run.tally(status.name)))
    command = next(filter(None, (_next_command(status, run) for status in run.implementations)), "")
    if command:
        console.print(Text("next: ", style="bold").append(command, "not bold"), soft_wrap=True)


def print_cases(console: Console, cases: Iterable[Case]) -> None:
    """Print a line for each case: id, shapes, padding, strides, why."""
    rows = [_row(case) | {"why": Text(case.why)} for case in cases]
    print_table(console, rows, ("case", "problem", "P", "S", "why"))


def print_implementation(
    console: Console, spec: str, about: str, devices: Sequence[str], found: Identity | str
) -> None:
    """Print an implementation that comes with the package, with what it says of itself, or why it is unavailable."""
    version = "" if isinstance(found, str) else f" {found.version}".rstrip()
    about = f"  {about}; {', '.join(devices)}"
    console.print(Text(f"{spec}{version}", style="bold").append(about, "not bold"))
    if isinstance(found, str):
        console.print(f"  unavailable: {found}", style="yellow", markup=False, soft_wrap=True)
    else:
        offered = [str(each) for each in Operation if each in found.offered]
        console.print(f"  {len(offered)} operations: {', '.join(offered)}", markup=False, soft_wrap=True)


def _row(case: Case) -> dict[str, Text]:
    texts = {"case": case.id, "problem": case.notation, "P": case.shown_padding, "S": case.shown_strides}
    return {name: Text(text) for name, text in texts.items()}


def print_table(console: Console, rows: list[dict[str, Text]], priority: tuple[str, ...]) -> None:
    """Print a line for each row: where the columns do not all fit, those of least priority are shortened or dropped."""
    widths = {name: max(cell_len(name), *(row[name].cell_len for row in rows)) for name in rows[0]}
    room, fitting = console.width, dict[str, int]()
    for name in priority:
        width = min(widths[name], room)
        if width >= min(widths[name], _LEAST):
            fitting[name] = width
            room -= width + _GAP
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = [name for name in rows[0] if name in fitting]
    for name in columns:
        is_id = name == "case"  # an id is copied: it may take a second line, but is not shortened
        table.add_column(name, width=fitting[name], no_wrap=not is_id, overflow="fold" if is_id else "ellipsis")
    for row in rows:
        table.add_row(*(row[name] for name in columns))
    console.print(table)


def _print_implementation(console: Console, status: Status, run: Run, verbose: bool) -> None:
    console.print(Text(f"{status.name} {status.version}".rstrip(), style="bold"))
    if status.switches:
        switches = ", ".join(f"{name} {value}" for name, value in status.switches.items())
        console.print(f"set: {switches}", style="dim", markup=False, soft_wrap=True)
    if status.note:
        console.print(status.note, style="dim", markup=False, soft_wrap=True)
    if status.state is State.UNAVAILABLE:
        console.print(f"  unavailable: {status.reason}\n", style="red", markup=False, soft_wrap=True)
        return
    tally = run.tally(status.name)
    if set(tally.outcomes) - {Outcome.UNSUPPORTED}:
        if verbose:
            rows = [_record_row(each) for each in run.records(status.name) if each.operation in status.offered]
            print_table(console, rows, _PRIORITY)
        else:
            console.print(_counts(tally))
        for each in status.accuracy or tally.accuracy:
            console.print(f"accuracy: {_accuracy(each)}", style="dim", markup=False)
        console.print()
    _print_traits(console, status)
    _print_diagnosis(console, status)
    _print_details(console, status, run.records(status.name), verbose)
    for stray, cases in status.strays.items():
        where = f"{len(cases)} case{'s' * (len(cases) != 1)}, {cases[0]} first"
        console.print(f"stray: {stray} (in {where})\n", style="yellow", markup=False, soft_wrap=True)
    for entry in status.stale:
        text = f"stale: {entry.sentence(None if verbose else _IDS)}\n"
        console.print(text, style="red" if entry.fails else "yellow", markup=False, soft_wrap=True)
    for incident in status.incidents:
        console.print(f"incident: {incident}\n", style="red", markup=False, soft_wrap=True)


def _counts(tally: Tally) -> Table:
    """Return the table of outcomes by group of operations and by feature, but for those with nothing to tell."""
    outcomes = [outcome for outcome in Outcome if tally.outcomes[outcome]]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for outcome in outcomes:
        table.add_column(outcome, justify="right")
    for names, counted in ((GROUPS, tally.operations), (FEATURES, tally.features)):
        for name in (name for name in names if set(counted.get(name, ())) - {Outcome.UNSUPPORTED}):
            cells = [_count(outcome, counted[name][outcome]) for outcome in outcomes]
            table.add_row(Text(name), *cells)
        table.add_section()
    return table


def _count(outcome: Outcome, number: int) -> Text:
    return Text(str(number), style=_STYLES.get(outcome, "red")) if number else Text("·", style="dim")


def _print_details(console: Console, status: Status, records: Iterable[Record], verbose: bool) -> None:
    """Print why cases have no verdict or a bad one, each reason once, bad ones first."""
    lacking: list[Record] = []
    reasons: dict[tuple[Outcome, str], list[str]] = {}
    grids: dict[tuple[Outcome, str], tuple[str, ...]] = {}
    for each in records:
        reason = each.outcome, each.detail
        if each.operation not in status.offered:
            lacking.append(each)
        elif each.detail:
            reasons.setdefault(reason, []).append(each.case)
            if each.shown is not None and console.is_terminal and (verbose or len(grids) < _GRIDS):
                grids.setdefault(reason, each.shown.wrong)
    if lacking:
        _print_lacking(console, status, lacking)
    ordered = sorted(reasons.items(), key=lambda reason: reason[0][0] in GREEN)
    for (outcome, detail), ids in ordered if verbose else ordered[:_REASONS]:
        named = ids if verbose else ids[:_IDS]
        more = f" and {len(ids) - len(named)} more" if len(ids) > len(named) else ""
        console.print(f"{outcome} {', '.join(named)}{more}", style=_STYLES.get(outcome, "red"), markup=False)
        _print_grid(console, grids.get((outcome, detail), ()))
        console.print(f"{detail}\n", markup=False, soft_wrap=True)
    if not verbose and len(ordered) > _REASONS:
        console.print(f"and {len(ordered) - _REASONS} more reasons; -v prints them all\n", style="dim", markup=False)


def _print_grid(console: Console, rows: tuple[str, ...]) -> None:
    """Print where an output is wrong, by characters that say so without colour too."""
    for row in rows:
        text = Text(f"  {' '.join(row)}", style="dim")
        text.highlight_regex("■", "not dim red")
        console.print(text, soft_wrap=True)


def _next_command(status: Status, run: Run) -> str:
    """Return the command to go on with: the smallest case that fails, or else the first; nothing where none does."""
    if status.minimal is not None and status.minimal.command:
        return status.minimal.command
    if is_green(status, run.tally(status.name)):
        return ""
    for record in run.records(status.name):
        if record.outcome not in GREEN:
            lines = (line for line in record.detail.splitlines() if line.startswith("again:"))
            told = next(lines, "").removeprefix("again:").strip()
            if told:
                return told
    return ""


def _print_diagnosis(console: Console, status: Status) -> None:
    """Print what is likely wrong over all failures, what they have in common, and the smallest case that fails."""
    for mistake in status.diagnosis:
        if mistake.label:
            console.print(f"{mistake.label}: it {mistake.mistake}", style="bold", markup=False, soft_wrap=True)
            console.print(f"  {mistake.evidence}", markup=False, soft_wrap=True)
    for sentence in status.common:
        console.print(f"in common: {sentence}", markup=False, soft_wrap=True)
    if status.minimal is not None:
        console.print("smallest case found that fails:", style="bold")
        console.print(f"{status.minimal.case}\nagain:  {status.minimal.command}", markup=False, soft_wrap=True)
    if status.diagnosis or status.common or status.minimal:
        console.print()


def _record_row(record: Record) -> dict[str, Text]:
    texts = {"case": record.case, "problem": record.problem, "P": record.padding, "S": record.strides}
    outcome = Text(record.outcome, style=_STYLES.get(record.outcome, "red"))
    return {name: Text(text) for name, text in texts.items()} | {"rule": Text(record.rule), "outcome": outcome}


def _print_lacking(console: Console, status: Status, records: list[Record]) -> None:
    """Print in one line which operations there are cases of, but no functions for."""
    names = ", ".join(dict.fromkeys(str(record.operation) for record in records))
    cases = f"{len(records)} case{'s' * (len(records) != 1)}"
    text = f"unsupported, {cases}: {status.name} offers no {names}\n"
    console.print(text, style=_STYLES[Outcome.UNSUPPORTED], markup=False, soft_wrap=True)


def _accuracy(each: OperationAccuracy) -> str:
    margin = math.inf if each.margin is None else each.margin
    if each.accuracy is None:
        return f"{each.operation} no class, {margin:.3g} times the loosest bound"
    return f"{each.operation} {each.accuracy}, at {margin:.2g} of its bound"


def _print_traits(console: Console, status: Status) -> None:
    """Print what was measured beside the judgement, a line each."""
    for name, trait in status.traits.items():
        console.print(f"trait {name}: {trait.value} ({trait.sentence})", style="dim", markup=False, soft_wrap=True)
    if status.traits:
        console.print()


def _totals(status: Status, tally: Tally) -> Text:
    if status.state is State.UNAVAILABLE:
        return Text(f"{status.name}: unavailable", style="red")
    parts = ", ".join(f"{tally.outcomes[outcome]} {outcome}" for outcome in Outcome if tally.outcomes[outcome])
    if status.stale:
        count = len(status.stale)
        parts = f"{parts}; {count} stale expectation{'s' * (count != 1)}"
    if status.state is State.INTERRUPTED:
        return Text("; ".join(filter(None, [f"{status.name}: interrupted, {status.reason}", parts])), style="red")
    return Text(f"{status.name}: {parts or 'no case was run'}", style="green" if is_green(status, tally) else "red")
