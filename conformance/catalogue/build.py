"""From a well-formed entry to a case: shapes made canonical, and everything that shapes must satisfy checked."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import ml_dtypes
import numpy as np

from conformance.case import Case, DType, Kind, Literal, Shape
from conformance.catalogue.schema import CaseEntry, Data
from conformance.catalogue.shapes import ShapeFault, Shapes, resolve
from conformance.data import parse_recipe

__all__ = ["Builder"]

_GIB = 2**30
_COPIES = 3
"""Arrays of each operand that exist at once: the case's, the one handed over, the reference's."""
_BYTES = 8
"""Bytes of an element in the reference, float64 or int64."""

_LARGEST = {
    DType.FLOAT16: float(np.finfo(np.float16).max),
    DType.BFLOAT16: float(ml_dtypes.finfo(ml_dtypes.bfloat16).max),  # type: ignore[no-untyped-call]
    DType.FLOAT32: float(np.finfo(np.float32).max),
    DType.FLOAT64: float(np.finfo(np.float64).max),
    DType.INT32: float(np.iinfo(np.int32).max),
    DType.INT8: float(np.iinfo(np.int8).max),
}

_INTEGERS = (DType.INT32, DType.INT8)

Path = list[str | int]


class Builder:
    """Builds one case from its entry, and gathers what is wrong with it in `faults`, as (path, sentence)."""

    def __init__(self, entry: CaseEntry, budget: float, lacks_output: bool, derived: bool = False) -> None:
        self.faults: list[tuple[Path, str]] = []
        self._entry = entry
        self._budget = budget
        self._lacks_output = lacks_output
        self._derived = derived

    def case(self) -> Case | None:
        """Return the case, or None where there are faults."""
        entry = self._entry
        try:
            shapes = resolve(entry)
        except ShapeFault as fault:
            self._fault(fault.key, fault.text)
            return None
        written = shapes.written["output"]
        self._check_output(shapes, written)
        self._check_bias(shapes)
        for operand in entry.operation.operands:
            self._check_data(operand, getattr(entry.data, operand), shapes.written[operand])
        literal = self._literal(written)
        self._check_memory(shapes)
        if self.faults:
            return None
        return Case(
            id=entry.id,
            operation=entry.operation,
            input=shapes.input,
            filters=shapes.filters,
            output=shapes.output,
            out_backprop=shapes.out_backprop,
            written=shapes.written,
            bias=tuple(entry.bias) if isinstance(entry.bias, list) else entry.bias,
            strides=shapes.strides,
            dilations=shapes.dilations,
            padding=shapes.padding,
            dtype=entry.dtype,
            memory=entry.memory,
            data={name: getattr(entry.data, name) for name in Data.model_fields},
            literal=literal,
            tags=tuple(entry.tags),
            why=entry.why,
            source=entry.source,
            weak=entry.weak,
        )

    def _fault(self, path: str, text: str) -> None:
        self.faults.append((list(path.split(".")), f"{path} {text}"))

    def _check_output(self, shapes: Shapes, written: Shape) -> None:
        if self._lacks_output and self._derived and self._entry.operation.kind is not Kind.TRANSPOSE:
            return
        if self._lacks_output:
            self._fault("output", f"is missing; by the size formula it is {list(written)}")
        elif list(written) != self._entry.output:
            reason = f" ({shapes.formula})" if self._entry.operation.kind is Kind.FORWARD else ""
            self._fault("output", f"must be {list(written)}, but is {self._entry.output}{reason}")

    def _check_bias(self, shapes: Shapes) -> None:
        bias, channels = self._entry.bias, shapes.output[-1]
        if bias is not None and self._entry.operation.kind is not Kind.FORWARD:
            self._fault("bias", f"must be absent, as {self._entry.operation} has none, but is {json.dumps(bias)}")
        elif isinstance(bias, str):
            self._check_data("bias", bias, (channels,))
        elif bias is not None:
            self._check_numbers("bias", bias, (channels,))

    def _check_data(self, operand: str, content: Any, shape: Shape) -> None:
        name = operand if operand == "bias" else f"data.{operand}"
        if isinstance(content, str):
            try:
                recipe = parse_recipe(content)
            except ValueError as error:
                self._fault(name, str(error))
                return
            if not recipe.whole and self._entry.dtype in _INTEGERS:
                text = f"must be whole numbers for {self._entry.dtype}, but {content!r} gives others"
                self._fault(name, f"{text}; integers, wide and sparse are such")
        else:
            self._check_numbers(name, content, shape)

    def _check_numbers(self, name: str, content: Any, shape: Shape) -> None:
        whole = self._entry.dtype in _INTEGERS
        dtype = DType.INT32 if whole and not name.startswith("data") else self._entry.dtype
        largest = _LARGEST[dtype]
        for number in _leaves(content):
            if isinstance(number, bool) or not isinstance(number, int | float):
                self._fault(name, f"must be numbers, but holds {json.dumps(number)}")
                return
            if whole and name.startswith(("data", "bias")) and isinstance(number, float):
                self._fault(name, f"must be whole numbers for {dtype}, but holds {number}")
                return
            if not abs(number) <= largest:
                self._fault(name, f"must be numbers that {dtype} holds, but holds {number!s:.20}")
                return
        try:
            actual = np.asarray(content, np.float64).shape
        except ValueError:
            self._fault(name, f"must be numbers nested to the shape {list(shape)}, but its rows differ in length")
            return
        if actual != shape:
            self._fault(name, f"must be of shape {list(shape)}, but is of shape {list(actual)}")

    def _literal(self, written: Shape) -> Literal | None:
        expect = self._entry.expect
        if expect is None:
            return None
        if isinstance(expect, list):
            self._check_numbers("expect", expect, written)
            return Literal(expect)
        vertical = int(len(self._entry.input) == self._entry.operation.rank + 2)
        rows = expect.rows
        if rows is not None and rows > written[vertical]:
            self._fault("expect.rows", f"must be at most the output's {written[vertical]}, but is {rows}")
            return None
        shape = written if rows is None else (*written[:vertical], rows, *written[vertical + 1 :])
        self._check_numbers("expect.values", expect.values, shape)
        return Literal(expect.values, expect.decimals, expect.rows)

    def _check_memory(self, shapes: Shapes) -> None:
        present = (shapes.input, shapes.filters, shapes.out_backprop or (0,), shapes.output)
        elements = sum(math.prod(shape) for shape in present)
        need = elements * _COPIES * _BYTES / _GIB
        if need > self._budget:
            text = f"needs {need:.4g} GiB, more than the budget of {self._budget:g} GiB; make it smaller"
            self.faults.append(([], f"{text}, or raise --memory-budget"))


def _leaves(content: Any) -> Iterator[Any]:
    if isinstance(content, list):
        for part in content:
            yield from _leaves(part)
    else:
        yield content
