"""Bounds on the rounding error of a sum of products, from the data; never a constant tolerance.

Behind each output element stand K = `terms` products (the bias counts as one) and their sum. Each product and each
addition rounds by a factor of at most 1 + u, u being the accumulator's unit roundoff. A product passes through at most
K roundings, whatever the order of the additions, so that the error of any order stays within K·u·Σ|x·w| (1 + O(K·u)).
The limit is twice that, which leaves room for the second-order terms and for a reference that has rounded too. Where
the sum is rounded to a narrower dtype at the end, three roundings to that dtype are added: the answer's, one more where
the bias is added afterwards, and the reference's.

Random errors do not all point the same way, so that much tighter limits hold for the sums over all T elements:
Σe² ≤ 1.6·K·T and |Σe| ≤ √(16·K·T), with e = error / (u·Σ|x·w|). They catch what hides in a generous elementwise limit.

Source: Higham, "Accuracy and Stability of Numerical Algorithms", sections 3.1 and 4.2 (2002); TOSA specification,
"Precision requirements: dot product" (the totals and their constants).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from conformance.case import DType
from conformance.data import Array
from conformance.judgement.formats import ACCUMULATOR, FORMATS

__all__ = ["Total", "elementwise", "totals", "unit_error"]

_UNITS = "e = error / (u·Σ|input·filters|)"


def elementwise(largest: Array, magnitude: Array, terms: int, dtype: DType) -> Array:
    """Return the largest error that any order of summation may have, for each element.

    Args:
        largest: the largest number that may be rounded to a narrower dtype: |right answer| + |bias|.
        magnitude: Σ|input·filters| + |bias|.
        terms: products behind an element, and 1 for the bias.
        dtype: of the answer.

    >>> elementwise(np.array([0.0, 3.0]), np.array([0.0, 2.0**24]), 9, DType.FLOAT32).tolist()
    [0.0, 18.0]
    """
    accumulator = ACCUMULATOR[dtype]
    limit = 2 * terms * unit_error(magnitude, accumulator)
    if dtype is not accumulator:
        limit += 3 * unit_error(largest + limit, dtype)
    return np.asarray(limit)


@dataclass(frozen=True, slots=True)
class Total:
    """A limit on the errors of all elements together.

    Attributes:
        ratio: what was found, in units of the limit; more than 1 breaks it.
        words: the limit, and what was found.
    """

    ratio: float
    words: str


def totals(error: Array, value: Array, magnitude: Array, terms: int, dtype: DType) -> tuple[Total, ...]:
    """Return the limits on the errors of all elements together: on their squares, and on their sum.

    Args:
        error: answer - right answer, signed.
        value: the right answer; where all products have one sign, errors may lean to one side.
        magnitude: Σ|input·filters| + |bias|.
        terms: products behind an element, and 1 for the bias.
        dtype: of the answer; nothing is asked of one that is narrower than its accumulator.
    """
    if dtype is not ACCUMULATOR[dtype]:
        return ()
    unit = unit_error(magnitude, dtype)
    counted = (unit > 0) & np.isfinite(unit)
    if not counted.any():
        return ()
    scaled = error[counted] / unit[counted]
    squares, square_limit = float(np.sum(scaled**2)), 1.6 * terms * scaled.size
    text = f"Σe² ≤ 1.6·{terms}·{scaled.size} = {square_limit:.4g}, but is {squares:.4g}; {_UNITS}"
    found = (Total(math.sqrt(squares / square_limit), text),)
    if not np.any(np.abs(value) < magnitude):
        return found
    lean, lean_limit = abs(float(np.sum(scaled))), math.sqrt(16 * terms * scaled.size)
    text = f"|Σe| ≤ √(16·{terms}·{scaled.size}) = {lean_limit:.4g}, but is {lean:.4g}; {_UNITS}"
    return (*found, Total(lean / lean_limit, text))


def unit_error(magnitude: Array, dtype: DType) -> Array:
    """Return the largest error of one rounding, not below the smallest normal number; 0 where nothing is rounded.

    Args:
        magnitude: of what is rounded.
        dtype: to which it is rounded.
    """
    style = FORMATS[dtype]
    unit = np.maximum(magnitude * style.unit_roundoff, style.smallest_normal)
    return np.asarray(np.where(magnitude == 0, 0.0, unit))
