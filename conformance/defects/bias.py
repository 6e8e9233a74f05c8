"""Mistakes with the bias."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Defect, Finish
from conformance.defects.steps import add_bias

__all__ = ["DEFECTS"]

AMOUNT, CHOICE, PLACE = "bias", "bias index", "bias place"


def _as(change: Callable[[Array, Call], Array]) -> Finish:
    """Return the adding of a bias that `change` makes of the right one."""
    return lambda output, call: output if call.bias is None else output + change(call.bias, call)


def _times(factor: Callable[[Call], int]) -> Finish:
    return _as(lambda bias, call: bias * factor(call))


def _chosen(choice: Callable[[Array, Call], Array]) -> Finish:
    """Return the adding of the bias that has another channel's number; `choice` is given all numbers."""
    return _as(lambda bias, call: bias[choice(np.arange(len(bias)), call)])


def _along(axis: int) -> Finish:
    """Return the adding of the bias along another axis, counted from the last, over again where it is too short."""

    def add(output: Array, call: Call) -> Array:
        if call.bias is None or not len(call.bias):
            return output
        moved = np.moveaxis(output, axis, -1) + np.resize(call.bias, output.shape[axis])
        return np.moveaxis(moved, -1, axis)

    return add


def _only(place: Callable[[Array, Call], Any]) -> Finish:
    """Return the adding of the bias to a part of the output."""

    def add(output: Array, call: Call) -> Array:
        result = output.copy()
        result[place(output, call)] = add_bias(output, call)[place(output, call)]
        return result

    return add


def _unless(condition: Callable[[Call], bool]) -> Finish:
    return lambda output, call: output if condition(call) else add_bias(output, call)


def _by_address(output: Array, call: Call) -> Array:
    """Add to every element the bias of its address, as if the output's memory were channels first."""
    if call.bias is None or not len(call.bias):
        return output
    pixels = prod(output.shape[1:-1])
    planes = np.arange(pixels * len(call.bias)) // max(1, pixels)
    added: Array = output + call.bias[planes].reshape(output.shape[1:])
    return added


def _where_inside(output: Array, call: Call) -> Array:
    """Add the bias to outputs whose window lies wholly in the image."""
    if call.bias is None or call.arriving is not None:
        return add_bias(output, call)
    inside = np.ones(call.out_sizes, bool)
    for axis, met in enumerate(call.tables):
        shape = [1] * call.rank
        shape[axis] = len(met)
        inside &= (met >= 0).all(axis=1).reshape(shape)
    added: Array = output + inside[..., None] * call.bias
    return added


