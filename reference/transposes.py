"""Transposed convolutions: the input gradients of convolutions, used forward.

`conv2d` maps a large image to a small one; `conv2d_transpose` maps the small one back to the large shape by the
transposed map, which is `conv2d`'s input gradient. It is no inverse. With stride s, every input element sends the whole
filter, weighted by itself, to the output at s times its own position; where filters overlap they add.

    output[n, p·stride + r·dilation - before, o] += input[n, p, i] · filters[r, o, i]

Filters are therefore written as those of the convolution that is transposed: (*filter_sizes, out_channels,
in_channels). Several output sizes lead to the same input size, so `output_shape` chooses one. The transpose's own
gradients are the convolution, for the input, and the convolution's filter gradient with the two images exchanged.

>>> conv1d_transpose([1, 10], filters=[1, 2, 3], output_shape=[5], strides=2, padding="VALID")
array([ 1,  2, 13, 20, 30])
>>> conv1d_transpose_backprop_input([2], [1, 2, 3], out_backprop=[1, 0, 1, 0, 0], strides=2, padding="VALID")
array([4, 1])
>>> conv1d_transpose_backprop_filter([1, 10], [3], out_backprop=[1, 2, 3, 4, 5], strides=2, padding="VALID")
array([31, 42, 53])
>>> conv2d_transpose([[1, 10]], filters=[[1, 2], [3, 4]], output_shape=[2, 3], padding="VALID")
array([[ 1, 12, 20],
       [ 3, 34, 40]])
>>> conv2d_transpose_backprop_input([1, 2], [[1, 2], [3, 4]], [[1, 0, 0], [0, 0, 1]], padding="VALID")
array([[1, 4]])
>>> conv2d_transpose_backprop_filter([[1, 10]], [2, 2], [[1, 2, 3], [4, 5, 6]], padding="VALID")
array([[21, 32],
       [54, 65]])
>>> conv3d_transpose([[[1, 10]]], filters=[[[1, 2]]], output_shape=[1, 1, 4], strides=2, padding="SAME")
array([[[ 1,  2, 10, 20]]])
>>> conv3d_transpose_backprop_input([1, 1, 2], [[[1, 2]]], out_backprop=[[[1, 0, 0, 1]]], strides=2)
array([[[1, 2]]])
>>> conv3d_transpose_backprop_filter([[[1, 10]]], [1, 1, 2], out_backprop=[[[1, 2, 3, 4]]], strides=2)
array([[[31, 42]]])

Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", chapter 4 (2016); TensorFlow API
documentation, `tf.nn.conv2d_transpose`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from reference.arguments import Array, PaddingLike, Problem, SizesLike, prepare
from reference.backprop import (
    FILTER_GRADIENT,
    INPUT_GRADIENT,
    Gradient,
    Operations,
    blank,
    check_output_shape,
    documented,
    like_filters,
    like_input,
    normal_output,
)
from reference.fast import convolve
from reference.gradients import filter_gradient, input_gradient
from reference.operations import Operation

__all__ = [
    "conv1d_transpose",
    "conv1d_transpose_backprop_filter",
    "conv1d_transpose_backprop_input",
    "conv2d_transpose",
    "conv2d_transpose_backprop_filter",
    "conv2d_transpose_backprop_input",
    "conv3d_transpose",
    "conv3d_transpose_backprop_filter",
    "conv3d_transpose_backprop_input",
    "transpose_filter_operations",
    "transpose_input_operations",
    "transpose_operations",
]

_TRANSPOSE = """Transpose a convolution: spread every input element over the output, weighted by the filters. {summary}

Args:
    input: (batch, *in_sizes, in_channels), any real dtype; not modified.
    filters: (*filter_sizes, out_channels / groups, in_channels); not modified.
    output_shape: the output's shape, in the layout of `data_format`; the convolution of that shape must be `input`'s.
    strides: output elements per input step, each >= 1.
    padding: `VALID`, `SAME`, a number or (before, after) pairs, of the convolution that is transposed: cut off here.
    data_format: the channels' place, `NHWC` or `NCHW` and the like for other ranks.
    dilations: output elements between neighbouring taps, each >= 1.

