"""Convolution as one matrix product: the windows copied out as rows of a matrix ("image to columns").

    columns  (batch · out_height · out_width,  filter_height · filter_width · c)     one row for every window
    filters  (filter_height · filter_width · c,  out_channels)                       one column for every filter
    output = columns @ filters

The copy multiplies the input's size by the filter's, and pays: a matrix product reuses each row for all filters, and
BLAS runs it near the machine's peak. So this is fast with many output channels. A 1×1 filter needs no copy at all, the
image is its own columns. Groups are a stack of such products, (groups, windows, taps) @ (groups, taps, filters).

`col2im` is the adjoint of the copy: it adds every element of the columns to the place that it was copied from, and with
it the input's gradient is another product. ⟨columns(x), y⟩ = ⟨x, col2im(y)⟩ for every x and y.

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters)
array([[282, 354],
       [570, 642]])
>>> col2im(np.ones((1, 2, 2, 1), int), (3,), (1,), (1,), ((0, 0),))[0, :, 0]
array([1, 2, 1])

Source: Chellapilla, Puri & Simard, "High performance convolutional neural networks for document processing" (2006).
"""

from __future__ import annotations

from math import prod

import numpy as np

from reference.arguments import Array, Pairs, Problem
from reference.operations import operations
from reference.strided import windows
from reference.submatrix import slab

__all__ = ["col2im", "columns", "conv1d", "conv2d", "conv3d", "convolve"]


def convolve(problem: Problem) -> Array:
    """Copy the windows out as rows of a matrix, and multiply it by the matrix of filters.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype.
    """
    depth, out_channels = problem.filters.shape[-2:]
    filters = problem.filters.astype(problem.accumulator, copy=False)
    shape = (len(problem.input), *problem.out_sizes, out_channels)
    if problem.groups > 1:
        return _grouped(columns(problem), filters, problem.groups).reshape(shape)
    matrix = filters.reshape(prod(problem.filter_sizes) * depth, out_channels)
    rows = _rows(problem, prod(shape[:-1]), len(matrix))
    output: Array = rows * matrix if matrix.size == 1 else rows @ matrix
    return output.reshape(shape)


def columns(problem: Problem) -> Array:
    """Return the read-only view of all windows, (batch, *out_sizes, *filter_sizes, in_channels), that is copied."""
    return windows(problem.padded_input(), problem.filter_sizes, problem.strides, problem.dilations)


def _rows(problem: Problem, windows: int, size: int) -> Array:
    """Return the matrix of columns, (windows, size): the image where it has that shape already, else a copy."""
    pixels = prod(problem.filter_sizes) == prod(problem.strides) == 1
    padded = problem.padded_input()
    one_window = padded.shape[1:-1] == problem.filter_sizes and windows == len(padded)
    if pixels or one_window:
        return padded.reshape(windows, size)
    return columns(problem).reshape(windows, size)


def _grouped(seen: Array, filters: Array, groups: int) -> Array:
    """Multiply windows and filters of every group, as a stack of matrices; return (windows, groups, filters)."""
    *taps, depth, out_channels = filters.shape
    places, size = seen.shape[: len(taps) + 1], prod(taps) * depth
    rows = np.moveaxis(seen.reshape(*places, *taps, groups, depth), -2, 0).reshape(groups, prod(places), size)
    matrices = np.moveaxis(filters.reshape(size, groups, out_channels // groups), 1, 0)
    return np.moveaxis(rows @ matrices, 0, 1)


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
