"""Convolution as products with a banded matrix: a whole stretch of a row of outputs at once.

A row of outputs is linear in a row of inputs, and the matrix of that map has a tap of the filter's row on each of its
diagonals (it is a Toeplitz matrix):

    band[j, t] = filters[r, j − t]   and 0 elsewhere          of shape (T + filter_width − 1, T), for T outputs

    input row  (blocks of T + filter_width − 1)  @  band  =  output row (blocks of T)

Channels and output channels join the rows and columns of the band, strides and dilations move its diagonals. The
blocks of all rows are one matrix, so the convolution is one product and one sum for every *row* of the filter.

T = 1 is the common way with many output channels: only the windows along a row are copied, a filter's height less than
in `reference.im2col`. T > 1 spends multiplications, most of them by the zeros of the band, to give BLAS T·k columns
where there is but one filter: there nothing is as fast but, for large filters, `reference.fourier`. Where T is the
whole row, nothing is copied at all, and the input is multiplied where it lies.

An infinity or NaN meets the band's zeros, and they make NaN of it in outputs whose window does not hold it. Where the
sum of all outputs is not finite, `reference.im2col` computes instead. Groups are computed one after another.

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters)
array([[282, 354],
       [570, 642]])
>>> bands(np.array([1, 2, 3]).reshape(3, 1, 1), 2, 1, 1)
array([[1, 0],
       [2, 1],
       [3, 2],
       [0, 3]])

Source: Gray, "Toeplitz and circulant matrices: a review" (2006); Anderson, Vasudevan, Keane & Gregg, "Low-memory
GEMM-based convolution algorithms for deep neural networks" (2017), for T = 1.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import isfinite, prod

import numpy as np

from reference import im2col
from reference.arguments import Array, Problem
from reference.geometry import receptive_field
from reference.operations import operations
from reference.strided import windows
from reference.submatrix import slab

__all__ = ["bands", "conv1d", "conv2d", "conv3d", "convolve"]

REGISTER = 16
"""Columns of a product, at least: the float32 numbers of a vector register of 512 bits."""

SHORT_ROW = 10_000
"""Elements of the banded matrix of a row that is multiplied whole; measured by benchmarks/reference_speed.py."""


def convolve(problem: Problem, length: int | None = None) -> Array:
    """Multiply the blocks of every row by a banded matrix for every row of the filter, and add these up.

    Args:
        problem: in normal form.
        length: outputs of a block, T; where it is None, `_length` chooses it.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype.
    """
    if problem.groups > 1:
        return np.concatenate([convolve(problem.group(index), length) for index in range(problem.groups)], axis=-1)
    batch, outer_sizes, width = len(problem.input), problem.out_sizes[:-1], problem.out_sizes[-1]
    if 0 in (batch, *outer_sizes, width):
        return im2col.convolve(problem)
    length = min(width, length or _length(problem))
    rows = _rows(problem, width, length)
    *_, blocks, span = rows.shape
    filters = problem.filters.astype(problem.accumulator, copy=False)
    matrices = bands(filters, length, problem.strides[-1], problem.dilations[-1])
    shape = batch, prod(outer_sizes) * blocks, span
    total: Array = np.empty((*shape[:-1], matrices.shape[-1]), problem.accumulator)
    part = np.empty_like(total)
    with np.errstate(invalid="ignore"):
        for offset in product(*map(range, problem.filter_sizes[:-1])):
            seen = rows[slab(offset, outer_sizes, problem.strides[:-1], problem.dilations[:-1])]
            if any(offset):
                total += np.matmul(seen.reshape(shape), matrices[offset], out=part)
            else:
                np.matmul(seen.reshape(shape), matrices[offset], out=total)
        if not isfinite(total.sum()):
            return im2col.convolve(problem)
    output = total.reshape(batch, *outer_sizes, blocks * length, filters.shape[-1])
    return output[..., :width, :].copy() if blocks * length > width else output


def _length(problem: Problem) -> int:
    """Return how many outputs a block has: the whole row where it is short, else enough for a vector register."""
    out_width: int = problem.out_sizes[-1]
    out_channels: int = problem.filters.shape[-1]
    if problem.in_sizes[-1] * problem.input.shape[-1] * out_width * out_channels <= SHORT_ROW:
        return out_width
    return -(-REGISTER // max(1, out_channels))


def _rows(problem: Problem, width: int, length: int) -> Array:
    """Return the blocks of every row of the padded input as (batch, *outer sizes, blocks, span · channels).

    The last block may reach past the row: more zeros are put after it.
    """
    stride, (before, after) = problem.strides[-1], problem.pads[-1]
    blocks = -(-width // length)
    span = (length - 1) * stride + receptive_field(problem.filter_sizes[-1], problem.dilations[-1])
    missing = (blocks - 1) * length * stride + span - problem.in_sizes[-1] - before - after
    if missing > 0:
        problem = replace(problem, padding=(*problem.pads[:-1], (before, after + missing)))
    padded, outer = problem.padded_input(), problem.rank - 1
    if blocks == 1:
        return padded[..., :span, :].reshape(*padded.shape[:-2], 1, span * padded.shape[-1])
    seen = windows(padded, (1,) * outer + (span,), (1,) * outer + (length * stride,), (1,) * problem.rank)
    rows: Array = np.ascontiguousarray(seen.swapaxes(0, outer + 1)[:blocks].swapaxes(0, outer + 1))
    return rows.reshape(*rows.shape[: problem.rank + 1], span * padded.shape[-1])


def bands(filters: Array, length: int, stride: int, dilation: int) -> Array:
    """Return the banded matrices of every row of filters.

    Args:
        filters: (*outer filter sizes, filter_width, channels, out_channels).
        length: outputs of a block.
        stride: input elements from output to output, along a row.
        dilation: input elements from tap to tap, along a row.

    Returns:
        (*outer filter sizes, span · channels, length · out_channels).
    """
    *outer, taps, channels, out_channels = filters.shape
    span = (length - 1) * stride + receptive_field(taps, dilation)
    matrices: Array = np.zeros((*outer, span, channels, length, out_channels), filters.dtype)
    *outer_steps, row, channel, column, last = matrices.strides
    diagonals: Array = np.ndarray(
        (*outer, taps, channels, length, out_channels),
        filters.dtype,
        buffer=matrices,
        strides=(*outer_steps, dilation * row, channel, stride * row + column, last),
    )
    diagonals[...] = filters[..., None, :]
    return matrices.reshape(*outer, span * channels, length * out_channels)


conv1d, conv2d, conv3d = operations(convolve)
