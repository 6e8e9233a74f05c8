"""One case in full, in the way of a notebook: X, W, b and both Y, channels first for reading."""

from __future__ import annotations

import numpy as np
from rich.console import Console

from conformance.case import Case
from conformance.data import Array
from conformance.reports.window import LETTERS, place_of, print_window
from conformance.runner import Attempt, Prepared

__all__ = ["show_attempt", "show_case"]

_PRINTED = 1000
"""Elements above which an array is abridged."""


def show_case(console: Console, prepared: Prepared) -> None:
    """Print the shapes, the data and the right output of a case, or why it must be refused, where there is none."""
    case, operands, expected = prepared.case, prepared.operands, prepared.expected
    console.print(f"{case.id}: {case.notation}, P = {case.shown_padding}, S = {case.shown_strides}", style="bold")
    for reason in filter(None, (case.why, case.source)):
        console.print(reason, markup=False)
    for name, letter in LETTERS.items():
        if name in case.operation.operands and case.refuses:
            _print_array(console, letter, operands.given[name])
        elif name in case.operation.operands:
            _print_array(console, letter, _for_reading(case, name, operands.given[name]))
        elif name == "bias" and operands.bias is not None:
            _print_array(console, letter, operands.bias)
    if expected is None:
        console.print(f"\nno Y: {case.refuses}", markup=False)
        return
    _print_array(console, "Y, reference", _for_reading(case, "output", expected.value))


def show_attempt(console: Console, prepared: Prepared, attempt: Attempt) -> None:
    """Print what the implementation answered, whether it is right, and the window behind the worst element."""
    case, result = prepared.case, attempt.result
    if attempt.answer is not None:
        answer = attempt.answer
        if answer.shape == case.output and not case.refuses:
            answer = _for_reading(case, "output", answer)
        _print_array(console, f"Y, {result.implementation}", answer)
    style = "green" if result.outcome == "passed" else "red"
    words = {"passed": f"equal: yes ({result.rule})", "failed": "equal: no"}
    if case.refuses:
        words = {"passed": "refused: yes", "failed": "refused: no"}
    verdict = words.get(result.outcome, result.outcome)
    console.print(f"\n{verdict}", style=style, markup=False)
    if result.detail:
        console.print(result.detail, markup=False, soft_wrap=True)
    place = place_of(result.detail) if result.outcome == "failed" else None
    if place is not None and attempt.turn == 1:  # later calls have other data than those that are shown
        print_window(console, case, prepared.operands, place)


def _print_array(console: Console, name: str, array: Array) -> None:
    whole = array.dtype.kind == "f" and bool(np.all(np.isfinite(array)) and np.all(array == np.rint(array)))
    numbers = array.astype(np.int64) if whole and float(np.abs(array).max(initial=0)) < 2**53 else array
    text = np.array2string(numbers, max_line_width=console.width, threshold=_PRINTED)
    console.print(f"\n{name}: {'×'.join(map(str, array.shape))}, {array.dtype}", style="bold", markup=False)
    console.print(text, markup=False, soft_wrap=True)


def _for_reading(case: Case, name: str, array: Array) -> Array:
    """Return an array channels first, without the axes that the case does not write."""
    rank, written = case.operation.rank, case.written
    if array.ndim == 1:
        return array
    if name in ("filters", "pointwise") or (name == "output" and not case.operation.gives_image):
        channels_first: Array = np.moveaxis(array, (-1, -2), (0, 1))[(0,) * (rank + 2 - len(written[name]))]
        return channels_first
    batch = len(written["input"]) == rank + 2
    channels = name == "input" or "filters" not in written or len(written["filters"]) > rank + 1
    if name == "input":
        channels = len(written["input"]) > rank
    first = np.moveaxis(array, -1, 1)
    first = first if channels else first[:, 0]
    return first if batch else first[0]
