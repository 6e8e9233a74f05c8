"""Convolution by whichever algorithm is fastest for the problem: `reference.conv2d`.

The rule, first match first; every line measured by `benchmarks/reference_speed.py`:

1. Integers whose sums float64 holds exactly (largest input · largest filter · terms of a sum ≤ 2^53) are computed in
   float64, by the lines below: BLAS has no integers.
2. A filter for every channel (depthwise): `windows`, whose `einsum` copies nothing.
3. Other groups, 1×1 filters, a single window, and many output channels: `im2col`, in pieces whose columns stay in
   the second-level cache; in one piece where the image is its own columns, and nothing is copied.
4. Few output channels: `fourier` where the filter is so large that it is faster by the count of multiplications;
   `strided` for one filter with few windows, or far fewer than taps; else `toeplitz`, which gives BLAS a whole stretch
   of outputs where there are no filters to share a window.

`submatrix` is never the fastest, and `winograd` would lose digits and exactness.

Precision is that of sums in the accumulator's dtype, in BLAS's order; where `fourier` is picked it is normwise, in
float64 (see there). Floats that hold integers come out exact either way, as far as their dtype holds the sums.

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters)
array([[282, 354],
       [570, 642]])
"""

from __future__ import annotations

from dataclasses import replace
from math import log2, prod

import numpy as np

from reference import fourier, im2col, strided, toeplitz, windows
from reference.arguments import Array, Problem
from reference.operations import operations
from reference.pieces import by_pieces

__all__ = ["conv1d", "conv2d", "conv3d", "convolve"]

COLUMNS = 8 << 20
"""Bytes of columns in a piece: a larger one costs fresh memory pages, a smaller one more products."""

FEW = 16
"""Output channels up to which `toeplitz` is faster than `im2col`."""

VIEW_RATIO = 4
"""Taps for an output from which `strided` is faster than `toeplitz`, which multiplies by zeros, for one filter."""

VIEW_ROWS = 4000
"""Rows of all windows up to which `strided` is done before `toeplitz` has made its matrices, for one filter."""

FOURIER_COST = 22
"""Multiplications of a float32 matrix product that take the time of one of a Fourier transform; half in float64."""

EXACT = 1 << 53
"""Up to here float64 holds every integer."""


def convolve(problem: Problem) -> Array:
    """Compute by the algorithm that is fastest for the problem; `reference.fast` tells the rule.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype, or in float64 by `fourier`.
    """
    if problem.accumulator.kind == "i" and _fits_float64(problem):
        return convolve(_in_float64(problem)).astype(np.int64)
    *taps, depth, out_channels = problem.filters.shape
    out_sizes, area = problem.out_sizes, prod(taps)
    channel = problem.groups * problem.accumulator.itemsize
    if problem.groups > 1 and depth == 1:
        return windows.convolve(problem)
    if area == 1 or prod(out_sizes) <= 1:
        return im2col.convolve(problem)
    if problem.groups > 1 or out_channels > FEW:
        return by_pieces(im2col.convolve, problem, COLUMNS // max(1, area * depth * channel))
    if _fourier_pays(problem, out_sizes):
        return fourier.convolve(problem)
    if out_channels == 1 and (area > VIEW_RATIO * prod(out_sizes) or prod(out_sizes) * prod(taps[:-1]) < VIEW_ROWS):
        return strided.convolve(problem)
    return toeplitz.convolve(problem)


def _fourier_pays(problem: Problem, out_sizes: tuple[int, ...]) -> bool:
    """Compare the multiplications of `toeplitz` with those of `fourier`, in units of equal time."""
    *taps, depth, out_channels = problem.filters.shape
    if prod(taps) <= 64:
        return False
    banded = prod(out_sizes) * prod(taps[:-1]) * (taps[-1] + toeplitz.REGISTER) * depth * out_channels
    points = prod(fourier.transform_sizes(problem))
    transformed = points * log2(points) * (depth + out_channels + depth * out_channels / 2)
    return bool(banded * problem.accumulator.itemsize > 4 * FOURIER_COST * transformed)


def _fits_float64(problem: Problem) -> bool:
    """Return whether every sum of products, of whatever part of a window, is an integer that float64 holds."""
    terms = prod(problem.filters.shape[:-1])
    return _peak(problem.input) * _peak(problem.filters) * terms <= EXACT


def _peak(array: Array) -> int:
    return max(abs(int(array.max(initial=0))), abs(int(array.min(initial=0))))


def _in_float64(problem: Problem) -> Problem:
    image, filters = problem.input.astype(np.float64), problem.filters.astype(np.float64)
    return replace(problem, input=image, filters=filters, dtype=np.dtype(np.float64))


conv1d, conv2d, conv3d = operations(convolve)
