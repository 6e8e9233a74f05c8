"""Convolution as a sum of shifted images: one slab of the input per filter offset.

Instead of visiting every output and summing over its window, visit every window offset (r, s) and take, for all outputs
at once, the input elements that lie there: the slab

    slab[p, q] = padded[p·stride + r·dilation, q·stride + s·dilation]        of shape (batch, out_height, out_width, c)
    output    += slab · filters[r, s]                                        summed over the input channels c

A 3×3 filter takes 9 large products, where a loop over an 8×8 image's 36 windows takes 36 small ones; the image may grow
and it stays 9. Each is a contiguous pass over memory, so this is fast for small filters and few channels, below about
5×5, and slow for large filters: every offset reads and writes the whole output again.

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters, padding="SAME")[0]
array([ 47,  95, 134, 113])

Source: the sub-matrix form of articles on convolution in NumPy; known as shift-and-add, and as "kn2row" in Anderson,
Vasudevan, Keane & Gregg, "Low-memory GEMM-based convolution algorithms for deep neural networks" (2017).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from reference.arguments import Array, Problem
from reference.operations import operations

__all__ = ["conv1d", "conv2d", "conv3d", "convolve", "slab"]


def convolve(problem: Problem) -> Array:
    """Add up one shifted slab of the input per window offset, times the filters there.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype.
    """
    padded, out_sizes, groups = problem.padded_input(), problem.out_sizes, problem.groups
    depth, out_channels = problem.filters.shape[-2:]
    padded = padded.reshape(*padded.shape[:-1], groups, depth)
    filters = problem.filters.astype(problem.accumulator, copy=False)
    filters = filters.reshape(*problem.filter_sizes, depth, groups, out_channels // groups)
    output: Array = np.zeros((len(padded), *out_sizes, groups, out_channels // groups), problem.accumulator)
    for offset in np.ndindex(*problem.filter_sizes):
        shifted = padded[slab(offset, out_sizes, problem.strides, problem.dilations)]
        output += np.einsum("...gc,cgk->...gk", shifted, filters[offset], optimize=groups == 1)
    return output.reshape(len(padded), *out_sizes, out_channels)


@lru_cache(maxsize=4096)
def slab(
    offset: tuple[int, ...], out_sizes: tuple[int, ...], strides: tuple[int, ...], dilations: tuple[int, ...]
) -> tuple[slice, ...]:
    """Return the slices, batch first, of the padded elements that meet the tap at `offset`, one for every output.

    >>> slab((1,), (3,), (2,), (4,))
    (slice(None, None, None), slice(4, 10, 2))
    """
    axes = zip(offset, out_sizes, strides, dilations, strict=True)
    starts = ((tap * dilation, size, stride) for tap, size, stride, dilation in axes)
    return (slice(None), *(slice(start, start + size * stride, stride) for start, size, stride in starts))


conv1d, conv2d, conv3d = operations(convolve)
