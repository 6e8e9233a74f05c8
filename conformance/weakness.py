"""Weak cases: those whose right output is the same although something is wrong, so that they cannot tell.

A case is weak where its right output is mostly zero or constant, or is the same for an operand that was flipped along
an axis, or had two axes of equal size swapped (of a sum over all positions, as a bias's gradient is, only the channels
are looked at). It is weak too where two sizes of its image are equal, or the two kinds of channels of its filters: who
takes one for the other gets the right shape. Where that is meant, the case says why under `weak`.

Filters as high as they are wide, and equal strides, are what most kernels branch on, so that sweeps are full of them;
they count only where the image is square.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np

from conformance.case import Case, Memory, Operation
from conformance.data import Array, Operands, make_operands
from conformance.errors import CatalogueError, Fault
from conformance.judgement import expect

__all__ = ["equal_sizes", "find_weakness", "weak_cases"]

_MOSTLY = 0.5
"""Share of zeros above which an output is mostly zero: fewer than half of its elements could be wrong."""

Change = Callable[[Array], Array]


def weak_cases(cases: Iterable[Case], catalogue: Path) -> tuple[list[Fault], list[Fault]]:
    """Return what is weak, and what is wrong, in the cases that are not marked: `weak: …` with file, line and case.

    Args:
        cases: to look at; those with a reason under `weak` are taken as meant, and so are operands of memory
            `broadcast`, which are equal along an axis: the case is looked at without.
        catalogue: the file of the cases that name none.
    """
    weak, wrong = [], []
    for case in cases:
        try:
            weakness = "" if case.weak or case.refuses else _weakness(case)
        except CatalogueError as error:
            wrong += [replace(fault, file=Path(case.catalogue or catalogue), line=case.line) for fault in error.faults]
            continue
        if weakness:
            text = f"weak: {weakness}; change data or sizes, or say why under `weak`"
            weak.append(Fault(Path(case.catalogue or catalogue), case.line, text, f"case {case.id!r}"))
    return weak, wrong


def _weakness(case: Case) -> str:
    plain = replace(case, memory=Memory.CONTIGUOUS)
    return "; ".join(filter(None, [find_weakness(plain, make_operands(plain)), equal_sizes(case)]))


def equal_sizes(case: Case) -> str:
    """Return which sizes of `case` are equal, so that nobody sees them swapped, in words, or nothing."""
    sizes = dict(zip(_letters(case.operation, "input"), case.input, strict=True))
    pairs = [(f"{one} and {other}", sizes[one]) for one, other in _alike(sizes)]
    if case.filters:
        *_, depth, last = _letters(case.operation, "filters")
        channels = {depth: case.filters[-2], last: case.filters[-1]}
        pairs += [(f"{one} and {other} of the filters", channels[one]) for one, other in _alike(channels)]
    words = ", ".join(f"{names} are both {size}" for names, size in pairs)
    return f"{words}, so that swapped ones have the right shape" if words else ""


def _alike(sizes: dict[str, int]) -> list[tuple[str, str]]:
    """Return the names of equal sizes in pairs; nothing is swapped by who takes one 1, or one 0, for another."""
    return [(one, other) for one, other in combinations(sizes, 2) if sizes[one] == sizes[other] > 1]


def find_weakness(case: Case, operands: Operands) -> str:
    """Return why the right output of `case` could be that of a wrong implementation too, in words, or nothing."""
    right = expect(case, operands).value
    if not right.size:
        return ""
    zeros = np.count_nonzero(right == 0)
    if zeros > _MOSTLY * right.size:
        return f"{zeros:,} of {right.size:,} output elements are 0"
    if right.size > 1 and np.array_equal(right, np.full_like(right, right.flat[0]), equal_nan=True):
        return f"all {right.size:,} output elements are {right.flat[0]:g}"
    for words, changed in _changes(case, operands):
        if np.array_equal(expect(replace(case, literal=None), changed).value, right, equal_nan=True):
            return f"the output stays the same {words}"
    return ""


def _changes(case: Case, operands: Operands) -> Iterator[tuple[str, Operands]]:
    """Yield the operands with one of them flipped or swapped, and how, in words."""
    for name in case.operation.operands:
        operand: Array = getattr(operands, name)
        axes = [-1 % operand.ndim] if case.operation is Operation.BIAS_ADD_GRAD else range(operand.ndim)
        for words, change in _reorderings(operand.shape, _letters(case.operation, name), axes):
            yield f"when {name} {words}", replace(operands, **{name: np.ascontiguousarray(change(operand))})


def _reorderings(shape: tuple[int, ...], letters: list[str], axes: Iterable[int]) -> Iterator[tuple[str, Change]]:
    """Yield the flips and swaps of `axes` that keep `shape` and move something."""
    axes = [axis for axis in axes if shape[axis] > 1]
    for axis in axes:
        yield f"is flipped along {letters[axis]}", partial(np.flip, axis=axis)
    for first, second in combinations(axes, 2):
        if shape[first] == shape[second]:
            words = f"has {letters[first]} and {letters[second]} swapped"
            yield words, partial(np.swapaxes, axis1=first, axis2=second)


def _letters(operation: Operation, name: str) -> list[str]:
    """Return the letters of an operand's axes."""
    spatial = "DHW"[-operation.rank :]
    if name not in ("filters", "pointwise"):
        return ["N", *spatial, "C"]
    depthwise = operation.is_depthwise and name == "filters"
    channels = "CM" if depthwise else "OI" if operation.is_transposed else "IO"
    return [*spatial, *channels]
