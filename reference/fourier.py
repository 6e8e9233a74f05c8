"""Convolution by the fast Fourier transform: a product for every frequency instead of a sum for every window.

The transform turns shifting into multiplying. With X and W the transforms of the padded image and of the filter, each
filled up with zeros to N elements an axis,

    output = transform⁻¹ (X · conj(W)),      conj, because deep learning's convolution does not flip the filter,

is the circular correlation of length N. Its first positions, those whose window does not reach past the end, are the
convolution. N need not be larger than the padded image; `next_fast_len` finds the next size of small prime factors. The
data are real, so half of the frequencies suffice (`rfft`). Axes are transformed one after another: rows that are only
filling are never transformed, nor are those transformed back that nobody asks for. Strides pick afterwards.

The time does not depend on the size of the filter, which is filled up to the image's. So this is fast for large filters
on large images, and wasteful for small ones, large strides and many channels.

Precision. Every output is a combination of *all* products, so the error is *normwise*: small against what the norms of
image and filter allow, ‖x‖·‖w‖, and not against the output itself: a small output among large ones may not have one
correct digit (`error_bound`). Therefore everything is computed in float64, whatever the dtype. Sums of integers are
integers: where all numbers are, floats included, and the bound is below 1/2, rounding makes the result exact. Where
integers have a larger bound, or an infinity or NaN would spread over the whole output, `reference.im2col` computes.

>>> image, filters = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3)
>>> conv2d(image, filters)
array([[282, 354],
       [570, 642]])

Source: Cooley & Tukey, "An algorithm for the machine calculation of complex Fourier series" (1965); Mathieu, Henaff &
LeCun, "Fast training of convolutional networks through FFTs" (2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt, sqrt

import numpy as np

from reference import im2col
from reference.arguments import Array, Problem
from reference.geometry import receptive_field
from reference.operations import operations

__all__ = ["conv1d", "conv2d", "conv3d", "convolve", "error_bound", "good_sizes", "transform_sizes"]


def convolve(problem: Problem) -> Array:
    """Multiply the Fourier transforms of image and filters, and pick the strided positions of what comes back.

    Returns:
        (batch, *out_sizes, out_channels) in float64, or in the problem's accumulator dtype where `im2col` computes.
    """
    if 0 in (problem.input.size, problem.filters.size, *problem.out_sizes):
        return im2col.convolve(problem)
    exact = _is_whole(problem.filters) and _is_whole(problem.input) and error_bound(problem) < 0.5
    if problem.accumulator.kind == "i" and not exact:
        return im2col.convolve(problem)
    with np.errstate(over="ignore", invalid="ignore"):
        output = _correlate(problem)
    if not np.isfinite(output).all():
        return im2col.convolve(problem)
    return np.rint(output, out=output) if exact else output


def _correlate(problem: Problem) -> Array:
    depth, out_channels = problem.filters.shape[-2:]
    groups, sizes = problem.groups, transform_sizes(problem)
    image = problem.padded_input()
    image = image.reshape(*image.shape[:-1], groups, depth)
    filters = _dilated(problem).reshape(1, *_fields(problem), depth, groups, out_channels // groups)
    products = _products(_transform(image, sizes), _transform(filters, sizes).conj())
    output = _transform_back(products, sizes, problem.out_sizes, problem.strides)
    return output.reshape(len(image), *problem.out_sizes, out_channels)


def _products(image: Array, filters: Array) -> Array:
    """Multiply the spectra (n, …, g, c) and (1, …, c, g, k), and sum over the channels, to (n, …, g, k).

    Each of the three is several times as fast as the others where it is taken.
    """
    depth, _, width = filters.shape[-3:]
    product: Array
    if depth == 1:
        product = image * filters[..., 0, :, :]
    elif width == 1:
        product = np.einsum("n...gc,m...cgk->n...gk", image, filters)
    else:
        product = (image[..., np.newaxis, :] @ np.moveaxis(filters, -3, -2))[..., 0, :]
    return product


def transform_sizes(problem: Problem) -> list[int]:
    """Return the N of every spatial axis: the padded input's size, or the next of small prime factors."""
    axes = zip(problem.in_sizes, problem.pads, strict=True)
    return good_sizes(tuple(size + before + after for size, (before, after) in axes))


