"""Defects of the forward convolution, grouped by what is mistaken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from conformance.data import Array
from conformance.defects.defect import Arguments, Defect, add_bias
from reference.geometry import output_size

__all__ = ["FORWARD"]

NO_PADS = ((0, 0), (0, 0))


def _bias_along(axis: int) -> Defect:
    """Return the defect that adds the bias along another axis of the output, where its length fits."""
    name = ("batch", "height", "width")[axis]

    def add(output: Array, arguments: Arguments) -> Array:
        if arguments.bias is None:
            return output
        shape = [1, 1, 1, 1]
        shape[axis] = -1
        return np.asarray(output + arguments.bias.reshape(shape))

    return Defect(f"bias-along-{name}", f"adds the bias along the {name} axis instead of the channels", after=add)


def _odd_pixel_first(arguments: Arguments) -> Arguments:
    if arguments.padding != "SAME":
        return arguments
    (top, bottom), (left, right) = arguments.pads
    return replace(arguments, pads=((bottom, top), (right, left)))


def _undilated_same(arguments: Arguments) -> Arguments:
    """Compute SAME's pads from the filter's size instead of its receptive field."""
    if arguments.padding != "SAME":
        return arguments
    sizes = zip(arguments.input.shape[1:3], arguments.filters.shape[:2], arguments.strides, strict=True)
    totals = [max(0, (-(-size // step) - 1) * step + taps - size) for size, taps, step in sizes]
    high, wide = ((total // 2, total - total // 2) for total in totals)
    return replace(arguments, pads=(high, wide))


def _first_image_only(arguments: Arguments) -> Arguments:
    return replace(arguments, input=np.repeat(arguments.input[:1], len(arguments.input), axis=0))


def _first_channel_only(arguments: Arguments) -> Arguments:
    if arguments.input.shape[3] != arguments.filters.shape[2]:
        return arguments
    return replace(arguments, input=arguments.input[..., :1], filters=arguments.filters[:, :, :1])


def _bias_subtracted(output: Array, arguments: Arguments) -> Array:
    return output if arguments.bias is None else output - arguments.bias


def _right_size(output: Array, arguments: Arguments) -> Array:
    """Cut the output to the size that it should have, where it is larger."""
    axes = zip(
        arguments.input.shape[1:3],
        arguments.filters.shape[:2],
        arguments.strides,
        arguments.dilations,
        arguments.pads,
        strict=True,
    )
    height, width = (output_size(*axis) for axis in axes)
    return add_bias(output[:, :height, :width], arguments)


def _no_bias(output: Array, arguments: Arguments) -> Array:
    return output


def _bias_twice(output: Array, arguments: Arguments) -> Array:
    return output if arguments.bias is None else output + 2 * arguments.bias


FORWARD: tuple[Defect, ...] = (
    Defect(
        "filters-flipped",
        "flips the filter in both axes: it computes a convolution where a cross-correlation is due",
        lambda a: replace(a, filters=a.filters[::-1, ::-1]),
    ),
    Defect("filters-flipped-vertically", "flips the filter upside down", lambda a: replace(a, filters=a.filters[::-1])),
    Defect(
        "filters-flipped-horizontally",
        "flips the filter from left to right",
        lambda a: replace(a, filters=a.filters[:, ::-1]),
    ),
    Defect(
        "filters-reversed",
        "applies the filters in reverse order",
        lambda a: replace(a, filters=a.filters[..., ::-1]),
    ),
    Defect("first-channel-only", "convolves the first input channel only", _first_channel_only),
    Defect(
        "filters-transposed",
        "exchanges the filter's rows and columns",
        lambda a: replace(a, filters=a.filters.swapaxes(0, 1)) if a.filters.shape[0] == a.filters.shape[1] else a,
    ),
    Defect(
        "filters-reversed-channels",
        "pairs the input's channels with the filters' in reverse order (RGB against BGR)",
        lambda a: replace(a, filters=a.filters[:, :, ::-1]),
    ),
    Defect(
        "strides-swapped",
        "swaps the vertical and the horizontal stride",
        lambda a: replace(a, strides=a.strides[::-1]),
    ),
    Defect(
        "stride-vertical-for-both",
        "uses the vertical stride for both axes",
        lambda a: replace(a, strides=(a.strides[0], a.strides[0])),
    ),
    Defect(
        "stride-vertical-for-both-positions",
        "uses the vertical stride for both axes",
        lambda a: replace(a, strides=(a.strides[0], a.strides[0])),
        _right_size,
    ),
    Defect(
        "strides-swapped-positions",
        "swaps the vertical and the horizontal stride",
        lambda a: replace(a, strides=a.strides[::-1]),
        _right_size,
    ),
    Defect("strides-ignored", "ignores the strides", lambda a: replace(a, strides=(1, 1))),
    Defect("dilations-swapped", "swaps the dilations", lambda a: replace(a, dilations=a.dilations[::-1])),
    Defect("dilations-ignored", "ignores the dilations", lambda a: replace(a, dilations=(1, 1))),
    Defect("padding-ignored", "ignores the padding", lambda a: replace(a, pads=NO_PADS)),
    Defect(
        "padding-axes-swapped", "swaps the vertical and the horizontal padding", lambda a: replace(a, pads=a.pads[::-1])
    ),
    Defect(
        "padding-sides-swapped",
        "swaps the padding before and after the image",
        lambda a: replace(a, pads=(a.pads[0][::-1], a.pads[1][::-1])),
    ),
    Defect(
        "padding-first-side-for-both",
        "uses the padding at the top and left for the bottom and right too",
        lambda a: replace(a, pads=((a.pads[0][0],) * 2, (a.pads[1][0],) * 2)),
    ),
    Defect(
        "same-odd-pixel-first",
        "adds SAME's odd pixel at the top and left instead of the bottom and right",
        _odd_pixel_first,
    ),
    Defect("same-undilated", "computes SAME's padding without the dilation", _undilated_same),
    Defect("batch-first-image", "convolves the first image of the batch for all of them", _first_image_only),
    Defect("bias-omitted", "leaves the bias out", after=_no_bias),
    Defect("bias-twice", "adds the bias twice", after=_bias_twice),
    Defect("bias-subtracted", "subtracts the bias", after=_bias_subtracted),
    Defect(
        "output-channels-first",
        "returns the output as NCHW instead of NHWC",
        after=lambda output, a: np.moveaxis(add_bias(output, a), -1, 1),
    ),
    Defect(
        "output-transposed",
        "exchanges the output's height and width",
        after=lambda output, a: add_bias(output, a).swapaxes(1, 2),
    ),
    Defect(
        "output-squeezed",
        "drops the output's axes of size 1",
        after=lambda output, a: np.squeeze(add_bias(output, a)),
    ),
    Defect(
        "output-first-image",
        "returns the first image of the batch, without the batch axis",
        after=lambda output, a: add_bias(output, a)[0],
    ),
    _bias_along(0),
    _bias_along(1),
    _bias_along(2),
)
