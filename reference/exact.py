"""Error-free arithmetic: formats and their rounding, surveys of data, splitting, and sums of products without error.

Everything rests on three facts. A power of two scales a float64 without error while nothing underflows. Integers below
2^53 are added and multiplied in float64 without error. Python's integers never round at all.

Source: Ogita, Rump & Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26 (2005); Ozaki, Ogita, Oishi & Rump,
"Error-free transformations of matrix multiplication", Numer. Algorithms 59 (2012).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reference.arguments import Array

__all__ = [
    "FORMATS",
    "Format",
    "Survey",
    "exact_dot",
    "exact_sum",
    "round_scaled",
    "round_to",
    "scaled",
    "split",
    "sum_twice",
    "survey",
]

CHUNK = 1 << 16
"""Elements that a survey converts at a time: 512 KiB of float64, which a second-level cache holds."""


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format of IEEE 754's kind.

    Attributes:
        precision: bits of the significand, the leading one included.
        lowest: the exponent of the smallest subnormal number.
        highest: the exponent of the power of two at which overflow to infinity begins.
    """

    precision: int
    lowest: int
    highest: int


FORMATS = {
    "float16": Format(11, -24, 16),
    "bfloat16": Format(8, -133, 128),
    "float32": Format(24, -149, 128),
    "float64": Format(53, -1074, 1024),
}
"""Source: IEEE 754-2019, table 3.5; bfloat16 as in Intel's "BFLOAT16 hardware numerics definition" (2018)."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What proofs need to know of an array; only its finite elements count, and all but the last are about them.

    Attributes:
        peak: the largest magnitude; 0 where there is none.
        lowest: a power of two or magnitude that no element other than 0 lies below.
        quantum: a power of two of which every element is a multiple; 0 where none is known.
        finite: whether there are no NaN and no infinities.
    """

    peak: float
    lowest: float
    quantum: float
    finite: bool


def survey(values: Array, finest: float = 0.0) -> Survey:
    """Return the extremes and the common power of two of an array, in two passes over small chunks.

    Args:
        values: of any shape, integers or a format of `FORMATS`.
        finest: a quantum below `finest` times the peak is of no use, and is not looked for.

    >>> survey(np.array([0.75, 6.0, -2.5]))
    Survey(peak=6.0, lowest=0.75, quantum=0.25, finite=True)
    """
    peak, lowest, finite = 0.0, math.inf, True
    for chunk in _chunks(values):
        sizes = np.abs(chunk)
        largest = float(sizes.max(initial=0.0))
        if not math.isfinite(largest):
            finite, sizes = False, sizes[np.isfinite(sizes)]
            largest = float(sizes.max(initial=0.0))
        peak = max(peak, largest)
        if values.dtype == np.float64:
            lowest = min(lowest, float(np.min(sizes, where=sizes > 0, initial=math.inf)))
    if values.dtype.name in FORMATS and values.dtype != np.float64:
        lowest = 2.0 ** FORMATS[values.dtype.name].lowest
    if values.dtype.kind in "biu":
        return Survey(peak, 1.0, 1.0, finite)
    return Survey(peak, lowest, _quantum(values, peak, finest), finite)


def _chunks(values: Array) -> Iterator[Array]:
    """Yield all elements as float64, `CHUNK` at a time, without a copy of the whole."""
    with np.nditer(
        values,
        ["external_loop", "buffered", "zerosize_ok"],
        op_dtypes=[np.dtype(np.float64)],
        casting="unsafe",
        buffersize=CHUNK,
    ) as chunks:
        for chunk in chunks:
            yield np.asarray(chunk)


def _quantum(values: Array, peak: float, finest: float) -> float:
    """Return the largest power of two that divides every element; 0 where it is below 2^-62 or `finest` of the peak.

    In units of 2^-62 of the peak all elements are to be integers; the lowest bit of their union is the answer.
    """
    if peak == 0:
        return math.ldexp(1.0, 1023)
    exponent = max(math.frexp(peak)[1] - 62, -1074)
    union = 0
    for chunk in _chunks(values):
        units = scaled(chunk, -exponent)
        if not np.isfinite(units).all():
            units = np.where(np.isfinite(units), units, 0.0)
        whole = units.astype(np.int64)
        union |= int(np.bitwise_or.reduce(whole))
        if not np.array_equal(whole, units) or math.ldexp(union & -union, exponent) < finest * peak:
            return 0.0
    return math.ldexp(union & -union, exponent)


def scaled(values: Array, exponent: int) -> Array:
    """Return values · 2^exponent in float64, rounded only where that is subnormal or infinite, and monotonic there.

    >>> scaled(np.array([3.0, -0.5]), 2)
    array([12., -2.])
    """
    with np.errstate(over="ignore", under="ignore"):
        if exponent == 0:
            return values.astype(np.float64, copy=False)
        if -1000 < exponent < 1000:
            return np.multiply(values, 2.0**exponent, dtype=np.float64)
        result: Array = np.ldexp(values.astype(np.float64, copy=False), exponent)
        return result


