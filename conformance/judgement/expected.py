"""What must come out of a case, and whether equality may be asked.

**Why equality can be proved.** Let all products and the bias of an output element be multiples of some power of two q
(whole numbers: q = 1), and let Σ|input·filters| + |bias| be at most 2^p·q, p being the dtype's significant bits. Then
every product and every partial sum, in whatever order, is a multiple of q within 2^p·q too. Such numbers are exact in
the dtype, so no step rounds, and every order of summation gives the same bits. For float16 and bfloat16 the same is
asked of float32, in which their sums are made; the one rounding at the end is the same for all. With a bias, which may
be added before that rounding or after, it is asked of the dtype itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from conformance.case import Case, DType, numpy_dtype
from conformance.data import Array, Operands
from conformance.errors import CatalogueError, Fault
from conformance.judgement.formats import ACCUMULATOR, FORMATS
from reference import oracle

__all__ = ["Expected", "expect"]


@dataclass(frozen=True, slots=True)
class Expected:
    """The right answer to a case.

    Attributes:
        value: NHWC, float64: the exact sum, rounded once to the case's dtype.
        magnitude: Σ|input·filters| + |bias| of each element, what error bounds are made from.
        largest: |value| + |bias|, the largest number that may be rounded to the dtype on the way.
        terms: products behind an element, and 1 for the bias.
        exact: whether every order of summation gives the same bits.
        proof: why equality may be asked, or why not, in words.
    """

    value: Array
    magnitude: Array
    largest: Array
    terms: int
    exact: bool
    proof: str


def expect(case: Case, operands: Operands) -> Expected:
    """Return the right answer to `case` for `operands`, and the proof that goes with it."""
    try:
        answer = oracle.conv2d(
            operands.input,
            operands.filters,
            strides=case.strides,
            padding=case.padding,
            dilations=case.dilations,
            bias=operands.bias,
        )
    except OverflowError as error:
        raise CatalogueError([Fault(Path(case.catalogue), 0, f"its sums leave int32: {error}", case.id)]) from error
    value = answer.value.astype(np.float64)
    style = ACCUMULATOR[case.dtype] if operands.bias is None else case.dtype
    exact = answer.is_exact_in(numpy_dtype(style))
    largest = np.abs(value) if operands.bias is None else np.abs(value) + np.abs(operands.bias.astype(np.float64))
    return Expected(value, answer.magnitude, largest, answer.terms, exact, _proof(answer, style, exact))


def _proof(answer: oracle.Exact, style: DType, exact: bool) -> str:
    total = f"Σ|input·filters| + |bias| is at most {answer.peak:,.10g}"
    if not exact:
        return f"sums may round, {total}"
    power = round(math.log2(answer.quantum or 1))
    numbers = f"multiples of 2^{power}" if power else "whole numbers"
    limit = f"2^{FORMATS[style].bits + power}"
    return f"{numbers}, {total} ≤ {limit}: every order of summation gives the same bits"
