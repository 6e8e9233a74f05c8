"""Convolution over a view of all windows that `as_strided` makes, its extent proven before it is made.

A window is nothing but other steps through the same memory: moving the window by one output moves `stride` elements,
moving inside it by one tap moves `dilation` elements. With the input's byte steps (n, h, w, c) the view has

    shape  (batch, out_height,   out_width,    filter_height, filter_width, channels)
    steps  (n,     h·stride,     w·stride,     h·dilation,    w·dilation,   c)

and copies nothing. `as_strided` believes whatever shape it is told: one article kept a shape from before its image was
padded, and read 10^300 out of foreign memory without an error. So `view` computes the lowest and the highest byte that
shape and steps can reach, and raises where one lies outside the array's own. The view is read-only, because one element
appears in it many times.

Fast where there are few windows or one filter: `einsum` walks over the windows where they lie. Slow with many output
channels, where a matrix product repays the copy that it needs (`reference.im2col`).

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters)
array([[282, 354],
       [570, 642]])
>>> view(np.arange(4.0), (3, 3), (8, 8))
Traceback (most recent call last):
ValueError: view: shape and steps must be within bytes 0 to 32 of the array, but is 0 to 40

Source: NumPy reference, `numpy.lib.stride_tricks.as_strided`, its warning and notes.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import as_strided

from reference.arguments import Array, Problem, fault
from reference.geometry import output_size
from reference.operations import operations

__all__ = ["byte_extent", "conv1d", "conv2d", "conv3d", "convolve", "view", "windows"]


def convolve(problem: Problem) -> Array:
    """Contract a proven `as_strided` view of all windows with the filters by `einsum`.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype.
    """
    seen = windows(problem.padded_input(), problem.filter_sizes, problem.strides, problem.dilations)
    filters = problem.filters.astype(problem.accumulator, copy=False)
    places, taps = "pqo"[: problem.rank], "rst"[: problem.rank]
    if problem.groups == 1:
        whole: Array = np.einsum(f"n{places}{taps}c,{taps}ck->n{places}k", seen, filters)
        return whole
    depth, out_channels = filters.shape[-2:]
    grouped = seen.reshape(*seen.shape[:-1], problem.groups, depth)
    filters = filters.reshape(*problem.filter_sizes, depth, problem.groups, out_channels // problem.groups)
    output: Array = np.einsum(f"n{places}{taps}gc,{taps}cgk->n{places}gk", grouped, filters)
    return output.reshape(*seen.shape[: problem.rank + 1], out_channels)


def windows(
    padded: Array, filter_sizes: tuple[int, ...], strides: tuple[int, ...], dilations: tuple[int, ...]
) -> Array:
    """Return the read-only view of all windows of an image that needs no more padding.

    Args:
        padded: (batch, *sizes, channels), of any memory layout.
        filter_sizes: taps along every spatial axis.
        strides: elements from window to window.
        dilations: elements from tap to tap.

    Returns:
        (batch, *out_sizes, *filter_sizes, channels), sharing the memory of `padded`.

    >>> windows(np.arange(5).reshape(1, 5, 1), (2,), (2,), (1,))[0, :, :, 0]
    array([[0, 1],
           [2, 3]])
    """
    return view(padded, *_layout(padded.shape, padded.strides, filter_sizes, strides, dilations))


@lru_cache
def _layout(
    sizes: tuple[int, ...],
    byte_steps: tuple[int, ...],
    filter_sizes: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return shape and byte steps of the view of all windows."""
    batch, *in_sizes, channels = sizes
    first, *steps, last = byte_steps
    out_sizes = (output_size(*axis) for axis in zip(in_sizes, filter_sizes, strides, dilations, strict=True))
    between_windows = (step * stride for step, stride in zip(steps, strides, strict=True))
    between_taps = (step * dilation for step, dilation in zip(steps, dilations, strict=True))
    return (batch, *out_sizes, *filter_sizes, channels), (first, *between_windows, *between_taps, last)


def view(array: Array, shape: tuple[int, ...], steps: tuple[int, ...]) -> Array:
    """Return a read-only view of `array` that begins at its first element, proven to stay inside its bytes.

    Args:
        array: of any memory layout, negative steps included.
        shape: of the view.
        steps: bytes between neighbours, one for every axis of `shape`.

    Raises:
        ValueError: the view would reach a byte outside the array's own.
    """
    lowest, highest = byte_extent(array.shape, array.strides, array.itemsize)
    low, high = byte_extent(shape, steps, array.itemsize)
    if low < lowest or high > highest:
        expected = f"within bytes {lowest} to {highest} of the array"
        raise fault("view", "shape and steps", expected, f"{low} to {high}")
    if not array.flags.c_contiguous:
        return as_strided(array, shape, steps, writeable=False)
    seen: Array = np.ndarray(shape, array.dtype, array, 0, steps)  # the same in a tenth of as_strided's time
    seen.flags.writeable = False
    return seen


@lru_cache
def byte_extent(shape: tuple[int, ...], steps: tuple[int, ...], itemsize: int) -> tuple[int, int]:
    """Return the lowest byte that an array reaches, and the one after its highest, counted from its first element.

    Along each axis the last element lies (size − 1)·step from the first: upwards where the step is positive, downwards
    where it is negative. The extremes of all elements are the sums of the extremes of all axes. An array without
    elements reaches nothing.

    >>> byte_extent((3, 4), (32, 8), 8), byte_extent((3, 4), (-32, 8), 8), byte_extent((0, 4), (32, 8), 8)
    ((0, 96), (-64, 32), (0, 0))
    """
    if 0 in shape:
        return 0, 0
    reaches = [(size - 1) * step for size, step in zip(shape, steps, strict=True)]
    return sum(min(reach, 0) for reach in reaches), sum(max(reach, 0) for reach in reaches) + itemsize


conv1d, conv2d, conv3d = operations(convolve)
