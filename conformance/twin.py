"""Other data for a case, of which the right answer is known without another pass of the oracle.

An operation is linear in each operand. With one negated and the other doubled, the bias negated and doubled, every
product and every sum is -2 times what it was: as exact as it was in binary numbers, and as many bits wide, so that the
proof of equality holds on. A third operand is negated too, which makes it 2 times; a single one is negated. Every
operand, every product and every sum other than 0 is another number now, so that whatever is kept from before, operand,
packed filters or result, is wrong.

Where a dtype has no room for that, the data are reversed, and the oracle is asked again; where integers have no room
for those sums either, one operand and the bias are negated.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import ml_dtypes
import numpy as np

from conformance.case import Case, numpy_dtype
from conformance.data import Array, Operands
from conformance.errors import CatalogueError
from conformance.judgement import Expected, expect
from conformance.judgement.formats import ACCUMULATOR

__all__ = ["make_twin", "reverse"]

Factors = tuple[int, int, int]
"""What the operands are multiplied by, those that there are."""

_OTHERS: Factors = (-1, 2, -1)
_NEGATED: Factors = (-1, 1, 1)


def make_twin(case: Case, operands: Operands, expected: Expected) -> tuple[Operands, Expected]:
    """Return other data of the same shapes and dtypes, and the right answer for them.

    Args:
        case: whose data they are; its literal does not hold for the others.
        operands: the data; not modified.
        expected: the right answer for them.
    """
    if _has_room(case, operands, expected):
        return _scale(case, operands, expected, _OTHERS)
    others = reverse(case, operands)
    try:
        return others, expect(replace(case, literal=None), others)
    except CatalogueError:
        return _scale(case, operands, expected, _NEGATED)


def reverse(case: Case, operands: Operands) -> Operands:
    """Return the same numbers in reverse order: as exact as they were, and at other places."""
    taken = operands.taken_by(case.operation)
    return replace(operands, **{name: part.ravel()[::-1].reshape(part.shape) for name, part in taken.items()})


def _scale(case: Case, operands: Operands, expected: Expected, factors: Factors) -> tuple[Operands, Expected]:
    """Return the operands times their factors, and the bias and the answer times the product of these."""
    names = case.operation.operands
    product = math.prod(factors[: len(names)])
    multiples = dict(zip(names, factors, strict=False)) | {"bias": product}
    scaled = {name: _times(part, multiples[name]) for name, part in operands.taken_by(case.operation).items()}
    size = abs(product)
    spread = expected.norms.spread
    norms = replace(
        expected.norms,
        spread=None if spread is None else spread * size,
        peaks=expected.norms.peaks * size,  # each of the two is at most that much larger
    )
    answer = replace(
        expected,
        value=expected.value * product + 0.0,
        magnitude=expected.magnitude * size,
        largest=expected.largest * size,
        norms=norms,
        proof=f"{expected.proof}; here all numbers are {product} times those",
    )
    return replace(operands, **scaled), answer


def _times(part: Array, factor: int) -> Array:
    """Return exact multiples; zeros stay +0."""
    return np.asarray(part * part.dtype.type(factor) + part.dtype.type(0))


def _has_room(case: Case, operands: Operands, expected: Expected) -> bool:
    """Tell whether everything can be doubled: operands, sums and results."""
    dtype, accumulator = numpy_dtype(case.out_dtype), numpy_dtype(ACCUMULATOR[case.out_dtype])
    doubled = [(part, part.dtype) for part in operands.taken_by(case.operation).values()]
    doubled += [(expected.magnitude, accumulator), (expected.largest, dtype)]
    return all(2 * _largest(part) <= _limit(dtype) for part, dtype in doubled)


def _largest(part: Array) -> float:
    """Return the largest finite magnitude."""
    if not part.size:
        return 0.0
    with np.errstate(invalid="ignore"):  # bfloat16's NaN
        largest = max(float(part.max()), -float(part.min()))
    if np.isfinite(largest):
        return largest
    sizes = np.abs(part.astype(np.float64))
    return float(sizes.max(initial=0, where=np.isfinite(sizes)))


@cache
def _limit(dtype: np.dtype[Any]) -> float:
    return float(np.iinfo(dtype).max if dtype.kind in "iu" else ml_dtypes.finfo(dtype).max)  # type: ignore[no-untyped-call]
