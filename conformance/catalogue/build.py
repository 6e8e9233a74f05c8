"""From a well-formed entry to a case: shapes made canonical, and everything that shapes must satisfy checked."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import ml_dtypes
import numpy as np

from conformance.case import Case, DType, Kind, Literal, Operation, Shape
from conformance.catalogue.numbers import extremes, overflow
from conformance.catalogue.refused import OPERAND_BYTES
from conformance.catalogue.resolve import Resolution, Shapes, resolve
from conformance.catalogue.schema import CaseEntry, Data
from conformance.data import parse_recipe

__all__ = ["Builder", "memory_needed"]

_GIB = 2**30
_RESULT_BYTES = 120
"""Bytes for an element of the output: the answers, value and bounds of two questions, and the oracle's work.

This and `OPERAND_BYTES` come from peaks measured with `-i reference`, the larger of many kinds: 31 for an operand; for
the output 71 where equality is proved, and 124 in float64."""

_MISSING_OUTPUT = "is missing; state the shape that must come out"

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

    def __init__(
        self,
        entry: CaseEntry,
        budget: float,
        lacks_output: bool,
        derived: bool = False,
        doubtful: Collection[str] = (),
    ) -> None:
        self.faults: list[tuple[Path, str]] = []
        self._entry = entry
        self._budget = budget
        self._lacks_output = lacks_output
        self._derived = derived
        self._doubtful = doubtful

    def case(self) -> Case | None:
        """Return the case, or None where there are faults, or keys that cannot be relied on."""
        entry = self._entry
        found = resolve(entry, {*self._doubtful, "output"} if self._lacks_output else self._doubtful)
        for fault in found.faults:
            self._fault(fault.key, fault.text)
        self._check_output(found)
        self._check_bias(found.channels)
        for operand in entry.operation.operands:
            self._check_data(operand, getattr(entry.data, operand), found.written.get(operand))
        literal = self._literal(found.written.get("output"))
        self._check_memory(found)
        if self.faults or self._doubtful or found.shapes is None:
            return None
        case = self._assemble(found.shapes, literal)
        wrapping = overflow(case)
        if wrapping:
            self.faults.append(([], wrapping))
        return None if wrapping else case

    def _assemble(self, shapes: Shapes, literal: Literal | None) -> Case:
        entry = self._entry
        return Case(
            id=entry.id,
            operation=entry.operation,
            input=shapes.input,
            filters=shapes.filters,
            output=shapes.output,
            out_backprop=shapes.out_backprop,
            pointwise=shapes.pointwise,
            written=shapes.written,
            bias=tuple(entry.bias) if isinstance(entry.bias, list) else entry.bias,
            strides=shapes.strides,
            dilations=shapes.dilations,
            padding=shapes.padding,
            data_format=entry.data_format or "",
            dtype=entry.dtype,
            memory=entry.memory,
            data={name: getattr(entry.data, name) for name in Data.model_fields},
            literal=literal,
            tier=entry.tier,
            tags=tuple(entry.tags),
            why=entry.why,
            source=entry.source,
            weak=entry.weak,
        )

    def _fault(self, path: str, text: str) -> None:
        self.faults.append((list(path.split(".")), f"{path} {text}"))

    def _check_output(self, found: Resolution) -> None:
        operation, shapes = self._entry.operation, found.shapes
        if self._lacks_output and self._derived and operation.kind is not Kind.TRANSPOSE:
            return
        if self._lacks_output:
            known = found.written.get("output")
            self._fault("output", f"is missing; by the size formula it is {list(known)}" if known else _MISSING_OUTPUT)
        elif shapes and "output" not in self._doubtful and list(shapes.written["output"]) != self._entry.output:
            written = list(shapes.written["output"])
            reason = f" ({shapes.formula})" if operation.kind is Kind.FORWARD and shapes.formula else ""
            self._fault("output", f"must be {written}, but is {self._entry.output}{reason}")

    def _check_bias(self, channels: int | None) -> None:
        bias = self._entry.bias
        if bias is None and self._entry.operation is Operation.BIAS_ADD and "bias" not in self._doubtful:
            self._fault("bias", f"is missing; it must be {CaseEntry.model_fields['bias'].description}")
        if bias is not None and self._entry.operation.kind is not Kind.FORWARD:
            self._fault("bias", f"must be absent, as {self._entry.operation} has none, but is {json.dumps(bias)}")
        elif bias is not None:
            self._check_data("bias", bias, None if channels is None else (channels,))

    def _check_data(self, operand: str, content: Any, shape: Shape | None) -> None:
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
                return
            self._check_range(name, content, shape)
        else:
            self._check_numbers(name, content, shape)

    def _check_range(self, name: str, recipe: str, shape: Shape | None) -> None:
        if shape is None or "dtype" in self._doubtful:
            return
        dtype = self._dtype(name)
        beyond = max(extremes(recipe, shape), key=abs)
        if abs(beyond) > _LARGEST[dtype]:
            self._fault(name, f"must be numbers that {dtype} holds, but {recipe!r} gives {beyond}")

    def _dtype(self, name: str) -> DType:
        """Return the dtype of an operand, of the bias or of the literal: int8 is summed in int32."""
        return DType.INT32 if self._entry.dtype in _INTEGERS and not name.startswith("data") else self._entry.dtype

    def _check_numbers(self, name: str, content: Any, shape: Shape | None) -> None:
        whole, dtype = self._entry.dtype in _INTEGERS, self._dtype(name)
        largest = math.inf if "dtype" in self._doubtful else _LARGEST[dtype]
        for number in _leaves(content):
            if isinstance(number, bool) or not isinstance(number, int | float):
                self._fault(name, f"must be numbers, but holds {json.dumps(number)}")
                return
            if whole and name.startswith(("data", "bias")) and isinstance(number, float):
                self._fault(name, f"must be whole numbers for {dtype}, but holds {number}")
                return
            if not abs(number) <= largest:  # true of NaN too
                self._fault(name, f"must be numbers that {dtype} holds, but holds {number!s:.20}")
                return
        try:
            actual = np.asarray(content, np.float64).shape
        except ValueError:
            self._fault(name, f"must be numbers nested to the shape {_sizes(shape)}, but its rows differ in length")
            return
        if shape is not None and actual != shape:
            self._fault(name, f"must be of shape {list(shape)}, but is of shape {list(actual)}")

    def _literal(self, written: Shape | None) -> Literal | None:
        expect = self._entry.expect
        if expect is None:
            return None
        if isinstance(expect, list):
            self._check_numbers("expect", expect, written)
            return Literal(expect)
        vertical = int(len(self._entry.input) == self._entry.operation.rank + 2)
        rows = expect.rows
        if written is not None and rows is not None and rows > written[vertical]:
            self._fault("expect.rows", f"must be at most the output's {written[vertical]}, but is {rows}")
            return None
        shape = written
        if written is not None and rows is not None:
            shape = (*written[:vertical], rows, *written[vertical + 1 :])
        self._check_numbers("expect.values", expect.values, shape)
        return Literal(expect.values, expect.decimals, expect.rows)

    def _check_memory(self, found: Resolution) -> None:
        given = [found.written[name] for name in self._entry.operation.operands if name in found.written]
        need = memory_needed(given, found.written.get("output", (0,)))
        if need > self._budget:
            text = f"needs {need:.4g} GiB, more than the budget of {self._budget:g} GiB; make it smaller"
            self.faults.append(([], f"{text}, or raise --memory-budget"))


def memory_needed(operands: Iterable[Shape], output: Shape) -> float:
    """Return the GiB that the arrays of a case with these shapes take at most, in the harness and the reference."""
    return (sum(map(math.prod, operands)) * OPERAND_BYTES + math.prod(output) * _RESULT_BYTES) / _GIB


def _sizes(shape: Shape | None) -> str:
    return "that the other keys give" if shape is None else str(list(shape))


def _leaves(content: Any) -> Iterator[Any]:
    if isinstance(content, list):
        for part in content:
            yield from _leaves(part)
    else:
        yield content
