"""Accuracy classes: how exactly real-valued data were computed, from the strictest class to the loosest.

| class            | who gets there                                           | what is bounded                        |
|------------------|----------------------------------------------------------|----------------------------------------|
| `exact-order`    | plain sums in any order, pairwise, blocked, FMA, BLAS    | each element; all (`judgement.bound`)  |
| `fast-algorithm` | Winograd's algorithm, the fast Fourier transform         | the 2-norm of each image and channel   |
| `tf32`           | operands rounded to 11 significant bits, float32's range | each element                           |
| `bfloat16`       | operands rounded to 8 bits                               | each element                           |
| `float16`        | operands rounded to 11 bits, in float16's range          | each element                           |

An answer has the first class whose bounds it keeps. This says what its numbers are worth, not how they were made: where
nothing small stands beside something large, Winograd's algorithm may well be as exact as a plain sum.

**Fast algorithms** mix products of neighbouring outputs, so that a small output errs like the large ones beside it: no
bound by its own Σ|x·w| holds, only a normwise one. `reference.winograd.error_bound` and `reference.fourier.error_bound`
derive it for the worst case, 36100/9 times a plain sum's. No data come near that, and TF32 would pass. So roundings are
taken here as independent, of variance at most u² (as in the totals of `judgement.bound`, and with their 1.6). F(4×4)
has n = 33 + K/9 of them in a row: the transforms of filter, input and output, a product, and a sum over channels only.
With `judgement.norms`, which tells how much each of them is amplified, over the positions of each image and channel,

    ‖error‖₂² ≤ 1.6 · n · u² · (Σ_c ‖x_c‖₂·max(44.2·‖w_ck‖₂, ‖w_ck‖₁))²

Fourier's transform amplifies by 1, with n at most 27·log₂ N + c + 3 for N points (see `reference.fourier`): this is
less for all images that memory holds. On normal data the bound tells TF32 from fast algorithms up to K = 600 or so;
beyond, the independent roundings of a legal sum may add up to as much.

**Rounded operands**: x(1 + δ)·w(1 + ε) with |δ|, |ε| ≤ v differs from x·w by at most (2v + v²)·|x·w|, so that

    |error| ≤ (2v + v²)·Σ|x·w| + exact-order's bound,      v = 2^-11 for tf32 and float16, 2^-8 for bfloat16

Numbers below float16's smallest normal number may become 0, which adds at most 2^-14·K·(max|x| + max|w|); those beyond
its largest become infinite, and so fail. `float16` stands last, because it alone loses numbers wholly; its bound is
made at least `bfloat16`'s, so that the elementwise classes are nested. These bounds grow with K, and the errors of
normal data with √K only: from K = 600 or so, bfloat16 keeps the bound of `tf32`.

Source: Higham & Mary, "A new approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 41 (2019);
Higham, "Accuracy and Stability of Numerical Algorithms", sections 3.1 and 24.1 (2002); Lavin & Gray, section 4 (2015).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from conformance.case import Case, DType, Map
from conformance.choices import Accuracy
from conformance.data import Array
from conformance.judgement import bound
from conformance.judgement.expected import Expected
from conformance.judgement.formats import ACCUMULATOR, FORMATS
from conformance.judgement.norms import AMPLIFICATION

__all__ = ["Accuracy", "Reached", "accepted_by", "classify", "elementwise_limit", "margin_in"]

_TRANSFORMS = 33
"""Rounded operations of F(4×4, 3×3) in a row, without the sum over channels; see `reference.winograd.error_bound`."""


_ROUNDOFF = {Accuracy.TF32: 2.0**-11, Accuracy.BFLOAT16: 2.0**-8, Accuracy.FLOAT16: 2.0**-11}
"""v, the unit roundoff of rounded operands."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How exactly an answer was computed.

    Attributes:
        accuracy: the strictest class whose bounds it keeps; None where it keeps none.
        margin: the largest error in units of that class's bound, at most 1; of the loosest class's where there is none.
        demanded: the largest error in units of the bound of the class that was demanded.
    """

    accuracy: Accuracy | None
    margin: float
    demanded: float


def accepted_by(demand: Accuracy) -> tuple[Accuracy, ...]:
    """Return the classes that satisfy a demand: that class and all that are stricter.

    >>> [str(each) for each in accepted_by(Accuracy.TF32)]
    ['exact-order', 'fast-algorithm', 'tf32']
    """
    classes = tuple(Accuracy)
    return classes[: classes.index(demand) + 1]


def classify(case: Case, expected: Expected, error: Array, demand: Accuracy, classes: Iterable[Accuracy]) -> Reached:
    """Return the first of `classes` whose bounds an answer keeps, and by what margin.

    Args:
        case: gives dtype and operation.
        expected: the right answer and its norms.
        error: answer - right answer, signed; 0 where both are not finite.
        demand: the class that is asked for.
        classes: to try, from the strictest on; at least one.
    """
    demanded = margin_in(demand, case, expected, error)
    margin = np.inf
    for accuracy in classes:
        margin = demanded if accuracy is demand else margin_in(accuracy, case, expected, error)
        if margin <= 1:
            return Reached(accuracy, margin, demanded)
    return Reached(None, margin, demanded)


def margin_in(accuracy: Accuracy, case: Case, expected: Expected, error: Array) -> float:
    """Return the largest error in units of a class's bound; infinite where an error has a bound of 0, or is NaN."""
    if accuracy is Accuracy.FAST_ALGORITHM:
        return _normwise(case, expected, error)
    ratio = _largest_ratio(np.abs(error), elementwise_limit(accuracy, expected, case.out_dtype))
    if accuracy is not Accuracy.EXACT_ORDER:
        return ratio
    together = bound.totals(error, expected.value, expected.magnitude, expected.terms, case.out_dtype)
    return max(ratio, *(total.ratio for total in together), 0.0)


