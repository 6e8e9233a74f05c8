"""Depthwise convolution, one filter stack a channel, and what is built on it.

A depthwise convolution is a grouped one with as many groups as input channels: channel c is convolved with its own
`multiplier` filters, and channels never mix.

    output[n, p, c·multiplier + m] = sum over r of  input[n, p·stride + r·dilation - before, c] · filter[r, c, m]

So the filter (filter_height, filter_width, in_channels, multiplier) is, in the same order of memory, the grouped
convolution's (filter_height, filter_width, 1, in_channels · multiplier), and gradients go the same way. A separable
convolution mixes the channels afterwards, with filters of 1×1.

>>> image = [[[[1, 2], [3, 4]]]]  # batch 1, height 1, width 2, 2 channels
>>> depthwise_conv2d(image, [[[[1, 10], [1, 100]]]])  # 1×1, 2 channels, multiplier 2
array([[[[  1,  10,   2, 200],
         [  3,  30,   4, 400]]]])
>>> depthwise_conv2d_backprop_input([1, 1, 2, 2], [[[[1, 10], [1, 100]]]], [[[[1, 2, 3, 4], [5, 6, 7, 8]]]])
array([[[[ 21, 403],
         [ 65, 807]]]])
>>> depthwise_conv2d_backprop_filter(image, [1, 1, 2, 2], [[[[1, 2, 3, 4], [5, 6, 7, 8]]]])
array([[[[16, 20],
         [34, 40]]]])
>>> separable_conv2d(image, [[[[1, 10], [1, 100]]]], [[[[1], [0], [1], [2]]]])
array([[[[403],
         [807]]]])

Source: Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", section 1.1 (2017); TensorFlow API
documentation, `tf.nn.depthwise_conv2d` and `tf.nn.separable_conv2d`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from reference.arguments import Array, PaddingLike, Problem, SizesLike, fault, prepare
from reference.backprop import (
    FILTER_GRADIENT,
    INPUT_GRADIENT,
    Gradient,
    blank,
    documented,
    like_filters,
    like_input,
    normal_output,
)
from reference.fast import convolve
from reference.gradients import filter_gradient, input_gradient
from reference.operations import Operation

__all__ = [
    "depthwise_conv2d",
    "depthwise_conv2d_backprop_filter",
    "depthwise_conv2d_backprop_input",
    "depthwise_gradients",
    "depthwise_operations",
    "separable_conv2d",
]

_DEPTHWISE = """Convolve each channel of images with its own filters. {summary}

Args:
    input: (batch, in_height, in_width, in_channels), any real dtype; not modified.
    filter: (filter_height, filter_width, in_channels, multiplier); not modified.
    strides: (vertical, horizontal), input elements per output step, each >= 1.
    padding: `VALID`, `SAME`, a number, or (before, after) pairs.
    data_format: `NHWC` or `NCHW`.
    dilations: (vertical, horizontal), input elements between neighbouring taps, each >= 1.

Returns:
    (batch, out_height, out_width, in_channels · multiplier) in the inputs' dtype; shares no memory with them.

Raises:
    ValueError: an argument has no meaning; the message names it.
"""

_SEPARABLE = """Convolve each channel of images with its own filters, then mix the channels. {summary}

The image between the two steps stays in the accumulator's dtype; TensorFlow rounds it to the input's. There is no
gradient by this name: it is that of the two steps in turn, `conv2d_backprop_*` and `depthwise_conv2d_backprop_*`.

Args:
    input: (batch, in_height, in_width, in_channels), any real dtype; not modified.
    depthwise_filter: (filter_height, filter_width, in_channels, multiplier); not modified.
    pointwise_filter: (1, 1, in_channels · multiplier, out_channels); not modified.
    strides: (vertical, horizontal), input elements per output step, each >= 1.
    padding: `VALID`, `SAME`, a number, or (before, after) pairs.
    data_format: `NHWC` or `NCHW`.
    dilations: (vertical, horizontal), input elements between neighbouring taps, each >= 1.

Returns:
    (batch, out_height, out_width, out_channels) in the inputs' dtype; shares no memory with them.

Raises:
    ValueError: an argument has no meaning; the message names it.
