"""The gradients of convolution, by one matrix product a filter offset.

A convolution is linear in its input and in its filters, so each gradient is the transpose of a linear map: it sends
what arrives at an output back along the same taps. With G, the gradient that arrives at the output,

    input gradient:   d_input[n, p·stride + r·dilation - before, c] += G[n, p, k] · filters[r, c, k]
    filter gradient:  d_filters[r, c, k] = sum over n, p of  input[n, p·stride + r·dilation - before, c] · G[n, p, k]

For one filter offset r all p together are a strided slab of the padded input. The input gradient adds the product
G · filters[r]ᵀ onto that slab (im2col's adjoint, col2im, without the columns); the filter gradient multiplies the slab
with G. What lies in the padding is cut off at the end, and an element that no window reached keeps its zero.

>>> conv1d_backprop_input(input_sizes=[6], filters=[1, 2], out_backprop=[10, 20], strides=3)
array([10, 20,  0, 20, 40,  0])
>>> conv1d_backprop_filter([1, 2, 3, 4, 5, 6], filter_sizes=[2], out_backprop=[10, 20], strides=3)
array([ 90, 120])
>>> conv2d_backprop_input([3, 3], filters=[[1, 2], [3, 4]], out_backprop=[[1, 1], [1, 1]])
array([[ 1,  3,  2],
       [ 4, 10,  6],
       [ 3,  7,  4]])
>>> conv2d_backprop_filter([[1, 2, 3], [4, 5, 6]], filter_sizes=[2, 2], out_backprop=[[1, 10]])
array([[21, 32],
       [54, 65]])
>>> conv3d_backprop_input([1, 1, 3], filters=[[[1, 2]]], out_backprop=[[[1, 10]]])
array([[[ 1, 12, 20]]])
>>> conv3d_backprop_filter([[[1, 2, 3]]], filter_sizes=[1, 1, 2], out_backprop=[[[1, 10]]])
array([[[21, 32]]])

Source: Goodfellow, Bengio & Courville, "Deep Learning", section 9.5, equations 9.11 and 9.13 (2016).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from reference.arguments import Array, Problem
from reference.backprop import filter_operations, input_operations
from reference.submatrix import slab

__all__ = [
    "conv1d_backprop_filter",
    "conv1d_backprop_input",
    "conv2d_backprop_filter",
    "conv2d_backprop_input",
    "conv3d_backprop_filter",
    "conv3d_backprop_input",
    "filter_gradient",
    "input_gradient",
]


def input_gradient(problem: Problem, out_backprop: Array) -> Array:
    """Add the product of arriving gradient and filters onto a slab of the input, one filter offset after the other.

    Args:
        problem: the convolution; of its input only the shape is read.
        out_backprop: (batch, *out_sizes, out_channels), what arrives at the output.

    Returns:
        (batch, *in_sizes, in_channels) in the accumulator's dtype.
    """
    rows = _rows(problem, out_backprop)
    filters = np.moveaxis(_by_group(problem.filters.astype(problem.accumulator), problem.groups), 0, -3)
    filters = np.ascontiguousarray(filters.swapaxes(-1, -2))
    batch, depth = len(problem.input), problem.filters.shape[-2]
    sizes = [size + sum(pads) for size, pads in zip(problem.in_sizes, problem.pads, strict=True)]
    padded: Array = np.zeros((problem.groups, batch, *sizes, depth), problem.accumulator)
    for offset, met in _slabs(problem):
        reached = padded[met]
        reached += (rows @ filters[offset]).reshape(reached.shape)
    inside = [slice(before, before + size) for (before, _), size in zip(problem.pads, problem.in_sizes, strict=True)]
    return np.moveaxis(padded[:, :, *inside], 0, -2).reshape(problem.input.shape)


def filter_gradient(problem: Problem, out_backprop: Array) -> Array:
    """Multiply, one filter offset after the other, a slab of the input with the arriving gradient.

    Args:
        problem: the convolution; of its filters only the shape is read.
        out_backprop: (batch, *out_sizes, out_channels), what arrives at the output.

    Returns:
        (*filter_sizes, in_channels / groups, out_channels) in the accumulator's dtype; zeros for an empty batch.
    """
    rows = _rows(problem, out_backprop)
    padded = _by_group(problem.padded_input(), problem.groups)
    groups, positions, width = rows.shape
    depth = problem.filters.shape[-2]
    gradient: Array = np.empty((*problem.filter_sizes, groups, depth, width), problem.accumulator)
    for offset, met in _slabs(problem):
        gradient[offset] = padded[met].reshape(groups, positions, depth).swapaxes(-1, -2) @ rows
    return np.moveaxis(gradient, -3, -2).reshape(problem.filters.shape)


def _rows(problem: Problem, out_backprop: Array) -> Array:
    """Return the arriving gradient as matrices (groups, batch · output positions, out_channels / groups)."""
    gradient = _by_group(out_backprop.astype(problem.accumulator), problem.groups)
    return gradient.reshape(problem.groups, prod(gradient.shape[1:-1]), gradient.shape[-1])


def _by_group(array: Array, groups: int) -> Array:
    """Split the last axis, of channels, into groups, and move those to the front, in memory too."""
    *sizes, channels = array.shape
    return np.ascontiguousarray(np.moveaxis(array.reshape(*sizes, groups, channels // groups), -2, 0))


def _slabs(problem: Problem) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Yield every filter offset with the slices of the padded input, groups first, that its tap meets."""
    out_sizes = problem.out_sizes
    for offset in np.ndindex(*problem.filter_sizes):
        yield offset, (slice(None), *slab(offset, out_sizes, problem.strides, problem.dilations))


conv1d_backprop_input, conv2d_backprop_input, conv3d_backprop_input = input_operations(input_gradient, __name__)
conv1d_backprop_filter, conv2d_backprop_filter, conv3d_backprop_filter = filter_operations(filter_gradient, __name__)
