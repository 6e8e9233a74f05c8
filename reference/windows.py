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

from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from reference.arguments import Array, Problem
from reference.frame import framed
from reference.geometry import receptive_field
from reference.memory import Memory
from reference.operations import operations
from reference.pieces import THREADS, Part, for_each, pieces

__all__ = ["conv1d", "conv2d", "conv3d", "convolve"]

INNER = 2048
"""Elements of the inner loop of a depthwise convolution: 8 KiB of float32 each of input, filters and output."""

PIECE = 1_000_000
"""Outputs of a piece of a depthwise convolution, all channels counted: 4 MB of float32. The padded copy of pieces of
13 MB leaves the caches before it is read: they take 1.2 times as long."""

SHARED = 2_000_000
"""Multiplications from which a depthwise convolution is worth waking threads, some 0.5 ms."""


def convolve(problem: Problem) -> Array:
    """Contract a view of all windows: by `tensordot` where channels are shared, by `einsum` where they are grouped.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype.
    """
    filters = problem.filters.astype(problem.accumulator, copy=False)
    depth, out_channels = filters.shape[-2:]
    if depth == 1 and out_channels == problem.groups:
        return _depthwise(problem, filters[..., 0, :])
    windows = _windows(problem, problem.padded_input())
    if problem.groups == 1:
        taps = tuple(range(problem.rank))
        return np.tensordot(
            windows, filters, axes=((*range(-problem.rank, 0), problem.rank + 1), (*taps, problem.rank))
        )
    places = windows.shape[: problem.rank + 1]
    grouped = windows.reshape(*places, problem.groups, depth, *problem.filter_sizes)
    filters = filters.reshape(*filters.shape[:-1], problem.groups, out_channels // problem.groups)
    axes, taps_axes = "pqo"[: problem.rank], "rst"[: problem.rank]
    output: Array = np.einsum(f"n{axes}gc{taps_axes},{taps_axes}cgk->n{axes}gk", grouped, filters)
    return output.reshape(*places, out_channels)


def _depthwise(problem: Problem, filters: Array) -> Array:
    """Contract the windows of every channel with its filter, (*filter_sizes, channels), piece by piece.

    Some neighbouring positions and the channels become one axis, the filters repeated along it, where strides of 1
    make them neighbours in memory: a longer inner loop, still short enough for the first-level cache. Threads share the
    pieces of large problems.
    """
    rank, channels, out_sizes = problem.rank, filters.shape[-1], problem.out_sizes
    width, multiplications = out_sizes[-1], prod(out_sizes) * len(problem.input) * filters.size
    longest = max(1, INNER // max(1, channels)) if problem.strides[-1] == 1 else 1
    merged = max(size for size in range(1, longest + 1) if width % size == 0)
    inner = (width // merged, merged * channels)
    output: Array = np.empty((len(problem.input), *out_sizes[:-1], *inner), problem.accumulator)
    filters = np.tile(filters, merged)
    axes, taps = "npqo"[: rank + 1], "rst"[:rank]

    def contract(stretch: Sequence[Part]) -> None:
        memory = Memory()
        for place, piece in stretch:
            padded = framed(piece.input, piece.pads, piece.accumulator, memory)
            seen, target = _windows(piece, padded), output[place]
            seen = seen.reshape(*target.shape, *problem.filter_sizes)
            np.einsum(f"{axes}x{taps},{taps}x->{axes}x", seen, filters, out=target)

    shared = multiplications >= SHARED
    positions = min(PIECE, -(-output.size // THREADS) if shared else PIECE) // max(1, channels)
    whole = [((slice(None), slice(None)), problem)]
    parts = list(pieces(problem, positions)) if rank > 1 and output.size else whole
    for_each(contract, parts, shared)
    return output.reshape(len(problem.input), *out_sizes, channels)


def _windows(problem: Problem, padded: Array) -> Array:
    """Return the read-only view (batch, *out_sizes, in_channels, *filter_sizes) of the padded input."""
    fields = tuple(map(receptive_field, problem.filter_sizes, problem.dilations))
    if any(field > size for field, size in zip(fields, padded.shape[1:-1], strict=True)):
        depth = problem.input.shape[-1]
        return np.zeros((len(padded), *problem.out_sizes, depth, *problem.filter_sizes), padded.dtype)
    view = sliding_window_view(padded, fields, axis=tuple(range(1, problem.rank + 1)))
    steps = [slice(None, None, step) for step in (1, *problem.strides, 1, *problem.dilations)]
    return view[tuple(steps)]


conv1d, conv2d, conv3d = operations(convolve)
