"""What must come out of a case, and whether equality may be asked.

**Why equality can be proved.** Let all products and the bias of an output element be multiples of some power of two q
(whole numbers: q = 1), and let Σ|input·filters| + |bias| be at most 2^p·q, p being the dtype's significant bits. Then
every product and every partial sum, in whatever order, is a multiple of q within 2^p·q too. Such numbers are exact in
the dtype, so no step rounds, and every order of summation gives the same bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from conformance.case import Case
from conformance.data import Array, Operands
from reference import oracle

__all__ = ["SIGNIFICANT_BITS", "Expected", "expect"]

SIGNIFICANT_BITS = {"float32": 24, "float64": 53}
"""p: the dtype holds every whole number up to 2^p. Source: IEEE 754-2019, table 3.5."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The right answer to a case.

    Attributes:
        value: NHWC, float64: the exact sum, rounded once to the case's dtype.
        magnitude: Σ|input·filters| + |bias| of each element, what error bounds are made from.
        terms: products behind an element, and 1 for the bias.
        exact: whether every order of summation gives the same bits in the case's dtype.
        proof: why equality may be asked, or why not, in words.
    """

    value: Array
    magnitude: Array
    terms: int
    exact: bool
    proof: str


def expect(case: Case, operands: Operands) -> Expected:
    """Return the right answer to `case` for `operands`, and the proof that goes with it."""
    answer = oracle.conv2d(
        operands.input,
        operands.filters,
        strides=case.strides,
        padding=case.padding,
        dilations=case.dilations,
        bias=operands.bias,
    )
    value = answer.value.astype(np.float64)
    return Expected(value, answer.magnitude, answer.terms, answer.is_exact, _proof(answer, case.dtype))


def _proof(answer: oracle.Exact, dtype: str) -> str:
    total = f"Σ|input·filters| + |bias| is at most {answer.peak:,.10g}"
    if not answer.is_exact:
        return f"sums may round, {total}"
    power = round(math.log2(answer.quantum or 1))
    numbers = f"multiples of 2^{power}" if power else "whole numbers"
    limit = f"2^{SIGNIFICANT_BITS[dtype] + power}"
    return f"{numbers}, {total} ≤ {limit}: every order of summation gives the same bits"
