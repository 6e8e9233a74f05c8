"""Convolution as one contraction over a view of all windows (`sliding_window_view`).

The view has an axis for every output position and every window offset, and copies nothing; `einsum` multiplies it with
the filters and sums over window offsets and channels.

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters, strides=2, padding=1)
array([[ 47, 134],
       [333, 642]])

Source: NumPy reference, `numpy.lib.stride_tricks.sliding_window_view`.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from reference.arguments import Array, Problem
from reference.geometry import receptive_field
from reference.operations import operations

__all__ = ["conv1d", "conv2d", "conv3d", "convolve"]


def convolve(problem: Problem) -> Array:
    """Contract a view of all windows with the filters by `einsum`.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype.
    """
    windows = _windows(problem)
    batch, *out_sizes = windows.shape[: problem.rank + 1]
    groups, out_channels = problem.groups, problem.filters.shape[-1]
    grouped = windows.reshape(batch, *out_sizes, groups, problem.filters.shape[-2], *problem.filter_sizes)
    filters = problem.filters.astype(problem.accumulator)
    filters = filters.reshape(*filters.shape[:-1], groups, out_channels // groups)
    places, taps = "pqo"[: problem.rank], "rst"[: problem.rank]
    output: Array = np.einsum(f"n{places}gc{taps},{taps}cgk->n{places}gk", grouped, filters, optimize=True)
    return output.reshape(batch, *out_sizes, out_channels)


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
