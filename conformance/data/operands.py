"""The arrays of a case, made from what its catalogue says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from conformance.case import Case, DType, Memory, Operation, Shape, numpy_dtype
from conformance.data.recipes import parse_recipe
from conformance.data.source import Array, Source
from conformance.errors import CatalogueError, Fault
from conformance.memory import spread

__all__ = ["Array", "Operands", "channels_last", "laid_out", "make_operands"]

_IMAGES = ("input", "out_backprop")
"""The operands that have a layout; filters are HWIO whatever it is."""


@dataclass(frozen=True, slots=True)
class Operands:
    """The arrays of a case, in its dtype.

    What a gradient is asked for is no operand: it stands here as zeros that take no memory, for its shape. Where a
    call must be refused, that shape may be one that no array has, and it stands here as a single zero.

    Attributes:
        input: channels last.
        filters: HWIO; () for biases.
        bias: one number per output channel, in the output's dtype, or None.
        out_backprop: what arrives at the output, for a gradient, or None.
        pointwise: the filters that mix the channels of a separable convolution, or None.
    """

    input: Array
    filters: Array
    bias: Array | None
    out_backprop: Array | None = None
    pointwise: Array | None = None

    @property
    def given(self) -> dict[str, Array]:
        """The arrays that there are, by name."""
        parts = {name: getattr(self, name) for name in ("input", "filters", "pointwise", "bias", "out_backprop")}
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
        if case.memory is Memory.BROADCAST:
            array = _broadcast(case, operand, array)
        return np.ascontiguousarray(array, numpy_dtype(dtype))

    def blank(shape: Shape) -> Array:
        return np.broadcast_to(np.zeros((), numpy_dtype(case.dtype)), shape)

    names = ("input", "filters", "pointwise", "out_backprop")
    shapes = {name: getattr(case, name) for name in names}
    arrays = {name: fill(name, case.data[name], shapes[name], case.dtype) for name in case.operation.operands}
    count = len(case.bias or ()) if case.refuses else case.out_channels
    bias = None if case.bias is None else fill("bias", case.bias, (count,), case.out_dtype)
    asked = {name: () if case.refuses else shapes[name] for name in ("input", "filters")}
    image, filters = (arrays[name] if name in arrays else blank(shape) for name, shape in asked.items())
    return Operands(image, filters, bias, arrays.get("out_backprop"), arrays.get("pointwise"))


def laid_out(case: Case, operands: Operands) -> Operands:
    """Return the operands as they are handed over: views of them, images in the case's layout."""
    if not case.channels_first:
        return operands
    full = case.operation.rank + 2  # what must be refused may have other axes
    images = {name: part for name, part in operands.given.items() if name in _IMAGES and part.ndim == full}
    return replace(operands, **{name: np.moveaxis(part, -1, 1) for name, part in images.items()})


def channels_last(case: Case, answer: Array) -> Array:
    """Return what came back, in the case's layout, channels last: a view; what has other axes is returned as it is."""
    if not case.channels_first or not case.operation.gives_image or answer.ndim != case.operation.rank + 2:
        return answer
    return np.moveaxis(answer, 1, -1)


def _broadcast(case: Case, operand: str, array: Array) -> Array:
    """Return numbers made equal along the axis that has stride 0 when they are handed over."""
    if operand not in _IMAGES or not case.channels_first:
        return spread(operand, array)
    return np.moveaxis(spread(operand, np.moveaxis(array, -1, 1)), 1, -1)


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
