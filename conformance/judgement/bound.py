"""Bounds on the rounding error of a sum of products, from the data; never a constant tolerance.

Behind each output element stand K = `terms` products (the bias counts as one) and their sum. Each product and each
addition rounds by a factor of at most 1 + u. A product passes through at most K roundings, whatever the order of the
additions, so that the error of any order stays within K·u·Σ|x·w| (1 + O(K·u)). The reference, in float64, errs by as
much in its own u; that makes 2·K·u·Σ|x·w|, which covers both for every dtype up to float64.

Random errors do not all point the same way, so that much tighter limits hold for the sums over all T elements:
Σe² ≤ 1.6·K·T and |Σe| ≤ √(16·K·T), with e = error / (u·Σ|x·w|). They catch what hides in a generous elementwise limit.

Source: Higham, "Accuracy and Stability of Numerical Algorithms", sections 3.1 and 4.2 (2002); TOSA specification,
"Precision requirements: dot product" (the totals and their constants).
"""

from __future__ import annotations

import numpy as np

from conformance.data import Array

__all__ = ["UNIT_ROUNDOFF", "broken_total", "elementwise"]

UNIT_ROUNDOFF = {"float32": 2.0**-24, "float64": 2.0**-53}
"""u: half the distance from 1 to the next number; the largest relative error of one rounding."""

SMALLEST_NORMAL = {"float32": 2.0**-126, "float64": 2.0**-1022}
"""Below this an implementation may flush to zero, so that no error is counted as smaller than this."""

_UNITS = "e = error / (u·Σ|input·filters|)"


def elementwise(magnitude: Array, terms: int, dtype: str) -> Array:
    """Return the largest error that any order of summation may have, for each element.

    Args:
        magnitude: Σ|input·filters| + |bias|.
        terms: products behind an element, and 1 for the bias.
        dtype: of the arithmetic.

    >>> elementwise(np.array([0.0, 2.0**24]), 9, "float32").tolist()
    [0.0, 18.0]
    """
    unit = _unit_error(magnitude, dtype)
    return np.asarray(2 * terms * unit)


def broken_total(error: Array, value: Array, magnitude: Array, terms: int, dtype: str) -> str:
    """Return which limit on the errors of all elements together is broken, in words, or nothing.

    Args:
        error: answer - right answer, signed.
        value: the right answer; where all products have one sign, errors may lean to one side.
        magnitude: Σ|input·filters| + |bias|.
        terms: products behind an element, and 1 for the bias.
        dtype: of the arithmetic.
    """
    unit = _unit_error(magnitude, dtype)
    scaled = error[unit > 0] / unit[unit > 0]
    squares, square_limit = float(np.sum(scaled**2)), 1.6 * terms * scaled.size
    if squares > square_limit:
        return f"Σe² ≤ 1.6·{terms}·{scaled.size} = {square_limit:.4g}, but is {squares:.4g}; {_UNITS}"
    lean, lean_limit = abs(float(np.sum(scaled))), float(np.sqrt(16 * terms * scaled.size))
    if lean > lean_limit and np.any(np.abs(value) < magnitude):
        return f"|Σe| ≤ √(16·{terms}·{scaled.size}) = {lean_limit:.4g}, but is {lean:.4g}; {_UNITS}"
    return ""


def _unit_error(magnitude: Array, dtype: str) -> Array:
    """Return u·Σ|x·w|, not below the smallest normal number; 0 where there is nothing to round."""
    unit = np.maximum(magnitude * UNIT_ROUNDOFF[dtype], SMALLEST_NORMAL[dtype])
    return np.asarray(np.where(magnitude == 0, 0.0, unit))
