"""Mistakes of kernels that are written for a special case and taken for another one too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect
from conformance.defects.hooks import dilations, pads, strides, when

__all__ = ["DEFECTS"]

POINTWISE, THREE, DEPTHWISE, OTHER = "1×1 path", "3×3 path", "depthwise path", "fast path"


def _pointwise(call: Call) -> bool:
    return prod(call.taps) == 1


def _taps(size: int) -> Callable[[Call], bool]:
    return lambda call: set(call.taps) == {size}


def _depthwise(call: Call) -> bool:
    return call.depth == 1 < call.groups


def _grouped(call: Call) -> bool:
    return call.groups > 1


def _several(*conditions: Callable[[Call], bool]) -> Callable[[Call], bool]:
    return lambda call: all(condition(call) for condition in conditions)


def _strided(call: Call) -> bool:
    return max(call.strides) > 1


_unit_strides = strides(lambda steps: (1,) * len(steps))
_unit_dilations = dilations(lambda holes: (1,) * len(holes))
_no_pads = pads(lambda pairs: ((0, 0),) * len(pairs))
_pads_of_one = pads(lambda pairs: ((1, 1),) * len(pairs))


def _first_filters(call: Call) -> Call:
    """Use the filters of the first group for all."""
    if call.filters is None:
        return call
    width = call.out_channels // call.groups
    return replace(call, filters=call.filters.take(np.arange(call.out_channels) % max(1, width), -1))


def _zeros(call: Call) -> Call:
    return replace(call, tables=tuple(np.full_like(met, -1) for met in call.tables))


def _cut(axis: int, keep: int) -> Change:
    """Return the change by which the taps beyond `keep` on an axis meet nothing."""

    def changed(call: Call) -> Call:
        met = list(call.tables)
        met[axis] = np.where(np.arange(call.taps[axis]) < keep, met[axis], -1)
        return replace(call, tables=tuple(met))

    return changed


def _covers(call: Call) -> bool:
    """Tell whether the filter is as large as the image."""
    return call.taps == call.in_sizes


def _narrow(call: Call) -> bool:
    return call.in_sizes[-1] < call.taps[-1]


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "pointwise-stride-ignored",
        POINTWISE,
        "takes its path for 1×1 filters whatever the stride, and reads neighbouring pixels there",
        sized=when(_pointwise, _unit_strides),
    ),
    Defect(
        "pointwise-stride-ignored-in-size",
        POINTWISE,
        "takes its path for 1×1 filters whatever the stride, and returns an output of the image's size there",
        asked=when(_pointwise, _unit_strides),
    ),
    Defect(
        "pointwise-vertical-stride",
        POINTWISE,
        "uses the vertical stride for both axes where the filter is 1×1",
        sized=when(_pointwise, strides(lambda steps: steps[:1] * len(steps))),
    ),
    Defect(
        "pointwise-padding-ignored",
        POINTWISE,
        "takes its path for 1×1 filters whatever the padding, and returns an output without it there",
        padded=when(_pointwise, _no_pads),
    ),
    Defect(
        "pointwise-padding-after-only",
        POINTWISE,
        "takes its path for 1×1 filters whatever the padding, and puts all of it after the image there",
        sized=when(_pointwise, _no_pads),
    ),
    Defect(
        "pointwise-groups-ignored",
        POINTWISE,
        "applies the first group's filters to all groups where the filter is 1×1",
        tabled=when(_pointwise, _first_filters),
    ),
    Defect(
        "pointwise-for-one-row",
        POINTWISE,
        "takes its path for 1×1 filters for those with one row too, and applies their first column only",
        tabled=when(lambda call: call.taps[-2:-1] == (1,), _cut(-1, 1)),
    ),
    Defect(
        "pointwise-for-one-column",
        POINTWISE,
        "takes its path for 1×1 filters for those with one column too, and applies their first row only",
        tabled=when(lambda call: call.rank > 1 and call.taps[-1] == 1, lambda call: _cut(-2, 1)(call)),
    ),
    Defect(
        "three-stride-ignored",
        THREE,
        "takes its path for 3×3 filters whatever the stride, and reads there as with a stride of 1",
        sized=when(_taps(3), _unit_strides),
    ),
    Defect(
        "three-dilation-ignored",
        THREE,
        "takes its path for 3×3 filters whatever the dilation, and reads neighbouring pixels there",
        sized=when(_taps(3), _unit_dilations),
    ),
    Defect(
        "three-padding-of-one",
        THREE,
        "takes its path for 3×3 filters whatever the padding, and begins its windows one before the image there",
        sized=when(_taps(3), _pads_of_one),
    ),
    Defect(
        "three-padding-ignored",
        THREE,
        "takes its path for 3×3 filters whatever the padding, and begins its windows at the image's edge there",
        sized=when(_taps(3), _no_pads),
    ),
    Defect(
        "three-for-three-rows",
        THREE,
        "takes its path for 3×3 filters for those with three rows too, and leaves out their columns beyond the third",
        tabled=when(lambda call: call.taps[-2:-1] == (3,), _cut(-1, 3)),
    ),
    Defect(
        "three-for-three-columns",
        THREE,
        "takes its path for 3×3 filters for those with three columns too, and leaves out their rows beyond the third",
        tabled=when(lambda call: call.rank > 1 and call.taps[-1] == 3, lambda call: _cut(-2, 3)(call)),
    ),
    Defect(
        "three-groups-ignored",
        THREE,
        "applies the first group's filters to all groups where the filter is 3×3",
        tabled=when(_taps(3), _first_filters),
    ),
    Defect(
        "five-stride-ignored",
        OTHER,
        "takes its path for 5×5 filters whatever the stride, and reads there as with a stride of 1",
        sized=when(_taps(5), _unit_strides),
    ),
    Defect(
        "depthwise-dilation-ignored",
        DEPTHWISE,
        "ignores the dilations of depthwise convolutions",
        sized=when(_depthwise, _unit_dilations),
    ),
    Defect(
        "depthwise-stride-ignored",
        DEPTHWISE,
        "reads as with a stride of 1 in depthwise convolutions, though the output's size is right",
        sized=when(_depthwise, _unit_strides),
    ),
    Defect(
        "depthwise-vertical-stride",
        DEPTHWISE,
        "uses the vertical stride for both axes of depthwise convolutions",
        sized=when(_depthwise, strides(lambda steps: steps[:1] * len(steps))),
    ),
    Defect(
        "depthwise-padding-ignored",
        DEPTHWISE,
        "begins the windows of depthwise convolutions at the image's edge whatever the padding",
        sized=when(_depthwise, _no_pads),
    ),
    Defect(
        "grouped-dilation-ignored",
        "grouped path",
        "ignores the dilations where there are groups of several channels",
        sized=when(_several(_grouped, lambda call: call.depth > 1), _unit_dilations),
    ),
    Defect(
        "grouped-stride-ignored",
        "grouped path",
        "reads as with a stride of 1 where there are groups of several channels, though the output's size is right",
        sized=when(_several(_grouped, lambda call: call.depth > 1), _unit_strides),
    ),
    Defect(
        "grouped-padding-ignored",
        "grouped path",
        "begins its windows at the image's edge where there are groups of several channels, whatever the padding",
        sized=when(_several(_grouped, lambda call: call.depth > 1), _no_pads),
    ),
    Defect(
        "unit-stride-by-height",
        OTHER,
        "takes its path for strides of 1 where only the vertical one is 1",
        sized=when(lambda call: call.strides[0] == 1, _unit_strides),
    ),
    Defect(
        "unit-stride-by-width",
        OTHER,
        "takes its path for strides of 1 where only the horizontal one is 1",
        sized=when(lambda call: call.strides[-1] == 1, _unit_strides),
    ),
    Defect(
        "undilated-by-height",
        OTHER,
        "takes its path without dilation where only the vertical dilation is 1",
        sized=when(lambda call: call.dilations[0] == 1, _unit_dilations),
    ),
    Defect(
        "undilated-by-width",
        OTHER,
        "takes its path without dilation where only the horizontal dilation is 1",
        sized=when(lambda call: call.dilations[-1] == 1, _unit_dilations),
    ),
    Defect(
        "dilated-stride-ignored",
        OTHER,
        "ignores the strides where there is a dilation, though the output's size is right",
        sized=when(lambda call: max(call.dilations) > 1, _unit_strides),
    ),
    Defect(
        "dilated-padding-ignored",
        OTHER,
        "begins its windows at the image's edge where there is a dilation, whatever the padding",
        sized=when(lambda call: max(call.dilations) > 1, _no_pads),
    ),
    Defect(
        "strided-padding-ignored",
        OTHER,
        "begins its windows at the image's edge where the stride is not 1, whatever the padding",
        sized=when(_strided, _no_pads),
    ),
    Defect(
        "full-size-padding-ignored",
        OTHER,
        "ignores the padding where the filter is as large as the image, and returns one number there",
        padded=when(_covers, _no_pads),
    ),
    Defect(
        "narrow-image-zero",
        OTHER,
        "returns zeros where the image is narrower than the filter",
        tabled=when(_narrow, _zeros),
    ),
)
