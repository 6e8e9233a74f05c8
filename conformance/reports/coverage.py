"""Coverage in a terminal: a table of factor by factor, and the pairs that no case has."""

from __future__ import annotations

from itertools import groupby
from textwrap import fill

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.coverage import FACTORS, IMPOSSIBLE, Coverage, Pair

__all__ = ["print_coverage"]

_WIDTH = 100
"""Columns that are filled at most: longer lines are hard to read."""

_HEADS = {"padding": "pad", "strides": "stride", "dilations": "dilat.", "filters": "filter", "channels": "chann."}
"""What the factors are called above the columns, where their names are too wide for a terminal of 80."""


def print_coverage(console: Console, coverage: Coverage) -> None:
    """Print how many pairs of levels are covered of those possible, by two factors each, and which are not."""
    console.print(_table(coverage))
    for (first, second), pairs in groupby(coverage.missing, lambda pair: (pair[0], pair[1][0])):
        _print(console, f"no case has {first[0]} {first[1]} with {second} {_alternatives(list(pairs))}")
    total, missing = len(coverage.possible), len(coverage.missing)
    _print(console, f"{total - missing} of {total} pairs covered; {len(IMPOSSIBLE)} more are impossible")


def _table(coverage: Coverage) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    first, *others = FACTORS
    table.add_column("")
    for factor in (first, *others[:-1]):
        table.add_column(_HEADS.get(factor, factor), justify="right", no_wrap=True)
    for row in others:
        columns = [factor for factor in FACTORS if _precedes(factor, row)]
        table.add_row(row, *(_cell(*coverage.count(column, row)) for column in columns))
    return table


def _precedes(factor: str, other: str) -> bool:
    order = list(FACTORS)
    return order.index(factor) < order.index(other)


def _cell(covered: int, possible: int) -> Text:
    return Text(f"{covered}/{possible}", style="green" if covered == possible else "yellow")


def _alternatives(pairs: list[Pair]) -> str:
    *others, last = [level for _, (_, level) in pairs]
    return f"{', '.join(others)} or {last}" if others else last


def _print(console: Console, text: str) -> None:
    console.print(Text(fill(text, min(console.width, _WIDTH), subsequent_indent="  ")))
