"""The number formats of the judgement, in one table, and in which of them sums are made.

Source: IEEE 754-2019, table 3.5 (binary16, 32, 64); Intel, "BFLOAT16 hardware numerics definition" (2018).
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.case import DType

__all__ = ["ACCUMULATOR", "FORMATS", "Format"]


@dataclass(frozen=True, slots=True)
class Format:
    """A binary format.

    Attributes:
        bits: p, significant bits: every whole number up to 2^p is held exactly.
        smallest_normal: below it an implementation may flush to zero, so that no smaller error is counted; 0 for
            integers, which do not round.
        largest: the largest finite number.
    """

    bits: int
    smallest_normal: float
    largest: float

    @property
    def unit_roundoff(self) -> float:
        """u, half the distance from 1 to the next number: the largest relative error of one rounding."""
        return 2.0**-self.bits


FORMATS = {
    DType.FLOAT16: Format(11, 2.0**-14, (2 - 2.0**-10) * 2.0**15),
    DType.BFLOAT16: Format(8, 2.0**-126, (2 - 2.0**-7) * 2.0**127),
    DType.FLOAT32: Format(24, 2.0**-126, (2 - 2.0**-23) * 2.0**127),
    DType.FLOAT64: Format(53, 2.0**-1022, (2 - 2.0**-52) * 2.0**1023),
    DType.INT32: Format(31, 0.0, 2.0**31 - 1),
}

ACCUMULATOR = {
    DType.FLOAT16: DType.FLOAT32,
    DType.BFLOAT16: DType.FLOAT32,
    DType.FLOAT32: DType.FLOAT32,
    DType.FLOAT64: DType.FLOAT64,
    DType.INT32: DType.INT32,
}
"""The format of products and sums. float16 and bfloat16 are summed in float32 and rounded once, as TensorFlow's and
oneDNN's CPU kernels do: with their own 11 and 8 bits hardly a sum would be right."""
