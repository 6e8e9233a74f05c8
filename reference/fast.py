"""Convolution by whichever algorithm is fastest for the problem: `reference.conv2d`.

The rule, first match first; every line measured by `benchmarks/reference_speed.py`:

1. Integers whose sums float64 holds exactly (largest input · largest filter · terms of a sum ≤ 2^53) are computed in
   float64, by the lines below: BLAS has no integers.
2. A filter for every channel (depthwise): `windows`, whose `einsum` copies nothing, in pieces on all processors.
3. Other groups, 1×1 filters, a single window, and many output channels: `im2col`, in pieces whose columns stay in
   the second-level cache. Where the columns are the image itself, nothing is copied, and in one piece.
4. Few output channels: `toeplitz`, which gives BLAS a whole stretch of outputs where there are no filters to share a
   window; unless the filter is so large that, by the count of operations, `fourier` is faster.

Of the others, `strided` and `submatrix` are never the fastest, and `winograd` is, but loses digits and exactness.

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

from reference import fourier, im2col, toeplitz, windows
from reference.arguments import Array, Problem
from reference.operations import operations
from reference.pieces import THREADS, by_pieces

__all__ = ["conv1d", "conv2d", "conv3d", "convolve"]

CACHE = 1 << 20
"""Bytes of columns in a piece: half of a second-level cache of 2 MiB."""

FEW = 8
"""Output channels up to which `toeplitz` is faster than `im2col`."""

FOURIER_COST = 25
"""Operations of a matrix product that take the time of one of a Fourier transform."""

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
    itemsize = problem.accumulator.itemsize
    if problem.groups > 1 and depth == 1:
        return by_pieces(windows.convolve, problem, CACHE // (problem.groups * itemsize), THREADS)
    out_sizes = problem.out_sizes
    if problem.groups > 1 or out_channels > FEW or prod(taps) == 1 or prod(out_sizes) <= 1:
        positions = CACHE // max(1, prod(taps) * problem.input.shape[-1] * itemsize)
        return im2col.convolve(problem) if prod(taps) == 1 else by_pieces(im2col.convolve, problem, positions)
    if _fourier_pays(problem, out_sizes):
        return fourier.convolve(problem)
    return toeplitz.convolve(problem)


def _fourier_pays(problem: Problem, out_sizes: tuple[int, ...]) -> bool:
    """Compare the multiplications of `toeplitz` with those of `fourier`, in units of equal time."""
    *taps, depth, out_channels = problem.filters.shape
    if prod(taps) <= 64:
        return False
    banded: int = prod(out_sizes) * prod(taps[:-1]) * (taps[-1] + toeplitz.REGISTER) * depth * out_channels
    points = prod(fourier.transform_sizes(problem))
    return bool(banded > FOURIER_COST * points * log2(points) * (depth + out_channels + depth * out_channels / 2))


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
