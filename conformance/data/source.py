"""What a recipe draws from: the stream of the case, and how large sums may become without a rounding."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from conformance.case import Case, DType, Map, Operation, Shape, numpy_dtype

__all__ = ["Array", "Source", "from_lanes", "precision", "to_lanes"]

Array = NDArray[Any]

_LARGEST_SUM = {
    DType.FLOAT16: 65504,
    DType.BFLOAT16: 2**24,
    DType.FLOAT32: 2**24,
    DType.FLOAT64: 2**53,
    DType.INT32: 2**31 - 1,
    DType.INT8: 2**31 - 1,
}
"""Σ|input·filters| up to which no order of summation rounds. float16 and bfloat16 are summed in float32, so that
float16 is limited by its largest number only; int8 is summed in int32."""

_LARGEST_BIAS = 4095
"""What a recipe for the bias draws at most."""


@dataclass(slots=True)
class Source:
    """The case and the operand that numbers are for.

    Attributes:
        case: gives its id to the stream, and shapes and dtype to the recipes that depend on them.
        operand: `input`, `filters`, `pointwise`, `out_backprop` or `bias`.
        streams: NumPy's generators that were begun, by seed; shared between the operands of a case.
    """

    case: Case
    operand: str
    streams: dict[int, np.random.Generator] = field(default_factory=dict)

    def numbers(self, size: int, width: int = 2) -> Array:
        """Return `size` whole numbers of `width` bytes of the case's stream each, the low byte first, as int64."""
        stream = hashlib.shake_128(f"{self.case.id}/{self.operand}".encode()).digest(width * size)
        return np.frombuffer(stream, f"<u{width}").astype(np.int64)

    @property
    def is_image(self) -> bool:
        """Whether the operand has a batch: the input, or what arrives at the output of a convolution."""
        return self.operand in ("input", "out_backprop")

    @property
    def terms(self) -> int:
        """How many products an output element is the sum of, at most."""
        case, operation = self.case, self.case.operation
        spatial = math.prod(case.filters[:-2])
        if operation.map is Map.TO_FILTERS:
            arriving = case.input if operation.is_transposed else case.out_backprop or ()
            return max(1, math.prod(arriving[:-1]))
        if operation is Operation.SEPARABLE_CONV2D:
            return max(1, math.prod(case.filters))
        if operation is Operation.BIAS_ADD or operation is Operation.DEPTHWISE_CONV2D:
            return max(1, spatial)
        return max(1, spatial * case.filters[-2 if operation.map is Map.TO_OUTPUT else -1])

    @property
    def lanes(self) -> tuple[int, ...]:
        """The axes of the operand over which no sum runs: what differs there belongs to sums apart."""
        operation = self.case.operation
        if operation.map is Map.TO_FILTERS or self.operand == "pointwise":
            return (-1,)
        if self.is_image:
            return (0,)
        if operation.map is Map.TO_INPUT:
            return (-2,)
        return (-2, -1) if operation.is_depthwise else (-1,)

    @property
    def limit(self) -> int:
        """Return up to which Σ|input·filters| equality can be proven; see `judgement.expected`."""
        dtype, bias = self.case.dtype, self.case.bias
        if bias is None:
            return _LARGEST_SUM[dtype]
        half = dtype in (DType.FLOAT16, DType.BFLOAT16)  # the bias may be added after the sum has been rounded
        share = _LARGEST_BIAS if isinstance(bias, str) else max(map(abs, bias), default=0)
        limit = 2 ** precision(dtype) if half else _LARGEST_SUM[dtype]
        return max(limit - math.ceil(share), limit // 2)


def precision(dtype: DType) -> int:
    """Return p, the number of significant bits: every whole number below 2^p is held exactly."""
    kind = numpy_dtype(dtype)
    if kind.kind == "i":
        return int(np.iinfo(kind).bits) - 1
    return int(ml_dtypes.finfo(kind).nmant) + 1  # type: ignore[no-untyped-call]


def to_lanes(array: Array, lanes: tuple[int, ...]) -> Array:
    """Return a copy of `array` as (terms, lanes): what sums run over, and what sums are apart."""
    moved = np.moveaxis(array, lanes, range(-len(lanes), 0))
    terms, apart = moved.shape[: -len(lanes)], moved.shape[-len(lanes) :]
    return np.array(moved.reshape(math.prod(terms), math.prod(apart)))


def from_lanes(table: Array, shape: Shape, lanes: tuple[int, ...]) -> Array:
    """Return what `to_lanes` made a table of, in its shape."""
    moved = np.moveaxis(np.empty(shape, bool), lanes, range(-len(lanes), 0)).shape
    return np.moveaxis(table.reshape(moved), range(-len(lanes), 0), lanes)
