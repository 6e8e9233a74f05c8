"""Special values: NaN and infinity must come out exactly where they must, and finite numbers everywhere else.

NaN and ±Inf in an operand reach every output whose window holds them, Inf·0 = NaN included, and no other: no other
batch item, row, column or channel. In three places more than one answer is right:

1. Where a filter's tap that is not finite lies on padding, the padding's zero may be multiplied (NaN) or skipped;
   likewise zeros between the elements of what a gradient or transpose spreads, and those of windows that hang over the
   image where a filter's gradient sums over them.
2. Where Σ|x·w| + |bias| exceeds the accumulator's largest number, some order of summation overflows on the way, to Inf
   of either sign, or to NaN where both signs meet. Below it no partial sum of any order can.
3. Where the right answer lies within its bound of the dtype's largest number, it may be rounded to that or to Inf.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from conformance.case import Case, DType, Map
from conformance.data import Array, Operands
from conformance.judgement import bound
from conformance.judgement.formats import ACCUMULATOR, FORMATS
from reference import im2col, windows

__all__ = ["Breach", "Rightful", "find_breach", "on_padding", "rightful"]


@dataclass(frozen=True, slots=True, eq=False)
class Rightful:
    """What may come out beside finite numbers, element by element.

    Attributes:
        special: where the right answer is NaN or ±Inf.
        free: where an order of summation may overflow on the way, so that any value may come.
        border: where the right answer is so near to the largest number that it may be that or Inf.
        least: how large a finite answer must be there where Inf is due: the largest number, less its bound.
    """

    special: Array
    free: Array
    border: Array
    least: Array

    @property
    def matters(self) -> bool:
        """Whether there is an element that need not be a finite number."""
        return bool(self.special.any() or self.free.any() or self.border.any())


@dataclass(frozen=True, slots=True)
class Breach:
    """What is wrong with the special values of an answer: the limit, the first wrong element, how many, in words."""

    limit: str
    worst: str
    wrong: str


@np.errstate(invalid="ignore", over="ignore")
def rightful(value: Array, largest: Array, magnitude: Array, terms: int, dtype: DType, finite: bool) -> Rightful:
    """Return where an answer need not be a finite number.

    Args:
        value: the right answer.
        largest: |value| + |bias|, before it is rounded to the dtype.
        magnitude: Σ|x·w| + |bias|; infinite where a factor is, or where it overflows itself.
        terms: products behind an element, and 1 for the bias.
        dtype: of the answer.
        finite: whether all operands are finite.
    """
    nowhere = np.zeros(value.shape, bool)
    if dtype is DType.INT32:
        return Rightful(nowhere, nowhere, nowhere, np.zeros(value.shape))
    style, accumulator = FORMATS[dtype], FORMATS[ACCUMULATOR[dtype]]
    free = magnitude * (1 + 2 * terms * accumulator.unit_roundoff) > accumulator.largest
    if not finite:
        free &= np.isfinite(magnitude)
    within = np.minimum(largest, style.largest)
    limit = bound.elementwise(within, magnitude, terms, dtype)
    near = (largest + limit > style.largest) & ((largest - limit <= style.largest) | ~np.isfinite(largest))
    border = near & (free | np.isfinite(magnitude))
    return Rightful(~np.isfinite(value), free, border, style.largest - limit)


def on_padding(case: Case, operands: Operands) -> Array | None:
    """Return the outputs, to broadcast, in which a number that is not finite meets a zero that nobody gave.

    That is a filter's tap on padding; on padding or between inserted zeros, where a convolution of those is what gives
    the map to the input; and an element of what arrives, or of a transpose's input, whose window hangs over the image
    where the map is to the filters. None where there is no such number.
    """
    free = {Map.TO_OUTPUT: _taps_on_padding, Map.TO_INPUT: _taps_between, Map.TO_FILTERS: _windows_that_hang_over}
    return None if case.operation.is_bias else free[case.operation.map](case, operands)


def _taps_on_padding(case: Case, operands: Operands) -> Array | None:
    wild = _wild_filters(case, operands)
    if wild is None:
        return None
    image = case.out_backprop if case.operation.is_transposed else case.input
    inside = np.ones((1, *(image or ())[1:]))
    convolve = {1: windows.conv1d, 2: windows.conv2d, 3: windows.conv3d}[case.operation.rank]
    met = convolve(inside, wild, case.strides, case.padding, None, case.dilations)
    return np.asarray(met < wild.sum(axis=tuple(range(wild.ndim - 1))))


def _taps_between(case: Case, operands: Operands) -> Array | None:
    wild = _wild_filters(case, operands)
    if wild is None:
        return None
    shape, arriving = case.output, case.input if case.operation.is_transposed else case.out_backprop
    inside, depth = np.ones((1, *(arriving or ())[1:])), wild.shape[-2]
    gradient = {1: im2col.conv1d_backprop_input, 2: im2col.conv2d_backprop_input, 3: im2col.conv3d_backprop_input}
    sizes, steps = (1, *shape[1:]), (case.strides, case.padding, None, case.dilations)
    met = gradient[case.operation.rank](sizes, wild, inside, *steps)
    groups = shape[-1] // max(1, depth)
    taps = wild.sum(axis=tuple(range(wild.ndim - 2))).reshape(depth, groups, -1).sum(axis=-1)
    return np.asarray(met < taps.T.ravel())


def _windows_that_hang_over(case: Case, operands: Operands) -> Array | None:
    transposed = case.operation.is_transposed
    image, arriving = operands.out_backprop, operands.input
    if not transposed:
        image, arriving = arriving, image
    if image is None or arriving is None or np.isfinite(arriving).all():
        return None
    wild = (~np.isfinite(arriving)).sum(axis=0, keepdims=True, dtype=np.float64)
    inside = np.ones((1, *image.shape[1:-1], 1))
    gradient = {1: im2col.conv1d_backprop_filter, 2: im2col.conv2d_backprop_filter, 3: im2col.conv3d_backprop_filter}
    rank = case.operation.rank
    sizes = (*case.filters[:rank], 1, wild.shape[-1])
    met = gradient[rank](inside, sizes, wild, case.strides, case.padding, None, case.dilations)
    free = np.asarray(met < wild.sum(axis=tuple(range(rank + 1))))
    return free.reshape(case.filters) if case.operation.is_depthwise else free


def _wild_filters(case: Case, operands: Operands) -> Array | None:
    """Return 1 where a filter's tap is not finite, and 0 elsewhere, in the shape of grouped filters; None for none."""
    filters = operands.filters
    if np.isfinite(filters).all():
        return None
    if case.operation.is_depthwise:
        filters = filters.reshape(*filters.shape[:-2], 1, -1)
    return (~np.isfinite(filters)).astype(np.float64)


