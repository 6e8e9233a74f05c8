"""Numbers that a dtype does not hold: those of a recipe, and those of sums, which must not wrap."""

from __future__ import annotations

import math

import numpy as np

from conformance.case import Case, Operation, Shape, numpy_dtype
from conformance.data import Array, Operands, make_operands, parse_recipe
from conformance.errors import CatalogueError
from conformance.judgement import expect

__all__ = ["extremes", "overflow"]


def extremes(text: str, shape: Shape) -> tuple[float, float]:
    """Return the least and the largest number that a counting recipe gives for a shape; (0, 0) for any other recipe.

    >>> extremes("12 - arange", (4, 5)), extremes("integers", (4, 5))
    ((-7, 12), (0, 0))
    """
    size = math.prod(shape)
    if not text.endswith("arange") or not size:
        return 0, 0
    first, second = (int(number) for number in parse_recipe(text)((2,), None))  # type: ignore[arg-type]
    last = first + (second - first) * (size - 1)
    return min(first, last), max(first, last)


def overflow(case: Case) -> str:
    """Return why sums of an integer case do not fit its dtype, or those of a separable convolution, or nothing.

    A bound is asked first, and the exact sums only where it is too large, or no bound is enough. Other data, with which
    the implementation is called again, always fit where these do: `conformance.twin` sees to that.
    """
    separable = case.operation is Operation.SEPARABLE_CONV2D
    if numpy_dtype(case.dtype).kind not in "iu" and not separable:
        return ""
    try:
        operands = make_operands(case)
        if separable or _bound(case, operands) > np.iinfo(numpy_dtype(case.out_dtype)).max:
            expect(case, operands)
    except CatalogueError as error:
        return f"{error.faults[0].text}; make the numbers smaller"
    return ""


def _bound(case: Case, operands: Operands) -> int:
    """Return what no sum exceeds: an output element takes each number of an operand once at most."""
    parts = [operands.given[name] for name in case.operation.operands]
    bias = 0 if operands.bias is None else _largest(operands.bias)
    return math.prod(map(_largest, parts)) * min(part.size for part in parts) + bias


def _largest(part: Array) -> int:
    highest, lowest = int(part.max(initial=0)), int(part.min(initial=0))
    return max(highest, -lowest)
