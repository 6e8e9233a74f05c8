"""The run in a terminal: a line a case, the failures with their facts, the totals."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.case import Case, Operation, Outcome
from conformance.diagnosis import Diagnosis
from conformance.implementations import Adapter
from conformance.isolation import Identity
from conformance.reports.summary import OperationAccuracy, Run, State, Status
from conformance.runner import Result

__all__ = ["new_console", "print_adapter", "print_cases", "print_run", "print_table"]

_PIPE_WIDTH = 160
"""Columns where nobody's window limits them."""

_GAP = 2
"""Columns between two of a table."""

_LEAST = 12
"""Columns that a shortened text must have to be of use."""

_STYLES = {Outcome.PASSED: "green", Outcome.UNSUPPORTED: "yellow", Outcome.KNOWN: "yellow"}

_PRIORITY = ("outcome", "case", "rule", "P", "S", "problem")


def new_console(stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or wide enough for a line a case where there is none."""
    console = Console(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, _PIPE_WIDTH)
    return console


def print_run(console: Console, run: Run) -> None:
    """Print the catalogues, and tables, failures and totals of each implementation."""
    console.print(f"catalogue: {', '.join(run.catalogues)}", style="dim", markup=False, soft_wrap=True)
    for status in run.implementations:
        results = [result for result in run.results if result.implementation == status.name]
        _print_implementation(console, status, results, run.accuracy(status.name))
    for status in run.implementations:
        console.print(_totals(run, status))


def print_cases(console: Console, cases: Iterable[Case]) -> None:
    """Print a line for each case: id, shapes, padding, strides, why."""
    rows = [_row(case) | {"why": Text(case.why)} for case in cases]
    print_table(console, rows, ("case", "problem", "P", "S", "why"))


def print_adapter(console: Console, spec: str, adapter: Adapter, found: Identity | str) -> None:
    """Print an adapter with what it says of itself, or with why it is unavailable."""
    version = "" if isinstance(found, str) else f" {found.version}"
    about = f"  {adapter.about}; {', '.join(adapter.devices)}"
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


def _print_implementation(
    console: Console, status: Status, results: list[Result], accuracy: list[OperationAccuracy]
) -> None:
    console.print(Text(f"{status.name} {status.version}".rstrip(), style="bold"))
    if status.note:
        console.print(status.note, style="dim", markup=False, soft_wrap=True)
    if status.state is State.UNAVAILABLE:
        console.print(f"  unavailable: {status.reason}\n", style="red", markup=False, soft_wrap=True)
        return
    lacking = [result for result in results if result.case.operation not in status.offered]
    results = [result for result in results if result.case.operation in status.offered]
    if results:
        print_table(console, [_result_row(result) for result in results], _PRIORITY)
        for each in accuracy:
            console.print(f"accuracy: {_accuracy(each)}", style="dim", markup=False)
        console.print()
    _print_traits(console, status)
    if lacking:
        _print_lacking(console, status, lacking)
    for (outcome, detail), ids in _by_detail(results).items():
        console.print(f"{outcome} {', '.join(ids)}", style=_STYLES.get(outcome, "red"), markup=False)
        console.print(f"{detail}\n", markup=False, soft_wrap=True)
    for stray, cases in status.strays.items():
        where = f"{len(cases)} case{'s' * (len(cases) != 1)}, {cases[0]} first"
        console.print(f"stray: {stray} (in {where})\n", style="yellow", markup=False, soft_wrap=True)
    for incident in status.incidents:
        console.print(f"incident: {incident}\n", style="red", markup=False, soft_wrap=True)
    _print_diagnosis(console, status)


def _print_diagnosis(console: Console, status: Status) -> None:
    """Print what is likely wrong over all failures, what they have in common, and the smallest case that fails."""
    found = status.diagnosis
    for finding in found.findings:
        if finding.label:
            console.print(f"{finding.label}: it {finding.mistake}", style="bold", markup=False, soft_wrap=True)
            console.print(f"  {finding.evidence}", markup=False, soft_wrap=True)
    for sentence in found.common:
        console.print(f"in common: {sentence}", markup=False, soft_wrap=True)
    if found.minimal is not None:
        console.print("smallest case found that fails:", style="bold")
        console.print(f"{found.minimal.text}\nagain:  {found.minimal.command}", markup=False, soft_wrap=True)
    if found != Diagnosis():
        console.print()


def _result_row(result: Result) -> dict[str, Text]:
    outcome = Text(result.outcome, style=_STYLES.get(result.outcome, "red"))
    return _row(result.case) | {"rule": Text(result.rule), "outcome": outcome}


def _print_lacking(console: Console, status: Status, results: list[Result]) -> None:
    """Print in one line which operations there are cases of, but no functions for."""
    names = ", ".join(dict.fromkeys(str(result.case.operation) for result in results))
    cases = f"{len(results)} case{'s' * (len(results) != 1)}"
    text = f"unsupported, {cases}: {status.name} offers no {names}\n"
    console.print(text, style=_STYLES[Outcome.UNSUPPORTED], markup=False, soft_wrap=True)


def _accuracy(each: OperationAccuracy) -> str:
    if each.accuracy is None:
        return f"{each.operation} no class, {each.margin:.3g} times the loosest bound"
    return f"{each.operation} {each.accuracy}, at {each.margin:.2g} of its bound"


def _print_traits(console: Console, status: Status) -> None:
    """Print what was measured beside the judgement, a line each."""
    for trait in status.traits:
        console.print(
            f"trait {trait.name}: {trait.value} ({trait.sentence})", style="dim", markup=False, soft_wrap=True
        )
    if status.traits:
        console.print()


def _by_detail(results: list[Result]) -> dict[tuple[Outcome, str], list[str]]:
    """Return the ids of the cases behind each outcome and its detail, so that one reason is printed once."""
    ids: dict[tuple[Outcome, str], list[str]] = {}
    for result in results:
        if result.detail:
            ids.setdefault((result.outcome, result.detail), []).append(result.case.id)
    return ids


def _totals(run: Run, status: Status) -> Text:
    if status.state is State.UNAVAILABLE:
        return Text(f"{status.name}: unavailable", style="red")
    counts = run.counts(status.name)
    parts = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])
    if status.state is State.INTERRUPTED:
        return Text("; ".join(filter(None, [f"{status.name}: interrupted, {status.reason}", parts])), style="red")
    green = counts[Outcome.PASSED] and not set(counts) - set(_STYLES) and not status.incidents
    return Text(f"{status.name}: {parts or 'no case was run'}", style="green" if green else "red")
