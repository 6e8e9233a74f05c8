"""Convolution as one matrix product: the windows copied out as rows of a matrix ("image to columns").

    columns  (batch · out_height · out_width,  filter_height · filter_width · c)     one row for every window
    filters  (filter_height · filter_width · c,  out_channels)                       one column for every filter
    output = columns @ filters

The copy multiplies the input's size by the filter's, and pays: a matrix product reuses each row for all filters, and
BLAS runs it near the machine's peak. So this is fast with many output channels. A 1×1 filter needs no copy at all, the
image is its own columns. Groups are a stack of such products, (groups, windows, taps) @ (groups, taps, filters).

`col2im` is the adjoint of the copy: it adds every element of the columns to the place that it was copied from, so that
⟨columns(x), y⟩ = ⟨x, col2im(y)⟩ for every x and y. With it each gradient is one more product. With G, the gradient that
arrives at the output, as a matrix (batch · out_height · out_width, out_channels):

    d_input = col2im(G @ filtersᵀ)          d_filters = columnsᵀ @ G

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters)
array([[282, 354],
       [570, 642]])
>>> col2im(np.ones((1, 2, 2, 1), int), (3,), (1,), (1,), ((0, 0),))[0, :, 0]
array([1, 2, 1])
>>> conv1d_backprop_input([4], filters=[1, 10], out_backprop=[1, 2, 3])
array([ 1, 12, 23, 30])
>>> conv1d_backprop_filter([1, 2, 3], filter_sizes=[2], out_backprop=[1, 10])
array([21, 32])

Source: Chellapilla, Puri & Simard, "High performance convolutional neural networks for document processing" (2006).
"""

from __future__ import annotations

from math import prod

import numpy as np

from reference.arguments import Array, Pairs, Problem, Shape
from reference.backprop import filter_operations, input_operations
from reference.memory import Memory
from reference.operations import operations
from reference.pieces import pieces
from reference.strided import windows
from reference.submatrix import slab

__all__ = [
    "col2im",
    "columns",
    "conv1d",
    "conv1d_backprop_filter",
    "conv1d_backprop_input",
    "conv2d",
    "conv2d_backprop_filter",
    "conv2d_backprop_input",
    "conv3d",
    "conv3d_backprop_filter",
    "conv3d_backprop_input",
    "convolve",
    "filter_gradient",
    "in_pieces",
    "input_gradient",
    "multiply",
]


def convolve(problem: Problem) -> Array:
    """Copy the windows out as rows of a matrix, and multiply it by the matrix of filters.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype.
    """
    return in_pieces(problem, len(problem.input) * prod(problem.out_sizes))


def in_pieces(problem: Problem, positions: int) -> Array:
    """Return the convolution, computed piece by piece, the columns of each in the memory of those before.

    Args:
        problem: in normal form.
        positions: outputs of a piece, about; at least a row is taken.
    """
    output: Array = np.empty((len(problem.input), *problem.out_sizes, problem.filters.shape[-1]), problem.accumulator)
    frame, memory = Memory(), Memory()
    if prod(output.shape[:-1]) <= positions:
        _fill(problem, output, frame, memory)
        return output
    for place, piece in pieces(problem, positions):
        _fill(piece, output[place], frame, memory)
    return output


def _fill(problem: Problem, output: Array, frame: Memory, memory: Memory) -> None:
    """Write the convolution into its contiguous output, by a padded input in `frame` and columns in `memory`."""
    filters = problem.filters.astype(problem.accumulator, copy=False)
    positions, width = prod(output.shape[:-1]), output.shape[-1] // problem.groups
    if problem.groups > 1:
        products = _stack(columns(problem), problem) @ _matrices(filters, problem.groups)
        output.reshape(positions, problem.groups, width)[...] = np.moveaxis(products, 0, 1)
        return
    matrix = filters.reshape(prod(filters.shape[:-1]), width)
    rows = _rows(problem, positions, len(matrix), frame, memory)
    product = np.multiply if matrix.size == 1 else np.matmul
    product(rows, matrix, out=output.reshape(positions, width))


def multiply(problem: Problem, shape: Shape) -> Array:
    """Return the convolution of an image that is its own matrix of columns, so that nothing is checked or copied.

    Args:
        problem: one group, no pads, and filters either of one tap with strides of 1, or as large as the image.
        shape: (batch, *out_sizes, out_channels).
    """
    filters = problem.filters.astype(problem.accumulator, copy=False)
    matrix = filters.reshape(-1, shape[-1])
    rows = problem.input.astype(problem.accumulator, copy=False).reshape(-1, len(matrix))
    product: Array = rows * matrix if len(matrix) == 1 else rows @ matrix
    return product.reshape(shape)


def columns(problem: Problem) -> Array:
    """Return the read-only view of all windows, (batch, *out_sizes, *filter_sizes, in_channels), that is copied."""
    return windows(problem.padded_input(), problem.filter_sizes, problem.strides, problem.dilations)


