"""The naive loops of the backward pass, and the whole family made of them.

Every output position meets its input elements tap by tap. Where `reference.naive` adds input · filter to the output,
here the gradient G that arrives at the output goes back along the same tap: times the filter to the input, times the
input to the filter. A tap outside the image meets nothing and is skipped. The computation shares no geometry with
`reference.gradients`: the windows are walked as `reference.naive` walks them. Only the check of the arguments, that
`out_backprop` has the convolution's shape, asks the size formula, for all alike.

With `reference.naive`'s own convolutions, transposes and depthwise convolutions this module is a namespace of the whole
family, so that each fast operation has a slow one to be compared with.

>>> conv2d_backprop_input([3, 3], filters=[[1, 2], [3, 4]], out_backprop=[[1, 1], [1, 1]])
array([[ 1,  3,  2],
       [ 4, 10,  6],
       [ 3,  7,  4]])
>>> conv2d_backprop_filter([[1, 2, 3], [4, 5, 6]], filter_sizes=[2, 2], out_backprop=[[1, 10]])
array([[21, 32],
       [54, 65]])
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from reference.arguments import Array, Problem
from reference.backprop import filter_operations, input_operations
from reference.bias import bias_add, bias_add_grad
from reference.depthwise import depthwise_gradients, depthwise_operations
from reference.naive import conv1d, conv2d, conv3d, convolve, window_starts
from reference.transposes import transpose_filter_operations, transpose_input_operations, transpose_operations

__all__ = [
    "bias_add",
    "bias_add_grad",
    "conv1d",
    "conv1d_backprop_filter",
    "conv1d_backprop_input",
    "conv1d_transpose",
    "conv1d_transpose_backprop_filter",
    "conv1d_transpose_backprop_input",
    "conv2d",
    "conv2d_backprop_filter",
    "conv2d_backprop_input",
    "conv2d_transpose",
    "conv2d_transpose_backprop_filter",
    "conv2d_transpose_backprop_input",
    "conv3d",
    "conv3d_backprop_filter",
    "conv3d_backprop_input",
    "conv3d_transpose",
    "conv3d_transpose_backprop_filter",
    "conv3d_transpose_backprop_input",
    "depthwise_conv2d",
    "depthwise_conv2d_backprop_filter",
    "depthwise_conv2d_backprop_input",
    "filter_gradient",
    "input_gradient",
    "separable_conv2d",
]

Index = tuple[int, ...]


def input_gradient(problem: Problem, out_backprop: Array) -> Array:
    """Send G · filter back to the input, tap by tap; slow, and meant to be read.

    Sums are made in float64, or int64 for integers, and rounded once.

    Returns:
        (batch, *in_sizes, in_channels) in float64 or int64.
    """
    arriving = _batch_inside(problem, out_backprop)
    filters = problem.filters.astype(arriving.dtype)
    batch, *in_sizes, in_channels = problem.input.shape
    gradient: Array = np.zeros((*in_sizes, batch, in_channels), arriving.dtype)
    for position, offset, tap in _meetings(problem):
        for channel in range(filters.shape[-1]):
            sent = np.outer(arriving[position][:, channel], filters[offset][:, channel])
            gradient[tap][:, _partners(problem, channel)] += sent
    return np.moveaxis(gradient, -2, 0)


def filter_gradient(problem: Problem, out_backprop: Array) -> Array:
    """Send G · input back to the filters, tap by tap; slow, and meant to be read.

    Sums are made in float64, or int64 for integers, and rounded once.

    Returns:
        (*filter_sizes, in_channels / groups, out_channels) in float64 or int64.
    """
    arriving, images = _batch_inside(problem, out_backprop), _batch_inside(problem, problem.input)
    gradient: Array = np.zeros(problem.filters.shape, arriving.dtype)
    for position, offset, tap in _meetings(problem):
        for channel in range(gradient.shape[-1]):
            met = images[tap][:, _partners(problem, channel)]
            gradient[offset][:, channel] += arriving[position][:, channel] @ met
    return gradient


def _meetings(problem: Problem) -> Iterator[tuple[Index, Index, Index]]:
    """Yield each (output position, filter offset, input position) that meet, the input position within the image."""
    starts = [enumerate(window_starts(problem, axis)) for axis in range(problem.rank)]
    for window in product(*starts):
        for offset in product(*map(range, problem.filter_sizes)):
            axes = zip(window, offset, problem.dilations, strict=True)
            tap = tuple(start + step * hole for (_, start), step, hole in axes)
            if all(0 <= index < size for index, size in zip(tap, problem.in_sizes, strict=True)):
                yield tuple(index for index, _ in window), offset, tap


def _partners(problem: Problem, channel: int) -> slice:
    """Return the input channels that an output channel is made of."""
    depth, out_channels = problem.filters.shape[-2:]
    group = channel * problem.groups // out_channels
    return slice(group * depth, (group + 1) * depth)


def _batch_inside(problem: Problem, array: Array) -> Array:
    """Return the array as (*sizes, batch, channels), in the dtype in which sums are made."""
    dtype = np.int64 if problem.dtype.kind in "iub" else np.float64
    return np.moveaxis(array.astype(dtype), 0, -2)


conv1d_backprop_input, conv2d_backprop_input, conv3d_backprop_input = input_operations(input_gradient, __name__)
conv1d_backprop_filter, conv2d_backprop_filter, conv3d_backprop_filter = filter_operations(filter_gradient, __name__)
conv1d_transpose, conv2d_transpose, conv3d_transpose = transpose_operations(input_gradient, __name__)
conv1d_transpose_backprop_input, conv2d_transpose_backprop_input, conv3d_transpose_backprop_input = (
    transpose_input_operations(convolve, __name__)
)
conv1d_transpose_backprop_filter, conv2d_transpose_backprop_filter, conv3d_transpose_backprop_filter = (
    transpose_filter_operations(filter_gradient, __name__)
)
depthwise_conv2d, separable_conv2d = depthwise_operations(convolve, __name__)
depthwise_conv2d_backprop_input, depthwise_conv2d_backprop_filter = depthwise_gradients(
    input_gradient, filter_gradient, __name__
)
