"""What must come out of a case, and whether equality may be asked.

**Why equality can be proved.** Let all products and the bias of an output element be multiples of some power of two q
(whole numbers: q = 1), and let Σ|input·filters| + |bias| be at most 2^p·q, p being the dtype's significant bits. Then
every product and every partial sum, in whatever order, is a multiple of q within 2^p·q too. Such numbers are exact in
the dtype, so no step rounds, and every order of summation gives the same bits. For float16 and bfloat16 the same is
asked of float32, in which their sums are made; the one rounding at the end is the same for all. With a bias, which may
be added before that rounding or after, it is asked of the dtype itself. Integers do not round, and where a sum wraps on
the way the last addition wraps it back: of them equality is always asked, as long as the result fits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from conformance.case import Case, DType, Kind, numpy_dtype
from conformance.data import Array, Operands
from conformance.errors import CatalogueError, Fault
from conformance.judgement.answers import Unprovable, exact_answer
from conformance.judgement.formats import ACCUMULATOR, FORMATS
from conformance.judgement.norms import Norms, norms_of
from conformance.judgement.special import on_padding
from reference import oracle

__all__ = ["Expected", "expect"]


@dataclass(frozen=True, slots=True)
class Expected:
    """The right answer to a case.

    Attributes:
        value: of the case's output shape, float64: the exact sum, rounded once to the case's dtype.
        magnitude: Σ|input·filters| + |bias| of each element, what error bounds are made from.
        largest: |value| + |bias|, the largest number that may be rounded to the dtype on the way: of a sum that
            overflows at the end, not Inf but what it was before.
        terms: products behind an element, and 1 for the bias.
        exact: whether every order of summation gives the same bits.
        proof: why equality may be asked, or why not, in words.
        norms: of the operands, what the bound of fast algorithms is made from.
        padding: where a filter's tap that is not finite lies on padding, to broadcast; None for nowhere.
    """

    value: Array
    magnitude: Array
    largest: Array
    terms: int
    exact: bool
    proof: str
    norms: Norms = field(default_factory=Norms)
    padding: Array | None = None


def expect(case: Case, operands: Operands) -> Expected:
    """Return the right answer to `case` for `operands`, and the proof that goes with it.

    Raises:
        CatalogueError: there is none: integers overflow, or a separable convolution is not exact.
    """
    try:
        answer = exact_answer(case, operands)
    except OverflowError as error:
        raise CatalogueError([Fault(Path(case.catalogue), 0, f"its sums leave int32: {error}", case.id)]) from error
    except Unprovable as error:
        raise CatalogueError([Fault(Path(case.catalogue), 0, str(error), case.id)]) from error
    value = answer.value.astype(np.float64).reshape(case.output)
    magnitude = answer.magnitude.reshape(case.output)
    style = ACCUMULATOR[case.out_dtype] if operands.bias is None else case.out_dtype
    exact = FORMATS[case.out_dtype].smallest_normal == 0 or answer.is_exact_in(numpy_dtype(style))
    largest = np.abs(_unrounded(case, operands, value, magnitude))
    if operands.bias is not None:
        largest = largest + np.abs(operands.bias.astype(np.float64))
    proof = _proof(case, answer, style, exact)
    norms, padding = norms_of(case, operands), on_padding(case, operands)
    return Expected(value, magnitude, largest, answer.terms, exact, proof, norms, padding)


def _unrounded(case: Case, operands: Operands, value: Array, magnitude: Array) -> Array:
    """Return the value, with the sums that float64 holds where the dtype has Inf for them."""
    beyond = np.isinf(value) & np.isfinite(magnitude)
    if case.out_dtype is DType.FLOAT64 or not beyond.any():
        return value
    wide = exact_answer(replace(case, dtype=DType.FLOAT64), operands).value.astype(np.float64)
    return np.where(beyond, wide.reshape(case.output), value)


def _proof(case: Case, answer: oracle.Exact, style: DType, exact: bool) -> str:
    bias = " + |bias|" if case.operation.kind is Kind.FORWARD else ""
    total = f"Σ|{'·'.join(case.operation.operands)}|{bias} is at most {answer.peak:,.10g}"
    if not exact:
        return f"sums may round, {total}"
    if answer.peak == 0:
        return "every product is 0, and so is every sum"
    if FORMATS[case.out_dtype].smallest_normal == 0:
        return f"whole numbers that {case.out_dtype} holds, which never rounds; {total}"
    power = round(math.log2(answer.quantum))
    numbers = f"multiples of 2^{power}" if power else "whole numbers"
    limit = f"2^{FORMATS[style].bits + power}"
    return f"{numbers}, {total} ≤ {limit}: every order of summation gives the same bits"