"""

_SHAPE = "(filter_height, filter_width, in_channels, multiplier)"


def depthwise_operations(convolve: Callable[[Problem], Array], module: str) -> tuple[Operation, Operation]:
    """Return `depthwise_conv2d` and `separable_conv2d` of `module`, computed by `convolve`."""

    def depthwise_conv2d(
        input: ArrayLike,
        filter: ArrayLike,
        strides: SizesLike = 1,
        padding: PaddingLike = "VALID",
        data_format: str | None = None,
        dilations: SizesLike = 1,
    ) -> Array:
        image = np.asarray(input)
        filters = _grouped("depthwise_conv2d", ("input", "filter"), image, np.asarray(filter), data_format)
        problem = prepare("depthwise_conv2d", image, filters, strides, padding, data_format, dilations)
        return problem.finish(convolve(problem))

    def separable_conv2d(
        input: ArrayLike,
        depthwise_filter: ArrayLike,
        pointwise_filter: ArrayLike,
        strides: SizesLike = 1,
        padding: PaddingLike = "VALID",
        data_format: str | None = None,
        dilations: SizesLike = 1,
    ) -> Array:
        image, pointwise = np.asarray(input), np.asarray(pointwise_filter)
        names = ("input", "depthwise_filter")
        filters = _grouped("separable_conv2d", names, image, np.asarray(depthwise_filter), data_format)
        problem = prepare("separable_conv2d", image, filters, strides, padding, data_format, dilations)
        _check_pointwise(pointwise, filters.shape[-1])
        mixing = prepare("separable_conv2d", convolve(problem), pointwise, 1, "VALID", None, 1)
        return replace(problem, dtype=np.result_type(problem.dtype, pointwise)).finish(convolve(mixing))

    return (
        documented(depthwise_conv2d, "depthwise_conv2d", module, _DEPTHWISE, convolve),
        documented(separable_conv2d, "separable_conv2d", module, _SEPARABLE, convolve),
    )


def depthwise_gradients(
    input_gradient: Gradient, filter_gradient: Gradient, module: str
) -> tuple[Operation, Operation]:
    """Return `depthwise_conv2d_backprop_input` and `…_filter` of `module`, computed by the two gradients."""
    to_input, to_filter = "depthwise_conv2d_backprop_input", "depthwise_conv2d_backprop_filter"

    def backprop_input(
        input_sizes: Sequence[int],
        filter: ArrayLike,
        out_backprop: ArrayLike,
        strides: SizesLike = 1,
        padding: PaddingLike = "VALID",
        data_format: str | None = None,
        dilations: SizesLike = 1,
    ) -> Array:
        arriving = np.asarray(out_backprop)
        image = blank(to_input, "input_sizes", input_sizes, arriving.dtype)
        filters = _grouped(to_input, ("input_sizes", "filter"), image, np.asarray(filter), data_format)
        problem = prepare(to_input, image, filters, strides, padding, data_format, dilations)
        gradient = input_gradient(problem, normal_output(problem, "out_backprop", arriving))
        return like_input(problem, gradient, image.shape)

    def backprop_filter(
        input: ArrayLike,
        filter_sizes: Sequence[int],
        out_backprop: ArrayLike,
        strides: SizesLike = 1,
        padding: PaddingLike = "VALID",
        data_format: str | None = None,
        dilations: SizesLike = 1,
    ) -> Array:
        image, arriving = np.asarray(input), np.asarray(out_backprop)
        stacks = blank(to_filter, "filter_sizes", filter_sizes, arriving.dtype)
        filters = _grouped(to_filter, ("input", "filter_sizes"), image, stacks, data_format)
        problem = prepare(to_filter, image, filters, strides, padding, data_format, dilations)
        gradient = filter_gradient(problem, normal_output(problem, "out_backprop", arriving))
        return like_filters(problem, gradient, stacks.shape)

    return (
        documented(backprop_input, to_input, module, INPUT_GRADIENT, input_gradient, filters="filter", shape=_SHAPE),
        documented(backprop_filter, to_filter, module, FILTER_GRADIENT, filter_gradient, shape=_SHAPE),
    )


def _grouped(operation: str, names: tuple[str, str], image: Array, filter: Array, data_format: str | None) -> Array:
    """Check the shapes under the caller's names, and return the filter as that of the grouped convolution."""
    for name, array in zip(names, (image, filter), strict=True):
        if array.ndim != 4:
            raise fault(operation, name, "an array of 4 axes", f"one of {array.ndim}", f"shape {array.shape}")
    channels = image.shape[1 if data_format == "NCHW" else 3]
    height, width, depth, multiplier = filter.shape
    if depth != channels or 0 in (height, width):
        expected = f"(height >= 1, width >= 1, {channels}, multiplier)"
        raise fault(operation, f"{names[1]}'s shape", expected, filter.shape, f"{names[0]} has {channels} channels")
    return filter.reshape(height, width, min(1, depth), depth * multiplier)


def _check_pointwise(filters: Array, channels: int) -> None:
    if filters.ndim != 4 or filters.shape[:3] != (1, 1, channels):
        why = "input's channels times the multiplier of depthwise_filter"
        raise fault(
            "separable_conv2d", "pointwise_filter.shape", f"(1, 1, {channels}, out_channels)", filters.shape, why
        )


depthwise_conv2d, separable_conv2d = depthwise_operations(convolve, __name__)
depthwise_conv2d_backprop_input, depthwise_conv2d_backprop_filter = depthwise_gradients(
    input_gradient, filter_gradient, __name__
)
