"""Convolution as one product of all pixels with all taps, and a sum of shifted responses ("kernel to row").

A pixel meets every tap exactly once on its way through the windows. So multiply first, and shift afterwards:

    responses  (filter_height · filter_width · k,  batch · height · width)  =  filters (…, c)  @  pixels (c, …)
    output[p, q] = sum over r, s of  responses[r, s, p·stride + r·dilation, q·stride + s·dilation]

The product needs no copy of the image, and its inner length is c, however large the filter is. The second line is a
sum over two axes of a view: a step to the next tap is a step to the next response and, in it, to the next pixel.

Fast for few filters over several channels: the matrix product has done the work before the shifting begins, and that
passes over rows of contiguous numbers. Wasteful for large strides, which use few of the responses, and for one channel,
where there is nothing to sum in the product. Groups are computed one after another.

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters)
array([[282, 354],
       [570, 642]])

Source: Anderson, Vasudevan, Keane & Gregg, "Low-memory GEMM-based convolution algorithms for deep neural networks"
(2017), "kn2row".
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

import numpy as np

from reference.arguments import Array, Problem, Shape
from reference.operations import operations
from reference.strided import view

__all__ = ["conv1d", "conv2d", "conv3d", "convolve"]


def convolve(problem: Problem) -> Array:
    """Multiply all pixels by all taps, and add up the shifted responses.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype.
    """
    if problem.groups > 1:
        return np.concatenate([convolve(problem.group(index)) for index in range(problem.groups)], axis=-1)
    *taps, depth, out_channels = problem.filters.shape
    out_sizes, rank = problem.out_sizes, problem.rank
    padded = problem.padded_input()
    shape = (out_channels, len(padded), *out_sizes)
    if 0 in (*shape, depth):
        return np.zeros((*shape[1:], out_channels), problem.accumulator)
    pixels = padded.reshape(-1, depth).T
    filters = problem.filters.astype(problem.accumulator, copy=False).swapaxes(-1, -2)
    matrix = filters.reshape(prod(taps) * out_channels, depth)
    responses = matrix * pixels if depth == 1 else matrix @ pixels
    steps = _steps(padded.shape[:-1], tuple(taps), out_channels, problem.strides, problem.dilations)
    byte_steps = tuple(step * responses.itemsize for step in steps)
    shifted = view(responses, (*taps, *shape), byte_steps)
    output: Array = np.add.reduce(shifted, axis=tuple(range(rank)))
    return output.reshape(*shape[1:], 1) if out_channels == 1 else np.moveaxis(output, 0, -1).copy()


@lru_cache
def _steps(sizes: Shape, taps: Shape, out_channels: int, strides: Shape, dilations: Shape) -> Shape:
    """Return the elements from tap to tap of every axis, from filter to filter, image to image and output to output.

    Args:
        sizes: (batch, *padded sizes) of the responses.
        taps: of every spatial axis.
        out_channels: filters.
        strides: pixels from output to output.
        dilations: pixels from tap to tap.

    >>> _steps((1, 5, 7), (3, 2), 1, (1, 1), (1, 1))
    (77, 36, 35, 35, 7, 1)
    """
    pixels = [prod(sizes[axis:]) for axis in range(1, len(sizes) + 1)]
    responses = [prod(taps[axis:]) * out_channels * prod(sizes) for axis in range(1, len(taps) + 1)]
    between_taps = (far + hole * near for far, hole, near in zip(responses, dilations, pixels[1:], strict=True))
    between_outputs = (stride * near for stride, near in zip(strides, pixels[1:], strict=True))
    return (*between_taps, prod(sizes), pixels[0], *between_outputs)


conv1d, conv2d, conv3d = operations(convolve)
