"""The oracle: convolution rounded once from the exact sum, with a certificate for those who judge by it.

Requirements, from which the design follows:

1. The value is what exact real arithmetic gives, rounded once, to nearest even, to the output's dtype. Integers are
   exact, or refused; nothing wraps.
2. The same pass gives Σ|input·filters| + |bias|, from which bounds are derived, and tells whether equality is provable.
3. Fast enough for real layers, in bounded memory.

Special values are those of IEEE 754 in exact arithmetic. Inf·0 and Inf - Inf are NaN; a finite sum beyond the dtype
rounds to infinity. A tap in the padding is skipped, so that Inf in the filters meets no zero there. Zero is always +0.

>>> answer = conv2d([[1.0, 2.0], [3.0, 4.0]], [[1.0, -1.0]], dtype=np.float32)
>>> answer.value.tolist(), answer.magnitude.tolist(), answer.terms, answer.is_exact
([[-1.0], [-1.0]], [[3.0], [7.0]], 2, True)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from reference.arguments import Array, PaddingLike, Problem, SizesLike, fault, prepare
from reference.blocks import boxes
from reference.exact import FORMATS
from reference.proofs import prepare_proofs, prove_floats, prove_integers
from reference.specials import special_values

__all__ = ["BUDGET", "FILTER_COPIES", "Exact", "conv1d", "conv2d", "conv3d", "convolve"]

BUDGET = 256 << 20
"""Bytes that the work may take beside arguments and result, unless told otherwise; a small machine can spare that."""

FILTER_COPIES = 20
"""How many float64 copies of the filters are alive at once at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """The exact result of a convolution, rounded once, and what can be proven about sums of its products.

    Attributes:
        value: (batch, *out_sizes, out_channels), or in the caller's layout and rank; the correctly rounded result.
        magnitude: of the same shape, float64: Σ|input·filters| + |bias| of each element. Exact below 2^53 · quantum;
            elsewhere an upper bound, too large by at most (terms + 16)·2^-51 of it; where products leave float64's
            normal range, also by 2^-1000 of the largest or one subnormal step. Infinite where a factor is not finite.
        terms: how many numbers are added for one element: the filter's taps times its channels, and 1 for a bias. At
            the border some of them are padding.
        quantum: a power of two of which every product of finite operands, and the bias, is a multiple; 0 where none is
            known, as when the largest operands' product takes more than 53 bits of it.
        peak: the largest magnitude, factors that are not finite counted as 0.
    """

    value: Array
    magnitude: Array
    terms: int
    quantum: float
    peak: float

    @property
    def is_exact(self) -> bool:
        """Whether every order of summation in the value's own dtype gives `value`, bit for bit but for zeros' signs."""
        return self.is_exact_in(self.value.dtype)

    def is_exact_in(self, dtype: DTypeLike) -> bool:
        """Return whether every order of summation in `dtype`, an accumulator's, adds without a rounding or overflow.

        All partial sums are multiples of the quantum and at most `peak`: they are representable where that is at most
        2^precision quanta, not below the dtype's smallest number and not beyond its largest.
        """
        dtype = np.dtype(dtype)
        if self.peak == 0:
            return True
        if dtype.name not in FORMATS:
            return self.quantum >= 1 and self.peak <= np.iinfo(dtype).max
        style = FORMATS[dtype.name]
        fits = math.frexp(self.peak)[1] <= style.highest and self.quantum >= 2.0**style.lowest
        return fits and self.peak / 2.0**style.precision <= self.quantum


def convolve(problem: Problem, bias: Array | None = None, budget: int = BUDGET) -> Exact:
    """Return the exact result of a problem in normal form; gradients and transposes can be posed as such.

    Args:
        problem: its `dtype` is the output's.
        bias: (out_channels,), or None; not modified.
        budget: bytes that the work may take beside arguments and result. The least it can do with is the filters 20
            times in float64, and one output position.

    Raises:
        ValueError: a dtype is not supported, or the bias has another shape.
        OverflowError: integers whose sum could leave int64 in some order, or whose result does not fit the dtype.
    """
    _check(problem, bias, budget)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        setting = prepare_proofs(problem, bias)
        shape = (len(problem.input), *problem.out_sizes, problem.filters.shape[-1])
        value, magnitude, peak = np.empty(shape, problem.dtype), np.empty(shape), 0.0
        solve = prove_floats if problem.dtype.name in FORMATS else prove_integers
        for box in boxes(problem, budget - 8 * FILTER_COPIES * problem.filters.size):
            values, sizes = solve(setting, box)
            peak = max(peak, float(sizes.max(initial=0)))
            if not setting.finite:
                special = special_values(problem, bias, box)
                values[special != 0], sizes[special != 0] = special[special != 0], math.inf
            value[box], magnitude[box] = (part.reshape(value[box].shape) for part in (values, sizes))
    return Exact(value, magnitude, setting.terms, setting.quantum, peak)