def round_to(values: Array, dtype: np.dtype[np.generic]) -> Array:
    """Return float64 values rounded once, to nearest even, in a dtype of `FORMATS`.

    NumPy converts float64 to float32 and float16 in one rounding, but to bfloat16 by way of float32, in two. Here the
    value is first made a multiple of its last place in bfloat16, so that the conversion has nothing left to round.

    >>> round_to(np.array([1 + 2.0**-24 + 2.0**-50]), np.dtype(np.float32)) > 1
    array([ True])
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if dtype.name == "bfloat16":
            style = FORMATS["bfloat16"]
            places = np.maximum(np.frexp(values)[1] - style.precision, style.lowest)
            values = np.ldexp(np.rint(np.ldexp(values, -places)), places)
        return values.astype(dtype, copy=False)


def round_scaled(total: int, exponent: int, style: Format) -> float:
    """Return total · 2^exponent rounded once, to nearest even, to the precision and subnormals of a format.

    What is too large for the format is returned as its power of two or more, which the conversion to the format makes
    infinite.

    >>> round_scaled(2**24 + 1, 0, FORMATS["float32"]), round_scaled(3, -150, FORMATS["float32"]) == 2.0**-148
    (16777216.0, True)
    """
    sign, size = (-1.0 if total < 0 else 1.0), abs(total)
    excess = max(size.bit_length() - style.precision, style.lowest - exponent, 0)
    kept, rest, half = size >> excess, size & ((1 << excess) - 1), (1 << excess) >> 1
    kept += rest > half or (excess > 0 and rest == half and kept & 1)
    if kept.bit_length() + exponent + excess > style.highest:
        return sign * math.inf
    return sign * math.ldexp(kept, exponent + excess)


def exact_sum(values: Array) -> tuple[int, int]:
    """Return the sum of finite values as an integer and the exponent of the power of two that it counts.

    Every finite float64 is an integer of 53 bits times a power of two. Shifted to the smallest exponent among them,
    they are added as Python integers, which never round.

    >>> exact_sum(np.array([1e300, 0.75, -1e300]))
    (6755399441055744, -53)
    """
    return _added(list(zip(*_integers(values), strict=True)))


def exact_dot(left: Array, right: Array, bias: Array) -> tuple[int, int]:
    """Return the sum of left · right and of bias likewise; the products are integers of 106 bits.

    Args:
        left: (terms,), finite: integers or a format of `FORMATS`.
        right: (terms,), likewise.
        bias: (added,), likewise.

    >>> exact_dot(np.array([3, 5]), np.array([2**62, 1]), np.array([-1])) == (3 * 2**62 + 4, 0)
    True
    """
    factors = (*_integers(left), *_integers(right))
    products = [(a * b, p + q) for a, p, b, q in zip(*factors, strict=True)]
    return _added(products + list(zip(*_integers(bias), strict=True)))


def _added(terms: list[tuple[int, int]]) -> tuple[int, int]:
    base = min((exponent for term, exponent in terms if term), default=0)
    return sum(term << (exponent - base) for term, exponent in terms if term), base


def _integers(values: Array) -> tuple[list[int], list[int]]:
    """Return finite values as integers and the exponents of the powers of two that they count."""
    if values.dtype.kind in "biu":
        return [int(value) for value in values.tolist()], [0] * len(values)
    significands, exponents = np.frexp(values.astype(np.float64))
    return (significands * 2.0**53).astype(np.int64).tolist(), (exponents - 53).tolist()


def split(values: Array, bits: int, count: int, exponent: int = 0) -> tuple[list[Array], Array]:
    """Return slices and a rest that add up to the values without error: multiples of 2^-bits, of 2^-2bits, and so on.

    Adding and subtracting 1.5 · 2^(52 - bits) rounds to a multiple of 2^-bits; what that leaves is exact. The unit of
    all these is 2^exponent.

    Args:
        values: float64 of at most 2^exponent in magnitude.
        bits: of a slice, 1 to 26.
        count: of slices at most; there are fewer where the rest is 0 before.
        exponent: below 900.

    >>> slices, rest = split(np.array([0.3]), 4, 2)
    >>> [part.item() for part in slices], rest.item()
    ([0.3125, -0.01171875], -0.0007812500000000111)
    """
    slices: list[Array] = []
    while len(slices) < count and (not slices or values.any()):
        shift = 1.5 * 2.0 ** (exponent + 52 - bits * (len(slices) + 1))
        slices.append((values + shift) - shift)
        values = values - slices[-1]
    return slices, values


def sum_twice(parts: Sequence[Array]) -> tuple[Array, Array]:
    """Return a sum in twice the precision, as a total and the sum of all its rounding errors.

    `TwoSum` gives each addition's rounding error without error (Knuth). With n parts the pair's own error is at most
    n² · 2^-106 times the sum of magnitudes.

    >>> sum_twice([np.array([1e16]), np.array([1.0]), np.array([-1e16])])
    (array([0.]), array([1.]))
    """
    total, errors = parts[0], np.zeros_like(parts[0])
    for part in parts[1:]:
        summed = total + part
        virtual = summed - total
        errors += (total - (summed - virtual)) + (part - virtual)
        total = summed
    return total, errors
