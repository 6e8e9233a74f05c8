"""Recipes of whole numbers, with which equality can be asked."""

from __future__ import annotations

import math

import numpy as np

from conformance.case import DType, Map, Shape
from conformance.data.source import Array, Source, from_lanes, precision, to_lanes

__all__ = ["arange", "integers", "one_hot", "saturating", "sparse", "wide"]

_DEFAULT_LARGEST = 9
"""What `integers`, the other operand's default, draws at most."""

_WIDE_BITS = 12
"""Significant bits of a wide number: one more than TF32 and float16 hold."""

_POWERS = 7
"""Powers of two that every dtype holds, int8 among them: 1 to 64."""

_EDGES = np.array([-128, -127, 127, 126])
"""Where int8 arithmetic saturates: -128 has no positive counterpart, and -127·-127 is the largest that symmetric
quantisation gives."""


def arange(shape: Shape, constant: int | None = None) -> Array:
    """Return 0, 1, 2, …, or `constant`, `constant` - 1, … in row-major order."""
    steps = np.arange(math.prod(shape), dtype=np.int64).reshape(shape)
    return steps if constant is None else constant - steps


def integers(shape: Shape, source: Source) -> Array:
    """Return numbers from -9 to 9 without 0, every run of 18 of them in an order of its own."""
    size, choices = math.prod(shape), 2 * _DEFAULT_LARGEST
    runs = -(-size // choices)
    order = np.argsort(source.numbers(runs * choices).reshape(runs, choices), axis=1, kind="stable")
    values = order.ravel()[:size].reshape(shape) - _DEFAULT_LARGEST
    return values + (values >= 0)


def wide(shape: Shape, source: Source) -> Array:
    """Return odd numbers of 12 bits, ±2049 to ±4095."""
    return _odd(source.numbers(math.prod(shape)), _WIDE_BITS).reshape(shape)


def sparse(shape: Shape, source: Source) -> Array:
    """Return wide numbers, as far as the dtype holds them, and zeros, so that no sum exceeds what can be proven.

    A sum may take `budget` of them, each times one of `integers`. So each lane of the operand has that many, as each
    output channel of the filters. In the input of a convolution each place of a window's period, in rows, columns and
    channels, either holds numbers or does not, within one image and group: a window, wherever it lies, meets each place
    once.
    """
    largest = max(8, source.limit // _DEFAULT_LARGEST)
    bits = min(_WIDE_BITS, precision(source.case.dtype), largest.bit_length() - 1)
    values = _odd(source.numbers(math.prod(shape)), bits).reshape(shape)
    budget = max(1, source.limit // (_DEFAULT_LARGEST * (2**bits - 1)))
    if budget >= source.terms or source.operand == "bias":
        return values
    operation = source.case.operation
    windows = source.is_image and operation.map is Map.TO_OUTPUT and not operation.is_bias
    return np.where((_places if windows else _chosen)(shape, source, budget), values, 0)


def one_hot(shape: Shape, source: Source) -> Array:
    """Return zeros and few powers of two: one in the middle of each image, or one for each output channel's filter.

    The image's lies in another channel than its neighbour's, the filter's at another tap, so that the output shows
    which tap goes where.
    """
    values = np.zeros(shape, np.int64)
    if source.is_image:
        middle = tuple(size // 2 for size in shape[1:-1])
        for image in range(shape[0] if values.size else 0):
            values[(image, *middle, image % shape[-1])] = 2 ** (image % _POWERS)
        return values
    lanes = source.lanes if source.operand == "filters" else (-1,)
    table = to_lanes(values, lanes)
    taps, channels = table.shape
    for channel in range(channels if values.size else 0):
        table[(taps // 2 + channel) % taps, channel] = 2 ** (channel % _POWERS)
    return from_lanes(table, shape, lanes)


def saturating(shape: Shape, source: Source) -> Array:
    """Return the ends of int8's range, or the largest numbers whose sums can still be proven with like ones.

    The first image and the first output channel are negative throughout, so that their sum is as large as it gets.
    """
    draws = source.numbers(math.prod(shape)).reshape(shape)
    if source.case.dtype is DType.INT8:
        values = _EDGES[draws % 4]
        negative = _EDGES[draws % 2]
    else:
        top = min(math.isqrt(source.limit // source.terms), 2 ** precision(source.case.dtype) - 1)
        magnitudes = top - draws % max(1, min(16, top // 2))
        negative = -magnitudes
        values = np.where(draws & 1024, magnitudes, negative)
    first = (0,) if source.is_image else (..., 0)
    if math.prod(shape):
        values[first] = negative[first]
    return np.asarray(values)


def _odd(draws: Array, bits: int) -> Array:
    magnitudes = 2 ** (bits - 1) + 1 + 2 * (draws % 2 ** (bits - 2))
    return np.asarray(np.where(draws & 1024, magnitudes, -magnitudes))


def _chosen(shape: Shape, source: Source, budget: int) -> Array:
    """Return where non-zeros go: `budget` places in each lane."""
    table = to_lanes(_further(source, math.prod(shape), math.prod(shape)).reshape(shape), source.lanes)
    return from_lanes(_ranks(table, 0) < budget, shape, source.lanes)


def _places(shape: Shape, source: Source, budget: int) -> Array:
    """Return where non-zeros go in an image: `budget` places of each window's period, for each image and group."""
    case = source.case
    window = (*case.filters[:-2], 1 if case.operation.is_depthwise else case.filters[-2])
    groups = shape[-1] // window[-1]
    draws = _further(source, math.prod(shape), shape[0] * groups * source.terms)
    chosen = (_ranks(draws.reshape(-1, source.terms), 1) < budget).reshape(shape[0], groups, *window)
    grid = np.indices(shape, sparse=True)
    axes = zip(grid[1:-1], case.dilations, window[:-1], strict=True)
    spatial = (index // hole % taps for index, hole, taps in axes)
    return np.asarray(chosen[(grid[0], grid[-1] // window[-1], *spatial, grid[-1] % window[-1])])


def _further(source: Source, skipped: int, size: int) -> Array:
    """Return numbers of the stream behind those that the values were made of."""
    return np.asarray(source.numbers(skipped + size)[skipped:])


def _ranks(draws: Array, axis: int) -> Array:
    """Return which place each number takes in its row when sorted."""
    return np.asarray(draws.argsort(axis=axis, kind="stable").argsort(axis=axis, kind="stable"))