def elementwise_limit(accuracy: Accuracy, expected: Expected, dtype: DType) -> Array:
    """Return the largest error of each element in a class that is bounded by elements: any but `fast-algorithm`."""
    limit = bound.elementwise(expected.largest, expected.magnitude, expected.terms, dtype)
    if accuracy not in _ROUNDOFF or dtype is DType.INT32:
        return limit
    roundoff = _ROUNDOFF[accuracy]
    if accuracy is Accuracy.FLOAT16:
        lost = FORMATS[DType.FLOAT16].smallest_normal * expected.terms * expected.norms.peaks
        roundoff = max(roundoff, _ROUNDOFF[Accuracy.BFLOAT16])
        limit = limit + np.where(expected.magnitude > 0, lost, 0.0)
    return np.asarray(limit + (2 * roundoff + roundoff**2) * expected.magnitude)


def _normwise(case: Case, expected: Expected, error: Array) -> float:
    """Return the largest 2-norm of the errors of an image and channel, in units of the fast algorithms' bound."""
    axes = tuple(range(error.ndim - 2)) if case.operation.map is Map.TO_FILTERS else tuple(range(1, error.ndim - 1))
    style, accumulator = FORMATS[case.out_dtype], FORMATS[ACCUMULATOR[case.out_dtype]]
    size = np.abs(error)
    if style is not accumulator:
        size = np.maximum(size - 3 * bound.unit_error(expected.largest, case.out_dtype), 0.0)
    spread = expected.norms.spread
    if spread is None:
        spread = AMPLIFICATION * np.sqrt(np.sum(expected.magnitude**2, axis=axes, keepdims=True))
    roundings = 1.6 * (_TRANSFORMS + expected.terms / 9)
    unit = 0.0 if case.out_dtype is DType.INT32 else accumulator.unit_roundoff
    limit = np.sqrt(roundings) * unit * spread
    limit = limit + np.where(limit > 0, expected.terms * accumulator.smallest_normal, 0.0)
    return _largest_ratio(np.sqrt(np.sum(size**2, axis=axes, keepdims=True)), limit)


@np.errstate(divide="ignore", invalid="ignore")
def _largest_ratio(error: Array, limit: Array) -> float:
    ratio = np.where(error == 0, 0.0, np.where(np.isinf(limit), 0.0, error / limit))
    return float(np.nan_to_num(ratio, nan=np.inf, posinf=np.inf).max(initial=0))
