"""Mistakes of gradients with respect to the filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from conformance.case import Operation
from conformance.data import Array
from conformance.defects import axes
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect, Finish
from conformance.defects.hooks import every_stride
from conformance.defects.operands import filter_gradient, on_operands

__all__ = ["DEFECTS"]


def _depthwise(operation: Operation) -> bool:
    return filter_gradient(operation) and operation.is_depthwise


def _arriving(change: Callable[[Array, Call], Array]) -> Change:
    return on_operands(change, "arriving")


def _only(index: int, axis: int) -> Change:
    """Return the change that keeps one index along an axis of what arrives."""

    def changed(part: Array, call: Call) -> Array:
        place = np.arange(part.shape[axis]).reshape(-1, *(1,) * (part.ndim - 1 - axis))
        return np.where(place == index % max(1, part.shape[axis]), part, 0)

    return _arriving(changed)


def _divided(by: Callable[[Call], int]) -> Finish:
    return lambda output, call: output / max(1, by(call))


def _positions(call: Call) -> int:
    return prod(call.out_sizes)


def _surplus(output: Array, call: Call) -> Array:
    """Leave the rows behind the filters' size that a convolution with the strided gradient also gives."""
    return np.pad(output, (*((0, left) for left in axes.remainders(call)), (0, 0), (0, 0)))


def _first_group_for_all(image: Array, call: Call) -> Array:
    return image.take(np.arange(call.in_channels) % max(1, call.depth), axis=-1)


def _arriving_of_first_group(arriving: Array, call: Call) -> Array:
    return arriving.take(np.arange(call.out_channels) % max(1, call.out_channels // call.groups), axis=-1)


def _multiplied(output: Array, call: Call) -> Array:
    """Return the gradient of a depthwise convolution with an axis for the channels and one for their filters."""
    return output.reshape(*call.taps, call.in_channels, -1)


def _summed_multiplier(output: Array, call: Call) -> Array:
    total = _multiplied(output, call)
    return np.broadcast_to(total.sum(axis=-1, keepdims=True), total.shape).reshape(output.shape)


def _multiplier_first(output: Array, call: Call) -> Array:
    return np.ascontiguousarray(_multiplied(output, call).swapaxes(-1, -2)).reshape(output.shape)


def _rows_and_columns(output: Array, call: Call) -> Array:
    return axes.read_as(output, call.rank - 2, call.rank - 1) if call.rank > 1 else output


def _first_row(output: Array, call: Call) -> Array:
    result = np.zeros_like(output)
    result[:1] = output[:1]
    return result


def _without_last_column(output: Array, call: Call) -> Array:
    result = output.copy()
    result[..., max(1, call.taps[-1] - 1) :, :, :] = 0
    return result


_SUM, _TAPS, _CHANNELS = "filter gradient's sum", "filter gradient's taps", "filter gradient's channels"

_OF_THE_SUM = (
    *(
        Defect(f"dw-{name}", _SUM, mistake, filter_gradient, asked=change)
        for name, mistake, change in (
            ("last-image", "takes the last image of the batch only into the filters' gradient", _only(-1, 0)),
            ("first-image", "takes the first image of the batch only into the filters' gradient", _only(0, 0)),
            ("first-row", "sums the first output row only in the filters' gradient", _only(0, 1)),
            (
                "batch-shifted",
                "pairs each image with the next one's gradient in the filters' gradient",
                _arriving(lambda part, call: np.roll(part, -1, axis=0)),
            ),
            (
                "last-row",
                "leaves the last output row out of the filters' gradient",
                _arriving(lambda part, call: np.concatenate([part[:, :-1], 0 * part[:, -1:]], axis=1)),
            ),
        )
    ),
    *(
        Defect(f"dw-{name}", _SUM, mistake, filter_gradient, finished=_divided(by))
        for name, mistake, by in (
            ("mean-of-batch", "gives the mean over the batch for the filters' gradient", lambda call: call.batch),
            ("mean-of-positions", "gives the mean over output positions for the filters' gradient", _positions),
            (
                "mean-of-all",
                "gives the mean over batch and output positions for the filters' gradient",
                lambda call: call.batch * _positions(call),
            ),
        )
    ),
)

_OF_TAPS = (
    *(
        Defect(f"dw-{name}", _TAPS, mistake, filter_gradient, sized=change)
        for name, mistake, change in (
            ("unstrided", "ignores the strides in the filters' gradient", every_stride(lambda step: 1)),
            (
                "undilated",
                "ignores the dilations in the filters' gradient",
                lambda call: replace(call, dilations=(1,) * call.rank),
            ),
            ("exchanged", "exchanges strides and dilations in the filters' gradient", axes.exchanged),
            (
                "unpadded",
                "ignores the padding in the filters' gradient",
                axes.believing_before(lambda before, after, field, step, left: 0),
            ),
            (
                "remainder-first",
                "cuts the rows that the stride leaves over off the wrong end of the filters' gradient",
                axes.believing_before(lambda before, after, field, step, left: before - left),
            ),
        )
    ),
    *(
        Defect(f"dw-{name}", _TAPS, mistake, filter_gradient, finished=change)
        for name, mistake, change in (
            ("flipped", "flips the taps of the filters' gradient", axes.flipped_taps),
            ("surplus", "gives more rows than the filters have where the stride leaves a remainder", _surplus),
            (
                "rows-and-columns",
                "reads rows and columns of the filters' gradient in the other order",
                _rows_and_columns,
            ),
            ("first-row-only", "computes the gradient of the filters' first row and leaves the others 0", _first_row),
            ("last-column", "leaves the gradient of the filters' last column 0", _without_last_column),
        )
    ),
)

_OF_CHANNELS = (
    Defect(
        "dw-channels-swapped",
        _CHANNELS,
        "gives input and output channels of the filters' gradient in the other order",
        filter_gradient,
        finished=axes.swapped_channels,
    ),
    Defect(
        "dw-first-channel",
        _CHANNELS,
        "gives the first input channel's gradient for all channels of the filters",
        filter_gradient,
        finished=lambda output, call: np.repeat(output[..., :1, :], output.shape[-2], axis=-2),
    ),
    Defect(
        "dw-input-of-first-group",
        _CHANNELS,
        "takes the first group's input for all groups in the filters' gradient",
        filter_gradient,
        asked=on_operands(_first_group_for_all, "input"),
    ),
    Defect(
        "dw-arriving-of-first-group",
        _CHANNELS,
        "takes what arrives at the first group for all groups in the filters' gradient",
        filter_gradient,
        asked=_arriving(_arriving_of_first_group),
    ),
    Defect(
        "dw-multiplier-summed",
        "depthwise gradient",
        "sums the depthwise filters' gradient over the filters of a channel",
        _depthwise,
        finished=_summed_multiplier,
    ),
    Defect(
        "dw-multiplier-first",
        "depthwise gradient",
        "gives channels and filters of a channel in the other order in the depthwise filters' gradient",
        _depthwise,
        finished=_multiplier_first,
    ),
)

DEFECTS: tuple[Defect, ...] = (*_OF_THE_SUM, *_OF_TAPS, *_OF_CHANNELS)
