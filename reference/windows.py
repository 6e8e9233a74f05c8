"""Convolution as one contraction over a view of all windows (`sliding_window_view`).

The view has an axis for every output position and every window offset, and copies nothing; contracting it with the
filters sums over window offsets and channels:

    view (batch, out_height, out_width, c, filter_height, filter_width) · filters (filter_height, filter_width, c, k)

Two functions of NumPy contract, and which is fast depends on how many filters use a window:

- `tensordot` copies the view into a matrix and multiplies it by BLAS. The copy is repaid where every window meets many
  filters: 3×3 with 64 filters takes a sixth of `einsum`'s time.
- `einsum` copies nothing and multiplies and adds where the data lie. In a depthwise convolution every channel has a
  filter of its own, a matrix product would be one column wide, and `einsum` is the fast one: with strides of 1 along a
  row, neighbouring positions and channels are one axis for its inner loop. It is the only one for other groups, which
  `tensordot` cannot express.

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters, strides=2, padding=1)
array([[ 47, 134],
       [333, 642]])

Source: NumPy reference, `numpy.lib.stride_tricks.sliding_window_view`.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from reference.arguments import Array, Problem
from reference.geometry import receptive_field
from reference.operations import operations

__all__ = ["conv1d", "conv2d", "conv3d", "convolve"]

INNER = 1024
"""Elements of the inner loop of a depthwise convolution: 4 KiB of float32 each of input, filters and output."""

SHARED = 10_000_000
"""Multiplications from which a depthwise convolution is worth the start of threads, some 0.1 ms."""

THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def convolve(problem: Problem) -> Array:
    """Contract a view of all windows: by `tensordot` where channels are shared, by `einsum` where they are grouped.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype.
    """
    filters = problem.filters.astype(problem.accumulator, copy=False)
    windows = _windows(problem)
    if problem.groups == 1:
        taps = tuple(range(problem.rank))
        return np.tensordot(
            windows, filters, axes=((*range(-problem.rank, 0), problem.rank + 1), (*taps, problem.rank))
        )
    places, (depth, out_channels) = windows.shape[: problem.rank + 1], filters.shape[-2:]
    if depth == 1 and out_channels == problem.groups:
        return _depthwise(windows, filters[..., 0, :], problem.strides[-1] == 1)
    grouped = windows.reshape(*places, problem.groups, depth, *problem.filter_sizes)
    filters = filters.reshape(*filters.shape[:-1], problem.groups, out_channels // problem.groups)
    axes, taps_axes = "pqo"[: problem.rank], "rst"[: problem.rank]
    output: Array = np.einsum(f"n{axes}gc{taps_axes},{taps_axes}cgk->n{axes}gk", grouped, filters)
    return output.reshape(*places, out_channels)


def _depthwise(windows: Array, filters: Array, mergeable: bool) -> Array:
    """Contract windows (batch, *out_sizes, channels, *filter_sizes) with a filter a channel, (*filter_sizes, channels).

    Some neighbouring positions and the channels become one axis, the filters repeated along it: a longer inner loop,
    still short enough for the first-level cache. Large problems are shared among threads, image by image or row by
    row; `einsum` releases the interpreter's lock.

    Args:
        windows: the view.
        filters: one a channel.
        mergeable: whether the channels of neighbouring positions are neighbours in memory, strides of 1.
    """
    rank = filters.ndim - 1
    *outer, width, channels = windows.shape[: rank + 2]
    merged = max(size for size in range(1, max(1, INNER // channels) + 1) if width % size == 0) if mergeable else 1
    shape = (*outer, width // merged, merged * channels)
    seen, filters = windows.reshape(*shape, *filters.shape[:-1]), np.tile(filters, merged)
    output: Array = np.empty(shape, windows.dtype)
    axes, taps = "npqo"[: rank + 1], "rst"[:rank]

    def contract(seen: Array, output: Array) -> None:
        np.einsum(f"{axes}x{taps},{taps}x->{axes}x", seen, filters, out=output)

    if output.size * prod(filters.shape[:-1]) < SHARED:
        contract(seen, output)
    else:
        axis = 0 if outer[0] > 1 else 1
        with ThreadPoolExecutor(THREADS) as pool:
            parts = (np.array_split(array, THREADS, axis) for array in (seen, output))
            list(pool.map(contract, *parts))
    return output.reshape(*outer, width, channels)


def _windows(problem: Problem) -> Array:
    """Return the read-only view (batch, *out_sizes, in_channels, *filter_sizes)."""
    fields = tuple(map(receptive_field, problem.filter_sizes, problem.dilations))
    padded = problem.padded_input()
    if any(field > size for field, size in zip(fields, padded.shape[1:-1], strict=True)):
        depth = problem.input.shape[-1]
        return np.zeros((len(padded), *problem.out_sizes, depth, *problem.filter_sizes), padded.dtype)
    view = sliding_window_view(padded, fields, axis=tuple(range(1, problem.rank + 1)))
    steps = [slice(None, None, step) for step in (1, *problem.strides, 1, *problem.dilations)]
    return view[tuple(steps)]


conv1d, conv2d, conv3d = operations(convolve)
