"""Proofs: how the oracle computes a box of outputs, and why every element is rounded correctly.

Each element is answered by the first of four steps that can prove its answer. u = 2^-53, K = products behind it,
m = the computed Σ|input·filters| + |bias|. Operands whose products could leave float64's range are first scaled by
powers of two; below, they are taken to be at most 1.

- *Integers.* Where all products are multiples of a quantum q and m < 2^53·q, the float64 sum is exact in every order:
  sums of magnitudes only grow, rounding is monotonic and 2^53·q representable, so a partial sum that had reached it
  would have kept m there. Partial sums of the signed products are smaller still.
- *Interval* (Ziv's test). Float64 gives a sum in any order within γ(K + 4)·Σ < (K + 16)·u·m of the exact one (Higham,
  equation 3.5; four for the operands' conversion, the bias and the ends of the interval). Where both ends of that
  interval round to the same number, so does the exact sum, because rounding is monotonic. The ends are rounded, never
  a rounded sum, so nothing is rounded twice.
- *Slices* (Ozaki). Both operands are split, without error, into d slices of b bits with K·2^2b <= 2^53, and a rest of
  at most 2^-db / 2. The products of slices are exact by the first argument; only products with a rest are rounded,
  with an error below (K + 16)·u·min(3·m, K·2^-db). All are added in twice the precision, for Ziv's test again, 40 bits
  sharper.
- *Python integers*, for the elements left: exact, and rounded as integers. They are added up from the products of
  slices where these have no rest, otherwise from the operands.

Underflow breaks the first three by at most 2^-1075 an operation. It is ruled out where the smallest product is above
2^-960, and otherwise paid for by a `floor` under every error.

Source: Ziv, "Fast evaluation of elementary mathematical functions with correctly rounded last bit", ACM TOMS 17 (1991);
Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1 (2002); Ozaki et al., see `reference.exact`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from reference.arguments import Array, Problem, fault
from reference.blocks import ROW_COPIES, Box, crop, dot, dot_and_size, filter_matrix, gather, multiply
from reference.exact import FORMATS, exact_dot, exact_sum, round_scaled, round_to, scaled, split, sum_twice, survey

__all__ = ["Setting", "prepare_proofs", "prove_floats", "prove_integers"]

UNIT = 2.0**-53
"""Unit roundoff of float64."""

DEPTHS = (2, 6)
"""Slices tried in turn: 2 settle nearly all that the interval leaves; 6 have no rest if operands span 100 bits."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for all boxes of one problem.

    Attributes:
        problem: with the output's dtype.
        bias: (out_channels,), finite, in its own dtype, or None.
        filters: as a matrix of `filter_matrix`, finite, in their own dtype.
        matrix: the same in float64, times 2^-exponents[1].
        exponents: of the powers of two that input and filters are divided by; 0 where no product could leave the range.
        peaks: of the powers of two that input and filters are at most, so divided.
        quantum: see `Exact`.
        floor: what underflow can cost, in scaled units; 0 where nothing underflows.
        finite: whether all operands are.
        split: the matrix's slices by their depth, once they were asked for.
    """

    problem: Problem
    bias: Array | None
    filters: Array
    matrix: Array
    exponents: tuple[int, int]
    peaks: tuple[int, int]
    quantum: float
    floor: float
    finite: bool
    split: dict[int, tuple[list[Array], Array]] = field(default_factory=dict)

    @property
    def terms(self) -> int:
        """How many numbers are added for one element."""
        return int(self.matrix.shape[1]) + (self.bias is not None)

    @property
    def exponent(self) -> int:
        """Of the power of two that sums are divided by."""
        return self.exponents[0] + self.exponents[1]

    @property
    def slack(self) -> float:
        """The relative error of a float64 sum in any order, and of the ends of an interval round it."""
        return (self.terms + 16) * UNIT

    @property
    def limit(self) -> float:
        """The scaled magnitude below which float64 sums are exact."""
        return 0.0 if self.floor else float(np.ldexp(self.quantum, 53 - self.exponent))

    @property
    def bits(self) -> int:
        """How wide slices are, so that a sum of products of two slices takes at most 53 bits."""
        return (53 - int(self.matrix.shape[1]).bit_length()) // 2

    def slices(self, depth: int) -> tuple[list[Array], Array]:
        """Return the matrix as slices and a rest, split once for all boxes."""
        if depth not in self.split:
            self.split[depth] = split(self.matrix, self.bits, depth, self.peaks[1])
        return self.split[depth]


def prepare_proofs(problem: Problem, bias: Array | None) -> Setting:
    """Survey the operands and return what the proofs need of them."""
    right = survey(problem.filters, finest=UNIT)
    left = survey(problem.input, finest=UNIT * right.peak / right.quantum if right.quantum else math.inf)
    quantum, finite = left.quantum * right.quantum, left.finite and right.finite
    exponents, peaks = (0, 0), (math.frexp(left.peak)[1], math.frexp(right.peak)[1])
    if max(peaks) > 480 or min(left.lowest, right.lowest) < 2.0**-480:
        exponents, peaks = (max(peaks[0], -1000), max(peaks[1], -1000)), (0, 0)
    lost = np.ldexp(left.lowest, -exponents[0]) * np.ldexp(right.lowest, -exponents[1]) < 2.0**-960
    if bias is not None:
        added = survey(bias)
        quantum, finite = min(quantum, added.quantum), finite and added.finite
        bias = finite_part(bias)
        lost |= not np.array_equal(scaled(scaled(bias, -sum(exponents)), sum(exponents)), bias)
    filters = filter_matrix(problem, finite_part(problem.filters))
    matrix = scaled(filters, -exponents[1])
    floor = (matrix.shape[1] + 1) * 2.0**-1060 if lost else 0.0
    return Setting(problem, bias, filters, matrix, exponents, peaks, quantum, floor, finite)


def finite_part(values: Array) -> Array:
    """Return values with 0 in place of NaN and infinity."""
    if values.dtype.kind in "biu":
        return values
    good = np.isfinite(values)
    return values if good.all() else np.where(good, values, values.dtype.type(0))


def prove_integers(setting: Setting, box: Box) -> tuple[Array, Array]:
    """Return a box's exact integers in the dtype, and their magnitudes, (positions, out_channels).

    Raises:
        OverflowError: int64 could overflow in some order of summation, or a result does not fit the dtype.
    """
    problem, bias = setting.problem, setting.bias
    image = crop(problem, problem.input, box)
    values, sizes = dot_and_size(problem, image.astype(np.float64), setting.matrix)
    if bias is not None:
        values, sizes = values + bias, sizes + np.abs(bias.astype(np.float64))
    largest = sizes.max(initial=0)
    if largest >= 2.0**53:
        sizes = np.where(sizes < 2.0**53, sizes, sizes * (1 + 2 * setting.slack))
        if largest * (1 + 2 * setting.slack) >= 2.0**63:
            why = "int64 could overflow in some order of summation"
            raise OverflowError(
                fault(problem.operation, "Σ|input·filters| + |bias|", "below 2^63", f"{largest:.4g}", why)
            )
        values = dot(problem, image.astype(np.int64), filter_matrix(problem, problem.filters.astype(np.int64)))
        values = values if bias is None else values + bias.astype(np.int64)
    bounds = np.iinfo(problem.dtype)
    for extreme in (values.min(initial=0), values.max(initial=0)):
        if not bounds.min <= extreme <= bounds.max:
            expected = f"an integer dtype that holds {int(extreme)}"
            raise OverflowError(fault(problem.operation, "dtype", expected, problem.dtype, "ask for a wider `dtype`"))
    return values.astype(problem.dtype), sizes


def prove_floats(setting: Setting, box: Box) -> tuple[Array, Array]:
    """Return a box's values rounded to the dtype, and its magnitudes, (positions, out_channels)."""
    problem, exponent = setting.problem, setting.exponent
    image = finite_part(crop(problem, problem.input, box))
    total, size = dot_and_size(problem, scaled(image, -setting.exponents[0]), setting.matrix)
    if setting.bias is not None:
        bias = scaled(setting.bias, -exponent)
        total, size = np.add(total, bias, out=total), np.add(size, np.abs(bias), out=size)
    if setting.floor:
        size += setting.floor
    if size.max(initial=0) < setting.limit:
        values, upper = round_to(scaled(total, exponent), problem.dtype), scaled(size, exponent)
    else:
        error = size * setting.slack
        if setting.floor or setting.limit:
            error = np.where(size < setting.limit, 0.0, error + setting.floor)
        values, sure = _settled(setting, total - error, total + error)
        rows = np.flatnonzero(~sure.all(axis=1))
        for part in np.array_split(rows, -(-len(rows) * ROW_COPIES // len(sure))) if len(rows) else ():
            values[part] = _settled_rows(setting, image, part, values[part], sure[part], size[part])
        upper = _upper(setting, size)
    values += problem.dtype.type(0)
    return values, upper


def _upper(setting: Setting, size: Array) -> Array:
    """Return scaled magnitudes, scaled back, and where they are not exact, raised above what rounding may have lost."""
    exact, factor = scaled(size, setting.exponent), 1 + 2 * setting.slack
    upper = np.nextafter(exact * factor, math.inf) if setting.exponent < 0 else exact * factor
    return np.where(size < setting.limit, exact, upper) if setting.limit else upper


def _settled(setting: Setting, low: Array, high: Array) -> tuple[Array, Array]:
    """Return scaled lower bounds rounded to the dtype, and where the upper bounds round to the same number.

    Scaling back rounds float64's subnormals a second time: they are never sure.
    """
    dtype = setting.problem.dtype
    ends = [scaled(end, setting.exponent) for end in (low, high)]
    values, others = (round_to(end, dtype) for end in ends)
    sure = values == others
    if dtype == np.float64 and setting.exponent < 0:
        sure &= (np.abs(ends[0]) > 2.0**-1021) | ((low == 0) & (high == 0))
    return values, sure


def _is_sliceable(setting: Setting) -> bool:
    """Return whether all operands are float64 without error, as wide integers may not be."""
    operands = (setting.problem.input, setting.problem.filters, setting.bias)
    return not any(
        values is not None and values.dtype.kind in "iu" and values.dtype.itemsize == 8 for values in operands
    )


def _settled_rows(setting: Setting, image: Array, rows: Array, values: Array, sure: Array, size: Array) -> Array:
    """Return the values at some positions of a cropped input, those that are not sure by slices or as integers."""
    problem, dtype = setting.problem, setting.problem.dtype.name
    columns = gather(problem, image, rows)
    for depth in DEPTHS if _is_sliceable(setting) else ():
        rows = np.flatnonzero(~sure.all(axis=1))
        parts, error = _sliced(setting, scaled(columns[:, rows], -setting.exponents[0]), size[rows], depth)
        found, proven = _settled(setting, *_interval(setting, parts, error))
        values[rows], sure[rows] = np.where(sure[rows], values[rows], found), sure[rows] | proven
        if not error.any():
            for row, channel in np.argwhere(~sure[rows]).tolist():
                total, base = exact_sum(np.array([part[row, channel] for part in parts]))
                values[rows[row], channel] = round_scaled(total, base + setting.exponent, FORMATS[dtype])
            return values
    for row, channel in np.argwhere(~sure).tolist():
        group, column = divmod(channel, setting.matrix.shape[2])
        added = np.zeros(0) if setting.bias is None else setting.bias[channel : channel + 1]
        total, base = exact_dot(columns[group, row], setting.filters[group, :, column], added)
        values[row, channel] = round_scaled(total, base, FORMATS[dtype])
    return values


def _sliced(setting: Setting, columns: Array, size: Array, depth: int) -> tuple[list[Array], Array]:
    """Return parts of the exact sums, and a bound of what they lack: 0 where the slices have no rest."""
    left, left_rest = split(columns, setting.bits, depth, setting.peaks[0])
    right, right_rest = setting.slices(depth)
    parts = [multiply(one, other) for one in left for other in right]
    error = np.full_like(size, setting.floor)
    if left_rest.any() or right_rest.any():
        parts += [multiply(left_rest, setting.matrix), multiply(columns - left_rest, right_rest)]
        most = setting.matrix.shape[1] * 2.0 ** (sum(setting.peaks) - depth * setting.bits)
        error += setting.slack * np.minimum(3 * size, most)
    if setting.bias is not None:
        parts.append(np.broadcast_to(scaled(setting.bias, -setting.exponent), size.shape))
    return parts, error


def _interval(setting: Setting, parts: list[Array], error: Array) -> tuple[Array, Array]:
    """Return an interval round the sums of parts that lack at most `error`."""
    total, correction = sum_twice(parts)
    sizes: Array = np.sum([np.abs(part) for part in parts], axis=0)
    error = error + len(parts) ** 2 * UNIT * UNIT * 2 * sizes
    ends = total + (correction - error), total + (correction + error)
    if setting.problem.dtype == np.float64:
        return ends
    return np.nextafter(ends[0], -math.inf), np.nextafter(ends[1], math.inf)