def _width(call: Call) -> int:
    return max(1, call.out_channels // max(1, call.groups))


DEFECTS: tuple[Defect, ...] = (
    Defect("bias-omitted", AMOUNT, "leaves the bias out", add_bias=_times(lambda call: 0)),
    Defect("bias-twice", AMOUNT, "adds the bias twice", add_bias=_times(lambda call: 2)),
    Defect("bias-subtracted", AMOUNT, "subtracts the bias", add_bias=_times(lambda call: -1)),
    Defect("bias-per-tap", AMOUNT, "adds the bias once for every tap", add_bias=_times(lambda call: prod(call.taps))),
    Defect(
        "bias-per-input-channel",
        AMOUNT,
        "adds the bias once for every input channel of a filter",
        add_bias=_times(lambda call: call.depth),
    ),
    Defect(
        "bias-per-product",
        AMOUNT,
        "adds the bias once for every number of a filter",
        add_bias=_times(lambda call: prod(call.taps) * call.depth),
    ),
    Defect(
        "bias-per-group",
        AMOUNT,
        "adds the bias once for every group",
        add_bias=_times(lambda call: call.groups),
    ),
    Defect("bias-per-image", AMOUNT, "adds the bias once for every image", add_bias=_times(lambda call: call.batch)),
    Defect(
        "bias-multiplied",
        AMOUNT,
        "multiplies by the bias instead of adding it",
        add_bias=lambda output, call: output if call.bias is None else output * call.bias,
    ),
    Defect("bias-positive", AMOUNT, "adds the bias without its sign", add_bias=_as(lambda bias, call: np.abs(bias))),
    Defect(
        "bias-skipped-with-groups",
        AMOUNT,
        "leaves the bias out where there are groups",
        add_bias=_unless(lambda call: call.groups > 1),
    ),
    Defect(
        "bias-skipped-with-stride",
        AMOUNT,
        "leaves the bias out where the stride is not 1",
        add_bias=_unless(lambda call: max(call.strides) > 1),
    ),
    Defect(
        "bias-skipped-with-dilation",
        AMOUNT,
        "leaves the bias out where the dilation is not 1",
        add_bias=_unless(lambda call: max(call.dilations) > 1),
    ),
    Defect(
        "bias-skipped-without-padding",
        AMOUNT,
        "leaves the bias out where there is no padding",
        add_bias=_unless(lambda call: not any(map(any, call.pads))),
    ),
    Defect(
        "bias-skipped-pointwise",
        AMOUNT,
        "leaves the bias out where the filter has one tap",
        add_bias=_unless(lambda call: prod(call.taps) == 1),
    ),
    Defect(
        "bias-skipped-if-first-is-zero",
        AMOUNT,
        "leaves the bias out where its first number is 0",
        add_bias=_unless(lambda call: call.bias is not None and len(call.bias) > 0 and call.bias[0] == 0),
    ),
    Defect(
        "bias-first-for-all",
        CHOICE,
        "adds the first channel's bias to all channels",
        add_bias=_chosen(lambda places, call: places * 0),
    ),
    Defect(
        "bias-last-for-all",
        CHOICE,
        "adds the last channel's bias to all channels",
        add_bias=_chosen(lambda places, call: places * 0 - 1),
    ),
    Defect(
        "bias-reversed",
        CHOICE,
        "adds the bias in reverse order of the channels",
        add_bias=_chosen(lambda places, call: places[::-1]),
    ),
    Defect(
        "bias-one-too-far",
        CHOICE,
        "adds the next channel's bias to every channel",
        add_bias=_chosen(lambda places, call: np.roll(places, -1)),
    ),
    Defect(
        "bias-first-group-for-all",
        CHOICE,
        "adds the first group's biases to all groups: the offset of the group is missing",
        add_bias=_chosen(lambda places, call: places % _width(call)),
    ),
    Defect(
        "bias-of-the-group",
        CHOICE,
        "takes the bias by the number of the group instead of the channel",
        add_bias=_chosen(lambda places, call: places // _width(call) if call.groups > 1 else places),
    ),
    Defect(
        "bias-along-batch",
        PLACE,
        "adds the bias along the batch axis instead of the channels",
        add_bias=lambda output, call: _along(-output.ndim)(output, call),
    ),
    Defect(
        "bias-along-height",
        PLACE,
        "adds the bias along the height axis instead of the channels",
        add_bias=lambda output, call: _along(-3)(output, call) if call.rank > 1 else add_bias(output, call),
    ),
    Defect(
        "bias-along-width",
        PLACE,
        "adds the bias along the width axis instead of the channels",
        add_bias=_along(-2),
    ),
    Defect(
        "bias-channels-first",
        PLACE,
        "adds the bias as if the output were channels first in memory",
        add_bias=_by_address,
    ),
    Defect(
        "bias-first-image-only",
        PLACE,
        "adds the bias to the first image only",
        add_bias=_only(lambda output, call: (slice(1),)),
    ),
    Defect(
        "bias-first-row-only",
        PLACE,
        "adds the bias to the first row only",
        add_bias=_only(lambda output, call: (..., *[slice(1)] * (call.rank > 1), slice(None), slice(None))),
    ),
    Defect(
        "bias-first-column-only",
        PLACE,
        "adds the bias to the first column only",
        add_bias=_only(lambda output, call: (..., slice(1), slice(None))),
    ),
    Defect(
        "bias-not-on-last-row",
        PLACE,
        "adds the bias to every row but the last",
        add_bias=_only(lambda output, call: (..., *[slice(-1)] * (call.rank > 1), slice(None), slice(None))),
    ),
    Defect(
        "bias-first-channel-only",
        PLACE,
        "adds the bias to the first channel only",
        add_bias=_only(lambda output, call: (..., slice(1))),
    ),
    Defect(
        "bias-inside-only",
        PLACE,
        "adds the bias only where the window lies wholly in the image",
        add_bias=_where_inside,
    ),
)
