"""Winograd's convolution: fewer multiplications for 3×3 filters, by way of polynomials evaluated at a few points.

A tile of m outputs of a 3-tap filter needs m + 2 inputs, and m + 2 products instead of 3·m: evaluate the input's and
the filter's polynomials at m + 2 points, multiply point by point, and interpolate. In two dimensions, F(m×m, 3×3) is

    output tile = Aᵀ · [ (G·g·Gᵀ) ⊙ (Bᵀ·d·B) ] · A        for the filter g (3×3) and the input tile d (m+2 × m+2)

with 16 products for 4 outputs (m = 2) and 36 for 16 (m = 4), where the definition takes 36 and 144. The sum over input
channels is done between the brackets, so that the products are (m+2)² matrix products, one for every point:

    (points, tiles, c) @ (points, c, k)

This is fast where those dominate, with many channels in and out: 2.25 and 4 times fewer multiplications, the additions
of the transforms apart. It is made for 3×3 filters, stride 1, dilation 1 and two spatial axes in floats; any other
problem is handed over to `reference.im2col`, and so are integers, as G holds fractions. `reference.fast` never picks
it.

Precision. The error is *normwise*, measured against the largest numbers of the tile: the transforms add and subtract
large intermediate values, and a small output may lose all its digits (`error_bound`). F(4×4) has larger constants than
F(2×2), and an error larger by some two digits in the worst case. An infinity or NaN spreads over its tile.

>>> image, filters = np.arange(16.0).reshape(4, 4), 12.0 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters)
array([[282., 354.],
       [570., 642.]])

Source: Lavin & Gray, "Fast algorithms for convolutional neural networks", section 4 (2015); Winograd, "Arithmetic
complexity of computations" (1980).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reference import im2col
from reference.arguments import Array, Problem
from reference.operations import operations
from reference.strided import windows

__all__ = ["F2", "F4", "Transforms", "applies", "conv1d", "conv2d", "conv3d", "convolve", "error_bound"]

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Transforms:
    """The three matrices of F(m×m, 3×3): Bᵀ (m+2, m+2), G (m+2, 3), Aᵀ (m, m+2)."""

    input: Matrix
    filters: Matrix
    output: Matrix

    @property
    def size(self) -> int:
        """The outputs of a tile along an axis, m."""
        return len(self.output)


F2 = Transforms(
    input=np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], float),
    filters=np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2,
    output=np.array([[1, 1, 1, 0], [0, 1, -1, -1]], float),
)
"""F(2×2, 3×3): the points 0, 1, −1 and infinity."""

F4 = Transforms(
    input=np.array(
        [
            [4, 0, -5, 0, 1, 0],
            [0, -4, -4, 1, 1, 0],
            [0, 4, -4, -1, 1, 0],
            [0, -2, -1, 2, 1, 0],
            [0, 2, -1, -2, 1, 0],
            [0, 4, 0, -5, 0, 1],
        ],
        float,
    ),
    filters=np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24,
    output=np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], float),
)
"""F(4×4, 3×3): the points 0, 1, −1, 2, −2 and infinity."""


def convolve(problem: Problem, transforms: Transforms | None = None) -> Array:
    """Multiply tiles and filters at the points of a polynomial, and interpolate.

    Args:
        problem: in normal form.
        transforms: `F2` or `F4`; where None, `F4` for outputs of at least 4×4, else `F2`.

    Returns:
        (batch, *out_sizes, out_channels) in the problem's accumulator dtype.
    """
    if not applies(problem):
        return im2col.convolve(problem)
    transforms = transforms or (F4 if min(problem.out_sizes) >= F4.size else F2)
    dtype, groups = problem.accumulator, problem.groups
    depth, out_channels = problem.filters.shape[-2:]
    points = (transforms.size + 2) ** 2
    tiles = _tiles(problem, transforms.size)
    batch, rows, columns = tiles.shape[:3]
    data = _sandwich(transforms.input.astype(dtype), tiles, axis=3)
    weights = _sandwich(transforms.filters.astype(dtype), problem.filters.astype(dtype), axis=0)
    data = data.reshape(batch * rows * columns, points, groups, depth).transpose(1, 2, 0, 3)
    weights = weights.reshape(points, depth, groups, out_channels // groups).transpose(0, 2, 1, 3)
    products = (data @ weights).transpose(2, 0, 1, 3)
    shape = (batch, rows, columns, transforms.size + 2, transforms.size + 2, out_channels)
    output = _sandwich(transforms.output.astype(dtype), products.reshape(shape), axis=3).swapaxes(2, 3)
    output = output.reshape(batch, rows * transforms.size, columns * transforms.size, out_channels)
    return output[:, : problem.out_sizes[0], : problem.out_sizes[1]]


def applies(problem: Problem) -> bool:
    """Return whether Winograd's algorithm computes a problem, and does not hand it over."""
    return (
        problem.filter_sizes == (3, 3)
        and problem.strides == problem.dilations == (1, 1)
        and problem.accumulator.kind == "f"
        and 0 not in (problem.input.size, problem.filters.size, *problem.out_sizes)
    )


def _tiles(problem: Problem, size: int) -> Array:
    """Return the view (batch, rows, columns, size + 2, size + 2, channels) of all tiles, the last filled with zeros."""
    axes = zip(problem.pads, problem.out_sizes, strict=True)
    pads = tuple((before, after - out_size % -size) for (before, after), out_size in axes)
    padded = replace(problem, padding=pads).padded_input()
    return windows(padded, (size + 2, size + 2), (size, size), (1, 1))


def _sandwich(matrix: Array, array: Array, axis: int) -> Array:
    """Return M · array · Mᵀ over two neighbouring axes, of which `axis` is the first."""
    for place in (axis, axis + 1):
        array = np.moveaxis(np.tensordot(matrix, array, axes=(1, place)), 0, place)
    return array


def error_bound(problem: Problem, transforms: Transforms) -> float:
    """Return how far an output can be from the exact one before it is rounded to the problem's dtype.

    Every output is a sum of products of transformed numbers, none of which takes part in more than n rounded
    operations: two transforms of the filter (3 terms each, a rounded constant), of the input and of the output (m + 2
    terms each), a product and a sum over c channels. With γ = n·u / (1 − n·u), and |M| for the largest sum of
    magnitudes in a row of M,

        |error| ≤ γ · (|Aᵀ|·|G|·|Bᵀ|)² · c · max|w| · max|x|

    (|Aᵀ|·|G|·|Bᵀ|)² is 81 for F(2×2) and 36100 for F(4×4); the definition has 9 in its place.

    Source: after Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, section 3.1.
    """
    unit = np.finfo(problem.accumulator).eps / 2
    depth = problem.filters.shape[-2]
    operations = 2 * (3 + 1) + 4 * (transforms.size + 2) + 1 + depth
    norms = [np.abs(matrix).sum(axis=1).max() for matrix in (transforms.output, transforms.filters, transforms.input)]
    peaks = [float(np.abs(array.astype(np.float64)).max(initial=0)) for array in (problem.input, problem.filters)]
    gamma = operations * unit / (1 - operations * unit)
    return float(gamma * np.prod(norms) ** 2 * depth * np.prod(peaks))


conv1d, conv2d, conv3d = operations(convolve)
