"""Convolution by whichever algorithm is fastest for the problem: `reference.conv2d`.

The rule, first match first; every line measured by `benchmarks/reference_speed.py`:

1. Integers whose sums float64 holds exactly (largest input · largest filter · terms of a sum ≤ 2^53) are computed in
   float64, by the lines below: BLAS has no integers.
2. A filter for every channel (depthwise): `windows`, whose `einsum` copies nothing, in pieces that threads share.
3. Other groups, 1×1 filters, a single window, and many output channels: `im2col`, in pieces whose columns take
   the same memory in turn; in one product where the image is its own columns, and nothing is copied.
4. Few output channels: the least of the times that `_times` estimates from the counts of what an algorithm copies,
   multiplies and adds. So one filter goes to `taprows` over one channel, to `kn2row` over more; to `im2col` and
   `strided` where the windows are few and long; and large filters to `toeplitz`, very large ones to `fourier`.

`submatrix` is never the fastest, `taprows` and `kn2row` being its better forms; `winograd` would lose digits and
exactness. What shapes and parameters decide is decided once, and remembered.

Precision is that of sums in the accumulator's dtype, in BLAS's order; where `fourier` is picked it is normwise, in
float64 (see there). Floats that hold integers come out exact either way, as far as their dtype holds the sums.

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters)
array([[282, 354],
       [570, 642]])
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from math import log2, prod

import numpy as np

from reference import fourier, im2col, kn2row, strided, taprows, toeplitz, windows
from reference.arguments import Array, Pairs, Problem, Shape
from reference.geometry import explicit_pads, output_size
from reference.operations import operations

__all__ = ["conv1d", "conv2d", "conv3d", "convolve"]

COLUMNS = 8 << 20
"""Bytes of columns in a piece: smaller ones take more products, and larger ones more memory for the same time."""

FEW = 16
"""Output channels up to which `toeplitz` is faster than `im2col`."""

LARGEST = 32 << 20
"""Bytes of the largest intermediate array that `taprows` and `kn2row` may make."""

EXACT = 1 << 53
"""Up to here float64 holds every integer."""

Algorithm = Callable[[Problem], Array]


def convolve(problem: Problem) -> Array:
    """Compute by the algorithm that is fastest for the problem; `reference.fast` tells the rule.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype, or in float64 by `fourier`.
    """
    if problem.accumulator.kind == "i" and _fits_float64(problem):
        return convolve(_in_float64(problem)).astype(np.int64)
    algorithm = _choice(
        problem.input.shape,
        problem.filters.shape,
        problem.strides,
        problem.dilations,
        problem.padding,
        problem.groups,
        problem.accumulator.itemsize,
    )
    return algorithm(problem)


@lru_cache(maxsize=1024)
def _choice(
    image: Shape,
    filters: Shape,
    strides: Shape,
    dilations: Shape,
    padding: str | Pairs,
    groups: int,
    itemsize: int,
) -> Algorithm:
    """Return the algorithm for arrays of these shapes."""
    *taps, depth, out_channels = filters
    pads = explicit_pads(padding, image[1:-1], filters[:-2], strides, dilations)
    axes = zip(image[1:-1], taps, strides, dilations, pads, strict=True)
    out_sizes = tuple(output_size(*axis) for axis in axes)
    if groups > 1 and depth == 1:
        return windows.convolve
    pixels = prod(taps) == prod(strides) == 1
    one_window = image[1:-1] == filters[:-2] and prod(out_sizes) == 1
    if (pixels or one_window) and groups == 1 and not any(map(any, pads)) and 0 not in image + filters:
        return partial(im2col.multiply, shape=(image[0], *out_sizes, out_channels))
    if prod(taps) == 1 or prod(out_sizes) <= 1:
        return im2col.convolve
    columns = partial(im2col.in_pieces, positions=COLUMNS // max(1, prod(filters[:-1]) * groups * itemsize))
    if groups > 1 or out_channels > FEW or 0 in (image[0], depth, out_channels):
        return columns
    padded = tuple(size + sum(pair) for size, pair in zip(image[1:-1], pads, strict=True))
    times = _times(image[0], padded, out_sizes, filters, itemsize)
    algorithms: dict[str, Algorithm] = {
        "im2col": columns,
        "strided": strided.convolve,
        "taprows": taprows.convolve,
        "kn2row": kn2row.convolve,
        "toeplitz": toeplitz.convolve,
        "fourier": fourier.convolve,
    }
    return algorithms[min(times, key=times.__getitem__)]


def _times(batch: int, padded: Shape, out_sizes: Shape, filters: Shape, itemsize: int) -> dict[str, float]:
    """Estimate the nanoseconds that an algorithm takes for few filters.

    The counts are exact: window rows (stretches of filter_width · c neighbours, all windows together), tap rows
    (stretches of out_width), responses, multiplications of a banded matrix, and of a transform. The times of each are
    those of float32 on a core of 2023 with 1 MiB of second-level cache; wider numbers take proportionally longer, but
    not in `fourier`, which computes in float64 whatever it is given. Another machine moves the borders a little.

    Args:
        batch: images.
        padded: their spatial sizes, pads included.
        out_sizes: the output's spatial sizes.
        filters: shape of the filters.
        itemsize: bytes of a number.
    """
    *taps, depth, out_channels = filters
    outputs, pixels, area = batch * prod(out_sizes), batch * prod(padded), prod(taps)
    stretch, filter_rows, wide = taps[-1] * depth, prod(taps[:-1]), itemsize / 4
    window_rows, tap_rows = outputs * filter_rows, area * depth * outputs // out_sizes[-1]
    register = -(-toeplitz.REGISTER // out_channels)
    banded = window_rows * (taps[-1] + register) * depth * out_channels
    points = prod(fourier.good_sizes(padded))
    transformed = batch * points * log2(points) * (depth + out_channels + 2 * depth * out_channels)
    times = {
        "toeplitz": 12_000 + 3_500 * filter_rows + wide * (0.4 * window_rows * out_channels + 0.018 * banded),
        "fourier": 90_000 + 0.2 * transformed,
    }
    if out_channels == 1:
        times["im2col"] = window_rows * (8 + 0.15 * wide * stretch)
        times["strided"] = window_rows * (9 + 0.14 * wide * stretch)
        copied = area * depth * outputs
        if copied * itemsize <= LARGEST:
            times["taprows"] = 5 * tap_rows + wide * copied * (0.25 if depth == 1 else 0.6)
        if area * pixels * itemsize <= LARGEST:
            times["kn2row"] = 2_000 + wide * pixels * (0.45 * area + 0.3 * depth)
    return times


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
