"""What must come out of a case, and whether equality may be asked.

**Why equality can be proved.** Where all operands are whole numbers and Σ|input·filters| + |bias| of an output element
stays within 2^p, p being the dtype's significant bits, every product and every partial sum, in whatever order, is a
whole number within 2^p too. Such numbers are exact in the dtype, so no step rounds, and every order of summation gives
the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from conformance.case import Case
from conformance.data import Array, Operands
from reference import windows

__all__ = ["Expected", "expect"]

_EXACT_INTEGERS = {"float32": 24, "float64": 53}
"""p: the dtype holds every whole number up to 2^p. Source: IEEE 754-2019, table 3.5."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The right answer to a case.

    Attributes:
        value: NHWC, float64. Exact where `exact`; else rounded by at most `terms` roundings of float64.
        magnitude: Σ|input·filters| + |bias| of each element, what error bounds are made from.
        terms: products behind an element, and 1 for the bias.
        exact: whether every order of summation gives the same bits in the case's dtype.
        limit: the largest magnitude that the dtype's whole numbers allow for that.
    """

    value: Array
    magnitude: Array
    terms: int
    exact: bool
    limit: int

    @property
    def proof(self) -> str:
        """Why equality may be asked, or why not."""
        largest = self.magnitude.max(initial=0)
        total, limit = f"Σ|input·filters| + |bias| is at most {largest:,.10g}", f"2^{self.limit.bit_length() - 1}"
        if self.exact:
            return f"whole numbers, {total} ≤ {limit}: every order of summation gives the same bits"
        return f"{total}, and not all operands are whole numbers" if largest <= self.limit else f"{total} > {limit}"


def expect(case: Case, operands: Operands) -> Expected:
    """Return the right answer to `case` for `operands`, computed by the reference in float64."""
    value = _convolve(case, operands.input, operands.filters, operands.bias)
    parts = (operands.input, operands.filters, operands.bias)
    magnitude = _convolve(case, *(None if part is None else np.abs(part) for part in parts))
    limit = 2 ** _EXACT_INTEGERS[case.dtype]
    whole = all(part is None or bool(np.all(part == np.rint(part))) for part in parts)
    terms = int(np.prod(case.filters[:3])) + (operands.bias is not None)
    exact = whole and bool(magnitude.max(initial=0) <= limit)
    return Expected(value, magnitude, terms, exact, limit)


def _convolve(case: Case, image: Array | None, filters: Array | None, bias: Array | None) -> Array:
    assert image is not None and filters is not None
    output = windows.conv2d(
        image.astype(np.float64),
        filters.astype(np.float64),
        strides=case.strides,
        padding=case.padding,
        dilations=case.dilations,
    )
    return output if bias is None else output + bias.astype(np.float64)