Returns:
    An array of shape `output_shape` in the dtype of input and filters; shares no memory with them.

Raises:
    ValueError: an argument has no meaning, or the shapes do not belong together; the message names it.
"""

_SHAPE = "(*filter_sizes, out_channels / groups, in_channels)"


def transpose_operations(input_gradient: Gradient, module: str) -> Operations:
    """Return `conv1d_transpose`, `conv2d_…` and `conv3d_…` of `module`, computed by `input_gradient`."""

    def of_rank(rank: int) -> Operation:
        operation = f"conv{rank}d_transpose"

        def conv_transpose(
            input: ArrayLike,
            filters: ArrayLike,
            output_shape: Sequence[int],
            strides: SizesLike = 1,
            padding: PaddingLike = "SAME",
            data_format: str | None = None,
            dilations: SizesLike = 1,
        ) -> Array:
            image = np.asarray(input)
            output = blank(operation, "output_shape", output_shape, image.dtype)
            problem = prepare(operation, output, filters, strides, padding, data_format, dilations, name="output_shape")
            return like_input(problem, input_gradient(problem, normal_output(problem, "input", image)), output.shape)

        return documented(conv_transpose, operation, module, _TRANSPOSE, input_gradient)

    return of_rank(1), of_rank(2), of_rank(3)


def transpose_input_operations(convolve: Callable[[Problem], Array], module: str) -> Operations:
    """Return `conv1d_transpose_backprop_input`, `conv2d_…` and `conv3d_…` of `module`, computed by `convolve`."""

    def of_rank(rank: int) -> Operation:
        operation = f"conv{rank}d_transpose_backprop_input"

        def backprop_input(
            input_sizes: Sequence[int],
            filters: ArrayLike,
            out_backprop: ArrayLike,
            strides: SizesLike = 1,
            padding: PaddingLike = "SAME",
            data_format: str | None = None,
            dilations: SizesLike = 1,
        ) -> Array:
            arriving = np.asarray(out_backprop)
            image = blank(operation, "input_sizes", input_sizes, arriving.dtype)
            problem = prepare(operation, arriving, filters, strides, padding, data_format, dilations, "out_backprop")
            check_output_shape(problem, "input_sizes", image.shape)
            return problem.finish(convolve(problem))

        return documented(backprop_input, operation, module, INPUT_GRADIENT, convolve, filters="filters", shape=_SHAPE)

    return of_rank(1), of_rank(2), of_rank(3)


def transpose_filter_operations(filter_gradient: Gradient, module: str) -> Operations:
    """Return `conv1d_transpose_backprop_filter`, `conv2d_…` and `conv3d_…` of `module`, by `filter_gradient`."""

    def of_rank(rank: int) -> Operation:
        operation = f"conv{rank}d_transpose_backprop_filter"

        def backprop_filter(
            input: ArrayLike,
            filter_sizes: Sequence[int],
            out_backprop: ArrayLike,
            strides: SizesLike = 1,
            padding: PaddingLike = "SAME",
            data_format: str | None = None,
            dilations: SizesLike = 1,
        ) -> Array:
            image = np.asarray(input)
            filters = blank(operation, "filter_sizes", filter_sizes, image.dtype)
            problem = prepare(
                operation, out_backprop, filters, strides, padding, data_format, dilations, "out_backprop"
            )
            gradient = filter_gradient(problem, normal_output(problem, "input", image))
            return like_filters(problem, gradient, filters.shape)

        return documented(backprop_filter, operation, module, FILTER_GRADIENT, filter_gradient, shape=_SHAPE)

    return of_rank(1), of_rank(2), of_rank(3)


conv1d_transpose, conv2d_transpose, conv3d_transpose = transpose_operations(input_gradient, __name__)
conv1d_transpose_backprop_input, conv2d_transpose_backprop_input, conv3d_transpose_backprop_input = (
    transpose_input_operations(convolve, __name__)
)
conv1d_transpose_backprop_filter, conv2d_transpose_backprop_filter, conv3d_transpose_backprop_filter = (
    transpose_filter_operations(filter_gradient, __name__)
)