def find_breach(
    answer: Array, value: Array, places: Rightful, padding: Array | None, finite: bool, of_image: bool = True
) -> Breach | None:
    """Return what is wrong with the special values of `answer`, or None.

    Args:
        answer: in float64, of the shape of `value`.
        value: the right answer.
        places: where it need not be finite.
        padding: where a tap that is not finite lies on padding, to broadcast; None for nowhere.
        finite: whether all operands are finite.
        of_image: whether the answer is an image, and no gradient of filters.
    """
    same = (np.isnan(value) & np.isnan(answer)) | (answer == value) | (np.isfinite(value) & np.isfinite(answer))
    same |= places.free
    near = ~np.isfinite(answer) | np.isfinite(value) | (np.abs(answer) >= places.least)
    same |= places.border & near & ~np.isnan(answer) & (np.sign(answer) == np.sign(value))
    if padding is not None:
        same |= padding & np.isnan(answer)
    if same.all():
        return None
    index = tuple(int(place) for place in np.argwhere(~same)[0])
    worst = f"output{list(index)} is {answer[index]:.9g}, must be {value[index]:.9g}"
    reason = _reason(index, places.special, bool(np.isfinite(value[index])), finite, of_image)
    limit = "NaN and Inf reach every output whose window holds them, and no other"
    return Breach(limit, f"{worst}: {reason}", f"{np.count_nonzero(~same):,} of {same.size:,} elements")


def _reason(index: tuple[int, ...], special: Array, must_be_finite: bool, finite: bool, of_image: bool) -> str:
    if not must_be_finite:
        return "it does not propagate as it must" if not finite else "the sum overflows"
    if finite:
        return "all operands are finite, and no order of summation overflows"
    axes = {0: "batch item", **({1: "row", 2: "column"} if special.ndim == 4 else {}), -1: "channel"}
    axes = axes if of_image else {-1: "channel", -2: "channel", 0: "tap"}
    others = (name for axis, name in axes.items() if not np.take(special, index[axis], axis).any())
    return f"NaN or Inf from an operand spread to another {next(others, 'position')}"
