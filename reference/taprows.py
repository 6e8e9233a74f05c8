"""Convolution as one matrix product, its columns lying down: for every tap, a row of the elements that it meets.

    rows     (filter_height · filter_width · c,  batch · out_height · out_width)     one row for every tap
    filters  (out_channels,  filter_height · filter_width · c)                       one row for every filter
    output = filters @ rows

These are the columns of `reference.im2col`, transposed, and what is the same to BLAS is not the same to the copy: here
it moves stretches of out_width neighbours, there of filter_width · c. For one channel, where a 3×3 window's stretch is
three numbers long, this copies five times as fast, and the product with one filter is a single pass over the rows.

With more channels the neighbours lie c apart, and the advantage is gone. Groups are computed one after another.

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters)
array([[282, 354],
       [570, 642]])

Source: the layout of "im2col" in Caffe and Torch, which keep channels first; Chellapilla, Puri & Simard, "High
performance convolutional neural networks for document processing" (2006).
"""

from __future__ import annotations

from math import prod

import numpy as np

from reference.arguments import Array, Problem
from reference.operations import operations
from reference.strided import windows

__all__ = ["conv1d", "conv2d", "conv3d", "convolve"]


def convolve(problem: Problem) -> Array:
    """Copy out a row of elements for every tap, and multiply the matrix of filters by the rows.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype.
    """
    if problem.groups > 1:
        return np.concatenate([convolve(problem.group(index)) for index in range(problem.groups)], axis=-1)
    rank, out_channels = problem.rank, problem.filters.shape[-1]
    seen = windows(problem.padded_input(), problem.filter_sizes, problem.strides, problem.dilations)
    places = seen.shape[: rank + 1]
    size = prod(problem.filters.shape[:-1])
    matrix = problem.filters.astype(problem.accumulator, copy=False).reshape(size, out_channels)
    rows = seen.transpose(*range(rank + 1, 2 * rank + 2), *range(rank + 1)).reshape(size, prod(places))
    if out_channels == 1:
        return (matrix[:, 0] @ rows).reshape(*places, 1)
    return (matrix.T @ rows).T.reshape(*places, out_channels)


conv1d, conv2d, conv3d = operations(convolve)