def _rows(problem: Problem, positions: int, size: int, frame: Memory, memory: Memory) -> Array:
    """Return the matrix of columns, (positions, size): the image where it has that shape already, else a copy."""
    pixels = prod(problem.filter_sizes) == prod(problem.strides) == 1
    padded = problem.padded_input(frame)
    one_window = padded.shape[1:-1] == problem.filter_sizes and positions == len(padded)
    if pixels or one_window:
        return padded.reshape(positions, size)
    seen = windows(padded, problem.filter_sizes, problem.strides, problem.dilations)
    copy = memory.array(seen.shape, seen.dtype)
    copy[...] = seen
    return copy.reshape(positions, size)


def input_gradient(problem: Problem, out_backprop: Array) -> Array:
    """Multiply the arriving gradient by the filters into columns, and add these up where they were copied from.

    Args:
        problem: the convolution; of its input only the shape is read.
        out_backprop: (batch, *out_sizes, out_channels), what arrives at the output.

    Returns:
        (batch, *in_sizes, in_channels) in the accumulator's dtype.
    """
    filters = problem.filters.astype(problem.accumulator, copy=False)
    matrices = _matrices(filters, problem.groups)
    products = _arriving(problem, out_backprop) @ matrices.swapaxes(1, 2)
    places, depth = (len(problem.input), *problem.out_sizes), filters.shape[-2]
    products = products.reshape(problem.groups, *places, *problem.filter_sizes, depth)
    spread = np.moveaxis(products, 0, -2).reshape(*places, *problem.filter_sizes, problem.groups * depth)
    return col2im(spread, problem.in_sizes, problem.strides, problem.dilations, problem.pads)


def filter_gradient(problem: Problem, out_backprop: Array) -> Array:
    """Multiply the columns by the arriving gradient.

    Args:
        problem: the convolution; of its filters only the shape is read.
        out_backprop: (batch, *out_sizes, out_channels), what arrives at the output.

    Returns:
        (*filter_sizes, in_channels / groups, out_channels) in the accumulator's dtype.
    """
    products = _stack(columns(problem), problem).swapaxes(1, 2) @ _arriving(problem, out_backprop)
    return np.moveaxis(products, 0, 1).reshape(problem.filters.shape)


def _stack(seen: Array, problem: Problem) -> Array:
    """Return the windows of every group as the rows of its matrix, (groups, windows, taps · channels)."""
    places, depth = seen.shape[: problem.rank + 1], problem.filters.shape[-2]
    grouped = np.moveaxis(seen.reshape(*seen.shape[:-1], problem.groups, depth), -2, 0)
    return grouped.reshape(problem.groups, prod(places), prod(problem.filter_sizes) * depth)


def _matrices(filters: Array, groups: int) -> Array:
    """Return the filters of every group as the columns of its matrix, (groups, taps · channels, filters)."""
    width = filters.shape[-1] // groups
    return np.moveaxis(filters.reshape(prod(filters.shape[:-1]), groups, width), 1, 0)


def _arriving(problem: Problem, out_backprop: Array) -> Array:
    """Return what arrives at the outputs of every group, (groups, windows, filters)."""
    *places, out_channels = out_backprop.shape
    rows = out_backprop.astype(problem.accumulator, copy=False)
    return np.moveaxis(rows.reshape(prod(places), problem.groups, out_channels // problem.groups), 1, 0)


def col2im(
    columns: Array, in_sizes: tuple[int, ...], strides: tuple[int, ...], dilations: tuple[int, ...], pads: Pairs
) -> Array:
    """Add every element of the columns to the input element that it was copied from.

    Args:
        columns: (batch, *out_sizes, *filter_sizes, channels); not modified.
        in_sizes: the spatial sizes of the input, without padding.
        strides: input elements from window to window.
        dilations: input elements from tap to tap.
        pads: (before, after) zeros along every spatial axis; what falls on them is dropped.

    Returns:
        (batch, *in_sizes, channels) in the columns' dtype.
    """
    rank = len(in_sizes)
    out_sizes, filter_sizes = columns.shape[1 : rank + 1], columns.shape[rank + 1 : -1]
    sizes = (before + size + after for size, (before, after) in zip(in_sizes, pads, strict=True))
    padded: Array = np.zeros((len(columns), *sizes, columns.shape[-1]), columns.dtype)
    for offset in np.ndindex(*filter_sizes):
        padded[slab(offset, out_sizes, strides, dilations)] += columns[(..., *offset, slice(None))]
    inside = (slice(before, before + size) for size, (before, _) in zip(in_sizes, pads, strict=True))
    return padded[(slice(None), *inside)].copy()


conv1d, conv2d, conv3d = operations(convolve)
conv1d_backprop_input, conv2d_backprop_input, conv3d_backprop_input = input_operations(input_gradient, __name__)
conv1d_backprop_filter, conv2d_backprop_filter, conv3d_backprop_filter = filter_operations(filter_gradient, __name__)