def good_sizes(sizes: tuple[int, ...]) -> list[int]:
    """Return for every size the next that has small prime factors only."""
    import scipy.fft  # here and below: it takes longer than all else that a program which does not use it imports

    return [scipy.fft.next_fast_len(size, real=True) for size in sizes]


def _transform(array: Array, sizes: Sequence[int]) -> Array:
    """Transform (batch, *shape, …) along its spatial axes to complex (batch, …, …), the last of them halved."""
    import scipy.fft

    *outer, last = enumerate(sizes, start=1)
    spectrum: Array = scipy.fft.rfft(array.astype(np.float64, copy=False), last[1], axis=last[0])
    for axis, size in outer:
        spectrum = scipy.fft.fft(spectrum, size, axis=axis, overwrite_x=True)
    return spectrum


def _transform_back(spectrum: Array, sizes: Sequence[int], out_sizes: Sequence[int], strides: Sequence[int]) -> Array:
    """Return the real array (batch, *out_sizes, …) of a halved spectrum, at every stride-th position."""
    import scipy.fft

    for axis, (size, out_size, stride) in enumerate(zip(sizes, out_sizes, strides, strict=True), start=1):
        inverse = scipy.fft.irfft if axis == len(sizes) else scipy.fft.ifft
        positions = (slice(None),) * axis + (slice(0, out_size * stride, stride),)
        spectrum = inverse(spectrum, size, axis=axis)[positions]
    return spectrum


def _fields(problem: Problem) -> tuple[int, ...]:
    return tuple(map(receptive_field, problem.filter_sizes, problem.dilations))


def _dilated(problem: Problem) -> Array:
    """Return the filters in float64 with their dilation's zeros written out."""
    filters = np.zeros((*_fields(problem), *problem.filters.shape[-2:]))
    filters[tuple(slice(None, None, step) for step in problem.dilations)] = problem.filters
    return filters


def _is_whole(array: Array) -> bool:
    return array.dtype.kind in "iub" or bool((np.rint(array) == array).all())


def error_bound(problem: Problem) -> float:
    """Return how far an output can be from the exact one before it is rounded to the problem's dtype.

    To first order in the unit roundoff u = 2⁻⁵³: a stage of radix p multiplies by a matrix of norm √p whose rows hold
    p numbers of modulus 1. Its sums of p terms, each twice multiplied by rounded constants, err by at most (p + 7)·u
    of the terms' moduli, which is √p·(p + 7)·u of the stage's result; let e be the sum of that over all prime factors
    of all N. Image and filters are transformed (2e), multiplied and summed over c channels (c + 3), and transformed
    back, where the error is e of the 2-norm of the result, at most ‖x‖₂·‖w‖₁. By Cauchy and Schwarz, and Parseval,

        |error| ≤ u·‖x‖₂·((2e + c + 3)·‖w‖₂ + e·‖w‖₁)

    with the norms of all images and all filters together, which bound those of each.

    Source: after Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, theorem 24.2.
    """
    image, filters = (array.astype(np.float64).ravel() for array in (problem.input, problem.filters))
    with np.errstate(over="ignore", invalid="ignore"):
        norms = sqrt(np.vdot(image, image) * np.vdot(filters, filters))
        sums = sqrt(np.vdot(image, image)) * np.abs(filters).sum()
    stages: float = sum(
        sqrt(prime) * (prime + 7) for size in transform_sizes(problem) for prime in _prime_factors(size)
    )
    return float(2.0**-53 * ((2 * stages + problem.filters.shape[-2] + 3) * norms + stages * sums))


def _prime_factors(number: int) -> list[int]:
    """Return the prime factors in ascending order, repeated.

    >>> _prime_factors(60)
    [2, 2, 3, 5]
    """
    for factor in range(2, isqrt(number) + 1):
        if number % factor == 0:
            return [factor, *_prime_factors(number // factor)]
    return [number] if number > 1 else []


conv1d, conv2d, conv3d = operations(convolve)