def _check(problem: Problem, bias: Array | None, budget: int) -> None:
    operation, dtype = problem.operation, problem.dtype
    operands = {"input": problem.input, "filters": problem.filters} | ({} if bias is None else {"bias": bias})
    for name, values in operands.items():
        if values.dtype.kind not in "biu" and values.dtype.name not in FORMATS:
            raise fault(operation, name, f"integers or one of {', '.join(FORMATS)}", values.dtype.name)
        if values.dtype.kind not in "biu" and dtype.name not in FORMATS:
            raise fault(
                operation, "dtype", f"one of {', '.join(FORMATS)}", dtype.name, f"{name} is {values.dtype.name}"
            )
    if dtype.kind not in "iu" and dtype.name not in FORMATS:
        raise fault(operation, "dtype", f"an integer dtype or one of {', '.join(FORMATS)}", dtype.name)
    if bias is not None and bias.shape != problem.filters.shape[-1:]:
        raise fault(operation, "bias", f"of shape {problem.filters.shape[-1:]}", bias.shape, "one for each out channel")
    if budget < 1:
        raise fault(operation, "budget", "1 byte or more", budget)


def conv2d(
    input: ArrayLike,
    filters: ArrayLike,
    strides: SizesLike = 1,
    padding: PaddingLike = "VALID",
    data_format: str | None = "NHWC",
    dilations: SizesLike = 1,
    *,
    bias: ArrayLike | None = None,
    dtype: DTypeLike | None = None,
    budget: int = BUDGET,
) -> Exact:
    """Convolve images with filters exactly, and round once.

    Args:
        input: (batch, in_height, in_width, in_channels), integers, float16, bfloat16, float32 or float64; not modified.
        filters: (filter_height, filter_width, in_channels / groups, out_channels), likewise; not modified.
        strides: (vertical, horizontal), input elements per output step, each >= 1.
        padding: `VALID`, `SAME`, a number, or (before, after) pairs; see `reference.arguments.prepare`.
        data_format: `NHWC` or `NCHW`.
        dilations: (vertical, horizontal), input elements between neighbouring taps, each >= 1.
        bias: (out_channels,), added to every position before rounding; not modified.
        dtype: of the output; the operands' own unless given. int8 by int8 asks for `int32`.
        budget: bytes that the work may take beside arguments and result.

    Raises:
        ValueError: an argument has no meaning, or a dtype is not supported; the message names it.
        OverflowError: integers whose sum could leave int64 in some order, or whose result does not fit the dtype.

    >>> pixels = np.full((1, 3, 3, 1), -127, np.int8)
    >>> conv2d(pixels, pixels.reshape(3, 3, 1, 1), dtype=np.int32).value.item()
    145161
    """
    return _run(("conv2d", input, filters, strides, padding, data_format, dilations), bias, dtype, budget)


def conv1d(
    input: ArrayLike,
    filters: ArrayLike,
    stride: SizesLike = 1,
    padding: PaddingLike = "VALID",
    data_format: str | None = "NWC",
    dilations: SizesLike = 1,
    *,
    bias: ArrayLike | None = None,
    dtype: DTypeLike | None = None,
    budget: int = BUDGET,
) -> Exact:
    """Convolve sequences (batch, in_width, in_channels) with filters exactly, and round once; otherwise as `conv2d`.

    >>> conv1d([1.0, 2.0**-60, -1.0], [1.0, 1.0, 1.0]).value == 2.0**-60
    array([ True])
    """
    return _run(("conv1d", input, filters, stride, padding, data_format, dilations), bias, dtype, budget)


def conv3d(
    input: ArrayLike,
    filters: ArrayLike,
    strides: SizesLike = 1,
    padding: PaddingLike = "VALID",
    data_format: str | None = "NDHWC",
    dilations: SizesLike = 1,
    *,
    bias: ArrayLike | None = None,
    dtype: DTypeLike | None = None,
    budget: int = BUDGET,
) -> Exact:
    """Convolve volumes (batch, *in_sizes, in_channels) with filters exactly, and round once; otherwise as `conv2d`.

    >>> conv3d(np.full((2, 3, 4), 0.5), np.full((2, 2, 2), 0.25)).value
    array([[[1., 1., 1.],
            [1., 1., 1.]]])
    """
    return _run(("conv3d", input, filters, strides, padding, data_format, dilations), bias, dtype, budget)


def _run(
    arguments: tuple[str, ArrayLike, ArrayLike, SizesLike, PaddingLike, str | None, SizesLike],
    bias: ArrayLike | None,
    dtype: DTypeLike | None,
    budget: int,
) -> Exact:
    problem = prepare(*arguments)
    if dtype is not None:
        problem = replace(problem, dtype=np.dtype(dtype))
    answer = convolve(problem, None if bias is None else np.asarray(bias), budget)
    magnitude = replace(problem, dtype=np.dtype(np.float64)).finish(answer.magnitude)
    return replace(answer, value=problem.finish(answer.value), magnitude=magnitude)
