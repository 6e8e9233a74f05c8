"""The run in a terminal: a line a case, the failures with their facts, the totals."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from conformance.case import Case, Outcome
from conformance.reports.summary import OperationAccuracy, Run, State, Status
from conformance.runner import Result

__all__ = ["new_console", "print_cases", "print_run"]

_PIPE_WIDTH = 160
"""Columns where nobody's window limits them."""

_STYLES = {Outcome.PASSED: "green", Outcome.UNSUPPORTED: "yellow"}


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
    table = _table("case", "problem", "P", "S", "why")
    for case in cases:
        table.add_row(case.id, case.notation, case.shown_padding, case.shown_strides, escape(case.why))
    console.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in ("case", "outcome"))
    return table


def _print_implementation(
    console: Console, status: Status, results: list[Result], accuracy: list[OperationAccuracy]
) -> None:
    console.print(Text(f"{status.name} {status.version}".rstrip(), style="bold"))
    if status.state is State.UNAVAILABLE:
        console.print(f"  unavailable: {status.reason}\n", style="red", markup=False, soft_wrap=True)
        return
    table = _table("case", "problem", "P", "S", "rule", "outcome")
    for result in results:
        case = result.case
        shown = Text(result.outcome, style=_STYLES.get(result.outcome, "red"))
        table.add_row(case.id, case.notation, case.shown_padding, case.shown_strides, result.rule, shown)
    console.print(table)
    for each in accuracy:
        console.print(f"accuracy: {_accuracy(each)}", style="dim", markup=False)
    console.print()
    _print_traits(console, status)
    for (outcome, detail), ids in _by_detail(results).items():
        console.print(f"{outcome} {', '.join(ids)}", style=_STYLES.get(outcome, "red"), markup=False)
        console.print(f"{detail}\n", markup=False, soft_wrap=True)


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
        return Text(f"{status.name}: interrupted, {status.reason}; {parts}", style="red")
    green = counts[Outcome.PASSED] and not set(counts) - set(_STYLES)
    return Text(f"{status.name}: {parts or 'no case was run'}", style="green" if green else "red")
