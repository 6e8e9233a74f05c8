"""Recipes of real numbers, and of numbers that are none."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np

from conformance.case import Shape, numpy_dtype
from conformance.data.source import Array, Source, from_lanes, precision, to_lanes
from conformance.data.whole import integers

__all__ = ["cancelling", "generator_normal", "normal", "special"]

_UNIFORMS = 12
"""Uniform numbers behind a normal one: as each has a variance of 1/12, their sum has one of 1."""


def normal(shape: Shape, source: Source) -> Array:
    """Return nearly normal deviates: the sum of twelve uniform numbers, 4 bytes each, about 0.

    A sum is the same on every machine; the logarithm of the usual methods is not.
    """
    draws = source.numbers(_UNIFORMS * math.prod(shape), width=4).reshape(*shape, _UNIFORMS)
    return np.asarray((draws.sum(axis=-1) - _UNIFORMS // 2 * (2**32 - 1)) / 2.0**32)


def generator_normal(shape: Shape, source: Source, seed: int) -> Array:
    """Return normal deviates of NumPy's generator; operands of one seed continue one stream."""
    return source.streams.setdefault(seed, np.random.default_rng(seed)).normal(size=shape)


def cancelling(shape: Shape, source: Source) -> Array:
    """Return operands whose sums lose half of the dtype's bits, where both are made so.

    The first operand differs from 1 in the lower half of its bits only. In the second, as the filters, the terms of a
    sum come in pairs of opposite sign; one that is left over is small.
    """
    draws = normal(shape, source)
    small = 2.0 ** -(precision(source.case.dtype) // 2)
    if source.operand != source.case.operation.operands[1]:
        return 1 + draws * small
    table = to_lanes(draws, source.lanes)
    pairs = len(table) // 2
    table[1 : 2 * pairs : 2] = -table[: 2 * pairs : 2]
    table[2 * pairs :] *= small
    return from_lanes(table, shape, source.lanes)


def special(shape: Shape, source: Source) -> Array:
    """Return `integers` with a NaN, infinities, a denormal and a -0 at places of their own.

    In the input: NaN in the first corner of the first image, in its first channel; +Inf in the last corner of the last
    image, in its last channel; -Inf at the end of the first image's first row; a denormal and a -0 in the middle. In
    the filters: +Inf in the first output channel, NaN in the last one, the others in between.
    """
    values = integers(shape, source).astype(np.float64)
    if not math.prod(shape):
        return values
    smallest = float(ml_dtypes.finfo(numpy_dtype(source.case.dtype)).smallest_normal)  # type: ignore[no-untyped-call]
    for index, number in _special_places(shape, source.is_image, smallest / 4):
        values[index] = number
    return values


def _special_places(shape: Shape, is_image: bool, denormal: float) -> list[tuple[tuple[int, ...], float]]:
    """Return what goes where; of numbers at the same place the last one stays."""
    last = tuple(size - 1 for size in shape)
    middle = tuple(size // 2 for size in shape)
    if not is_image:
        first_channel, last_channel = (*last[:-1], 0), (*(0,) * (len(shape) - 1), last[-1])
        beside = (*last[:-1], middle[-1])
        return [(beside, -0.0), (middle, denormal), (first_channel, math.inf), (last_channel, math.nan)]
    row_end = (0,) * (len(shape) - 2) + last[-2:]
    return [
        ((0, *middle[1:-1], last[-1]), -0.0),
        ((last[0], *middle[1:-1], 0), denormal),
        (row_end, -math.inf),
        (last, math.inf),
        ((0,) * len(shape), math.nan),
    ]
