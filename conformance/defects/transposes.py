"""Mistakes of transposed convolutions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from conformance.data import Array
from conformance.defects import axes
from conformance.defects.call import Call
from conformance.defects.defect import Defect
from conformance.defects.hooks import every_stride, same, when
from conformance.defects.operands import on_operands, transposed
from reference.geometry import receptive_field

__all__ = ["DEFECTS"]


def _forward(call: Call) -> Call:
    """Convolve what arrives with a stride of 1, as forward; the result is filled up with zeros."""
    return on_operands(axes.flipped_taps, "filters")(replace(call, strides=(1,) * call.rank))


def _repeated(call: Call) -> Call:
    """Repeat elements as often as the stride, instead of putting zeros between them."""
    part, strides = call.arriving, call.strides
    assert part is not None
    for axis, step in enumerate(strides, start=1):
        part = np.repeat(part, step, axis=axis)
    sizes = tuple(size * step for size, step in zip(call.out_sizes, strides, strict=True))
    return replace(call, arriving=part, out_sizes=sizes, strides=(1,) * call.rank)


def _two_per_dilation(call: Call) -> Call:
    """Take a receptive field of filter size + 2·(dilation - 1), which is right for three taps only."""
    fields = zip(call.pads, call.taps, call.dilations, strict=True)
    pads = tuple(
        (before + receptive_field(taps, hole) - taps - 2 * (hole - 1), after) for (before, after), taps, hole in fields
    )
    return replace(call, pads=pads)


def _without_remainder(output: Array, call: Call) -> Array:
    """Cut the result to the smallest size of which what arrives could have come."""
    for axis, left in enumerate(axes.remainders(call), start=1):
        output = output.take(np.arange(output.shape[axis] - left), axis=axis)
    return output


def _remainder_empty(output: Array, call: Call) -> Array:
    result = output.copy()
    for axis, left in enumerate(axes.remainders(call), start=1):
        np.moveaxis(result, axis, 0)[output.shape[axis] - left :] = 0
    return result


def _first_row_missing(part: Array, call: Call) -> Array:
    result = part.copy()
    result[:, :1] = 0
    return result


_PADDING, _STRIDES, _SIZES = "transpose's padding", "transpose's strides", "transpose's size"
_OPERANDS, _OVERLAP = "transpose's operands", "transpose's overlap"

_OF_OPERANDS = tuple(
    Defect(f"transpose-{name}", _OPERANDS, mistake, transposed, asked=change)
    for name, mistake, change in (
        ("flipped", "flips the filters' taps in transposes", on_operands(axes.flipped_taps, "filters")),
        (
            "channels-swapped",
            "reads the filters' input and output channels in the other order in transposes",
            on_operands(axes.swapped_channels, "filters"),
        ),
        (
            "first-channel",
            "takes the first channel only into a transpose",
            on_operands(lambda part, call: np.where(np.arange(part.shape[-1]) == 0, part, 0), "arriving"),
        ),
        (
            "last-channel",
            "leaves the last channel out of a transpose's sums",
            on_operands(
                lambda part, call: np.where(np.arange(part.shape[-1]) < max(1, part.shape[-1] - 1), part, 0), "arriving"
            ),
        ),
        ("first-row", "leaves the first row of a transpose's input out", on_operands(_first_row_missing, "arriving")),
        (
            "rows-and-columns",
            "reads rows and columns of the filters in the other order in transposes",
            on_operands(
                lambda part, call: axes.read_as(part, call.rank - 2, call.rank - 1) if call.rank > 1 else part,
                "filters",
            ),
        ),
    )
)

_OF_STRIDES = tuple(
    Defect(f"transpose-{name}", _STRIDES, mistake, transposed, sized=change)
    for name, mistake, change in (
        ("dense", "ignores the strides in transposes", every_stride(lambda step: 1)),
        ("undilated", "ignores the dilations in transposes", lambda call: replace(call, dilations=(1,) * call.rank)),
        ("exchanged", "exchanges strides and dilations in transposes", axes.exchanged),
        (
            "zeros-too-many",
            "puts as many zeros as the stride, one too many, between a transpose's elements",
            every_stride(lambda step: step + (step > 1)),
        ),
        (
            "zeros-too-few",
            "puts one zero less than the stride asks between a transpose's elements",
            every_stride(lambda step: max(1, step - 1)),
        ),
        ("repeated", "repeats a transpose's elements instead of putting zeros between them", _repeated),
        ("forward", "computes a convolution with a stride of 1 instead of its transpose", _forward),
        (
            "strides-swapped",
            "swaps the vertical and the horizontal stride in transposes",
            lambda call: replace(call, strides=call.strides[::-1]),
        ),
        (
            "dilations-swapped",
            "swaps the dilations in transposes",
            lambda call: replace(call, dilations=call.dilations[::-1]),
        ),
    )
)

_OF_PADDING = tuple(
    Defect(f"transpose-{name}", _PADDING, mistake, transposed, sized=change)
    for name, mistake, change in (
        (
            "same-odd-first",
            "cuts SAME's odd row off at the top and left in transposes",
            when(same, axes.believing_before(lambda before, after, field, step, left: after)),
        ),
        (
            "sides-swapped",
            "swaps the padding before and after in transposes",
            axes.believing_before(lambda before, after, field, step, left: after),
        ),
        (
            "cut-behind",
            "cuts all of the padding off at the bottom and right in transposes",
            axes.believing_before(lambda before, after, field, step, left: 0),
        ),
        (
            "cut-before",
            "cuts all of the padding off at the top and left in transposes",
            axes.believing_before(lambda before, after, field, step, left: before + after),
        ),
        (
            "padded-as-forward",
            "pads a transpose's input by the padding instead of filter size - 1 - padding",
            axes.believing_before(lambda before, after, field, step, left: field - 1 - before),
        ),
        (
            "padding-clipped",
            "takes padding beyond filter size - 1 for filter size - 1 in transposes",
            axes.believing_before(lambda before, after, field, step, left: min(before, field - 1)),
        ),
        ("same-of-input", "computes SAME's padding from the transpose's input size", axes.same_of_result),
        (
            "same-field-less-stride",
            "takes filter size - stride for SAME's padding in transposes",
            when(same, axes.believing_before(lambda before, after, field, step, left: max(0, field - step) // 2)),
        ),
        ("two-per-dilation", "adds 2 to the receptive field for each dilation in transposes", _two_per_dilation),
        (
            "axes-swapped",
            "swaps the vertical and the horizontal padding in transposes",
            lambda call: replace(call, pads=call.pads[::-1]),
        ),
    )
)

_OF_SIZES = (
    Defect(
        "transpose-remainder-first",
        _SIZES,
        "puts the rows that output_shape adds at the top and left in transposes",
        transposed,
        sized=axes.believing_before(lambda before, after, field, step, left: before - left),
    ),
    Defect(
        "transpose-output-shape-ignored",
        _SIZES,
        "gives a transpose the smallest size, whatever output_shape says",
        transposed,
        finished=_without_remainder,
    ),
    Defect(
        "transpose-remainder-empty",
        _SIZES,
        "fills the rows that output_shape adds to a transpose with zeros",
        transposed,
        finished=_remainder_empty,
    ),
    Defect(
        "transpose-overwritten",
        _OVERLAP,
        "overwrites where a transpose's windows overlap instead of adding",
        transposed,
        contract=axes.overlap_overwritten,
    ),
    Defect(
        "transpose-averaged",
        _OVERLAP,
        "divides where a transpose's windows overlap by their number",
        transposed,
        contract=axes.overlap_averaged,
    ),
    Defect(
        "transpose-gaps-filled",
        _OVERLAP,
        "fills the gaps between a transpose's windows with the value before them",
        transposed,
        finished=axes.nearest,
    ),
)

DEFECTS: tuple[Defect, ...] = (*_OF_OPERANDS, *_OF_STRIDES, *_OF_PADDING, *_OF_SIZES)
