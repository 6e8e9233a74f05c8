"""Convolution as one contraction over a view of all windows (`sliding_window_view`).

The view has an axis for every output position and every window offset, and copies nothing; `einsum` multiplies it with
the filters and sums over window offsets and channels.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from reference.arguments import Array, PaddingLike, Problem, SizesLike, prepare
from reference.geometry import receptive_field

__all__ = ["conv2d"]


def conv2d(
    input: ArrayLike,
    filters: ArrayLike,
    strides: SizesLike = 1,
    padding: PaddingLike = "VALID",
    data_format: str | None = "NHWC",
    dilations: SizesLike = 1,
) -> Array:
    """Convolve images with filters by `sliding_window_view` and `einsum`.

    Arguments, result and errors are those of `reference.naive.conv2d`; sums are made in float32 for float32.

    Example:
        >>> image = np.arange(16).reshape(4, 4)
        >>> conv2d(image, 12 - np.arange(9).reshape(3, 3), strides=2, padding=1)
        array([[ 47, 134],
               [333, 642]])

    Source: NumPy reference, `numpy.lib.stride_tricks.sliding_window_view`.
    """
    problem = prepare("conv2d", input, filters, strides, padding, data_format, dilations)
    return problem.finish(_convolve(problem))


def _convolve(problem: Problem) -> Array:
    """Contract the windows with the filters; (batch, *out_sizes, out_channels)."""
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
