"""Mistakes of gradients with respect to the input, and those that sit in both gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from conformance.case import Operation
from conformance.data import Array
from conformance.defects import axes
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect
from conformance.defects.hooks import every_stride
from conformance.defects.operands import backward, input_gradient, on_operands

__all__ = ["DEFECTS"]


def _depthwise(operation: Operation) -> bool:
    return input_gradient(operation) and operation.is_depthwise


def _filters(change: Callable[[Array, Call], Array]) -> Change:
    return on_operands(change, "filters")


def _arriving(change: Callable[[Array, Call], Array]) -> Change:
    return on_operands(change, "arriving")


def _first_group_for_all(filters: Array, call: Call) -> Array:
    width = call.out_channels // call.groups
    return filters.take(np.arange(call.out_channels) % max(1, width), axis=-1)


def _first_multiplier(filters: Array, call: Call) -> Array:
    multiplier = call.out_channels // max(1, call.in_channels)
    return np.where(np.arange(call.out_channels) % max(1, multiplier) == 0, filters, 0)


def _last_window_left_out(arriving: Array, call: Call) -> Array:
    """Clear what arrives at the last window of each axis whose stride leaves a remainder."""
    result = arriving.copy()
    for axis, left in enumerate(axes.remainders(call), start=1):
        if left:
            np.moveaxis(result, axis, 0)[-1:] = 0
    return result


def _cut(output: Array, call: Call) -> Array:
    """Cut the gradient to the size that windows reach, as the formula gives it from the output's size."""
    for axis, left in enumerate(axes.remainders(call), start=1):
        output = output.take(np.arange(output.shape[axis] - left), axis=axis)
    return output


def _without_last_filter(arriving: Array, call: Call) -> Array:
    return np.where(np.arange(call.out_channels) < max(1, call.out_channels - 1), arriving, 0)


_INPUT, _BOTH, _SAME = "input gradient", "gradients", "gradient's padding"

_OF_INPUT = (
    *(
        Defect(f"dx-{name}", _INPUT, mistake, input_gradient, asked=change)
        for name, mistake, change in (
            ("flipped", "flips the filters' taps in the input's gradient once too often", _filters(axes.flipped_taps)),
            (
                "channels-swapped",
                "reads the filters' input and output channels in the other order in the input's gradient",
                _filters(axes.swapped_channels),
            ),
            (
                "groups-first",
                "uses the first group's filters for all groups in the input's gradient",
                _filters(_first_group_for_all),
            ),
            (
                "first-image",
                "gives the first image's gradient for the whole batch",
                _arriving(lambda part, call: np.repeat(part[:1], len(part), axis=0)),
            ),
            (
                "first-filter",
                "takes the first output channel only into the input's gradient",
                _arriving(lambda part, call: np.where(np.arange(part.shape[-1]) == 0, part, 0)),
            ),
            (
                "last-filter",
                "leaves the last output channel out of the input's gradient",
                _arriving(_without_last_filter),
            ),
        )
    ),
    *(
        Defect(f"dx-{name}", _INPUT, mistake, input_gradient, sized=change)
        for name, mistake, change in (
            ("dense", "ignores the strides in the input's gradient", every_stride(lambda step: 1)),
            (
                "undilated",
                "ignores the dilations in the input's gradient",
                lambda call: replace(call, dilations=(1,) * call.rank),
            ),
            ("exchanged", "exchanges strides and dilations in the input's gradient", axes.exchanged),
            (
                "zeros-too-many",
                "puts as many zeros as the stride, one too many, between elements in the input's gradient",
                every_stride(lambda step: step + (step > 1)),
            ),
            (
                "forward-padding",
                "pads what arrives by the forward padding instead of filter size - 1 - padding",
                axes.believing_before(lambda before, after, field, step, left: field - 1 - before),
            ),
            (
                "padding-clipped",
                "takes padding beyond filter size - 1 for filter size - 1 in the input's gradient",
                axes.believing_before(lambda before, after, field, step, left: min(before, field - 1)),
            ),
            (
                "remainder-first",
                "puts the rows that the stride leaves over at the top of the input's gradient",
                axes.believing_before(lambda before, after, field, step, left: before - left),
            ),
            (
                "remainder-halved",
                "puts half of the rows that the stride leaves over at the top of the input's gradient",
                axes.believing_before(lambda before, after, field, step, left: before - left // 2),
            ),
            (
                "last-window",
                "leaves the last window out of the input's gradient where the stride leaves a remainder",
                _arriving(_last_window_left_out),
            ),
        )
    ),
    Defect(
        "dx-size",
        _INPUT,
        "gives the input's gradient without the rows that the stride leaves over",
        input_gradient,
        finished=_cut,
    ),
    Defect(
        "dx-overwritten",
        _INPUT,
        "overwrites where windows overlap in the input's gradient instead of adding",
        input_gradient,
        contract=axes.overlap_overwritten,
    ),
    Defect(
        "dx-averaged",
        _INPUT,
        "divides the input's gradient by how many taps meet an element",
        input_gradient,
        contract=axes.overlap_averaged,
    ),
    Defect(
        "dx-unreached-copied",
        _INPUT,
        "gives elements of the input that no window reaches their neighbour's gradient instead of 0",
        input_gradient,
        finished=axes.nearest,
    ),
    Defect(
        "dx-first-multiplier",
        "depthwise gradient",
        "takes the first filter of each channel only into the depthwise gradient",
        _depthwise,
        asked=_filters(_first_multiplier),
    ),
)

_OF_BOTH = (
    *(
        Defect(f"gradient-{name}", _SAME, mistake, backward, sized=change)
        for name, mistake, change in (
            ("same-of-result", "computes SAME's padding from the output's size in gradients", axes.same_of_result),
            (
                "unpadded",
                "ignores the padding in gradients",
                axes.believing_before(lambda before, after, field, step, left: 0),
            ),
            (
                "sides-swapped",
                "swaps the padding before and after in gradients",
                axes.believing_before(lambda before, after, field, step, left: after),
            ),
            (
                "sides-evened",
                "takes half of the padding for each side in gradients",
                axes.believing_before(lambda before, after, field, step, left: (before + after) // 2),
            ),
            (
                "both-sides-first",
                "puts all padding at the top and left in gradients",
                axes.believing_before(lambda before, after, field, step, left: before + after),
            ),
            (
                "axes-swapped",
                "swaps the vertical and the horizontal padding in gradients",
                lambda call: replace(call, pads=call.pads[::-1]),
            ),
        )
    ),
    Defect(
        "gradient-strides-swapped",
        _BOTH,
        "swaps the vertical and the horizontal stride in gradients",
        backward,
        sized=lambda call: replace(call, strides=call.strides[::-1]),
    ),
    Defect(
        "gradient-dilations-swapped",
        _BOTH,
        "swaps the dilations in gradients",
        backward,
        sized=lambda call: replace(call, dilations=call.dilations[::-1]),
    ),
    Defect(
        "gradient-windows-inside",
        _BOTH,
        "leaves the windows that reach into the padding out of gradients",
        backward,
        tabled=axes.windows_inside,
    ),
    Defect("gradient-doubled", _BOTH, "doubles gradients", backward, finished=lambda output, call: output * 2),
    Defect("gradient-negated", _BOTH, "negates gradients", backward, finished=lambda output, call: -output),
    Defect(
        "gradient-arriving-flipped",
        _BOTH,
        "reads what arrives upside down in gradients",
        backward,
        asked=_arriving(lambda part, call: axes.flipped(part, (1,))),
    ),
)

DEFECTS: tuple[Defect, ...] = (*_OF_INPUT, *_OF_BOTH)
