"""The definition of convolution, as loops over output positions and window offsets.

"Convolution" here means what deep learning means by it, cross-correlation: the filter is not flipped.

    output[n, p, q, k] = sum over r, s, c of  input[n, p·stride + r·dilation - before, …, c] · filters[r, s, c, k]

where an input element outside the image counts as zero. That last clause is all there is to padding: nothing is padded,
a tap that falls outside is skipped. Sizes are found by walking the windows over the input. This file shares no geometry
with the fast algorithms, so that it can contradict them.

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters)
array([[282, 354],
       [570, 642]])

Source: Goodfellow, Bengio & Courville, "Deep Learning", section 9.1, equation 9.6 (2016).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from reference.arguments import Array, Problem
from reference.operations import operations

__all__ = ["conv1d", "conv2d", "conv3d", "convolve", "window_starts"]


def convolve(problem: Problem) -> Array:
    """Sum input · filter over every window, tap by tap; slow, and meant to be read.

    Sums are made in float64, or int64 for integers, and rounded once.

    Returns:
        (batch, *out_sizes, out_channels) in float64 or int64.
    """
    starts = [list(window_starts(problem, axis)) for axis in range(problem.rank)]
    accumulator = np.dtype(np.int64 if problem.dtype.kind in "iub" else np.float64)
    image, filters = problem.input.astype(accumulator), problem.filters.astype(accumulator)
    depth, out_channels = filters.shape[-2:]
    output: Array = np.zeros((*map(len, starts), len(image), out_channels), accumulator)
    images_last = np.moveaxis(image, 0, -2)
    for position in product(*(range(len(axis)) for axis in starts)):
        corner = [axis[index] for axis, index in zip(starts, position, strict=True)]
        for offset in product(*map(range, problem.filter_sizes)):
            tap = [first + step * hole for first, step, hole in zip(corner, offset, problem.dilations, strict=True)]
            if not all(0 <= index < size for index, size in zip(tap, problem.in_sizes, strict=True)):
                continue
            for channel in range(out_channels):
                group = channel * problem.groups // out_channels
                values = images_last[tuple(tap)][:, group * depth : (group + 1) * depth]
                output[position][:, channel] += values @ filters[offset][:, channel]
    return np.moveaxis(output, -2, 0)


def window_starts(problem: Problem, axis: int) -> Iterator[int]:
    """Yield where each window begins along `axis`, in input elements; negative where it begins before the input.

    `SAME` has ceil(in / stride) windows. TensorFlow's documentation gives its padding by the remainder of that
    division: max(field - stride, 0) where there is none, max(field - in mod stride, 0) otherwise, the smaller half
    first.
    """
    size, stride = problem.in_sizes[axis], problem.strides[axis]
    field = 1 + (problem.filter_sizes[axis] - 1) * problem.dilations[axis]
    if problem.padding == "SAME":
        total = max(field - (size % stride or stride), 0)
        yield from range(-(total // 2), size - total // 2, stride)
        return
    before, after = (0, 0) if isinstance(problem.padding, str) else problem.padding[axis]
    start = -before
    while start + field <= size + after:
        yield start
        start += stride


conv1d, conv2d, conv3d = operations(convolve)
