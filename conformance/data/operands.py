"""The arrays of a case, made from what its catalogue says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from conformance.case import Case, DType, Memory, Operation, Shape, numpy_dtype
from conformance.data.recipes import parse_recipe
from conformance.data.source import Array, Source
from conformance.errors import CatalogueError, Fault
from conformance.memory import spread

__all__ = ["Array", "Operands", "make_operands"]


@dataclass(frozen=True, slots=True)
class Operands:
    """The arrays of a case, in its dtype.

    What a gradient is asked for is no operand: it stands here as zeros that take no memory, for its shape.

    Attributes:
        input: channels last.
        filters: HWIO.
        bias: one number per output channel, in the output's dtype, or None.
        out_backprop: what arrives at the convolution's output, for a gradient, or None.
    """

    input: Array
    filters: Array
    bias: Array | None
    out_backprop: Array | None = None

    @property
    def given(self) -> dict[str, Array]:
        """The arrays that there are, by name."""
        parts = {name: getattr(self, name) for name in ("input", "filters", "bias", "out_backprop")}
        return {name: part for name, part in parts.items() if part is not None}

    def taken_by(self, operation: Operation) -> dict[str, Array]:
        """The arrays that `operation` computes from, by name: its operands, and the bias if there is one."""
        names = (*operation.operands, "bias")
        return {name: part for name, part in self.given.items() if name in names}


def make_operands(case: Case) -> Operands:
    """Return the arrays of `case`: numbers as written or by recipe, shapes canonical, dtype the case's.

    Raises:
        CatalogueError: a recipe gives numbers that the dtype does not hold.
    """
    streams: dict[int, np.random.Generator] = {}

    def fill(operand: str, content: Any, shape: Shape, dtype: DType) -> Array:
        source = Source(case, operand, streams)
        numbers = parse_recipe(content)(shape, source) if isinstance(content, str) else np.asarray(content)
        _check_range(case, operand, numbers, dtype)
        array = numbers.reshape(shape)
        array = spread(operand, array) if case.memory is Memory.BROADCAST else array
        return np.ascontiguousarray(array, numpy_dtype(dtype))

    def blank(shape: Shape) -> Array:
        return np.broadcast_to(np.zeros((), numpy_dtype(case.dtype)), shape)

    shapes = {"input": case.input, "filters": case.filters, "out_backprop": case.out_backprop or ()}
    arrays = {name: fill(name, case.data[name], shapes[name], case.dtype) for name in case.operation.operands}
    bias = None if case.bias is None else fill("bias", case.bias, (case.out_channels,), case.out_dtype)
    image, filters = (arrays[name] if name in arrays else blank(shapes[name]) for name in ("input", "filters"))
    return Operands(image, filters, bias, arrays.get("out_backprop"))


def _check_range(case: Case, operand: str, numbers: Array, dtype: DType) -> None:
    """Refuse whole numbers that would wrap round in an integer dtype."""
    kind = numpy_dtype(dtype)
    if kind.kind != "i" or not numbers.size:
        return
    least, most, limits = numbers.min(), numbers.max(), np.iinfo(kind)
    if least < limits.min or most > limits.max:
        name = operand if operand == "bias" else f"data.{operand}"
        text = f"{name} must be numbers from {limits.min} to {limits.max} for {dtype}, but is from {least} to {most}"
        raise CatalogueError([Fault(Path(case.catalogue or "cases.yaml"), case.line, text, f"case {case.id!r}")])
