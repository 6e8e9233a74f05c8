"""From a well-formed entry to a case: shapes made canonical, and everything that shapes must satisfy checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import ml_dtypes
import numpy as np

from conformance.case import Case, DType, Literal, Pads, Shape
from conformance.catalogue.schema import CaseEntry
from conformance.data import parse_recipe
from reference.geometry import explicit_pads, output_size, receptive_field

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
}

Path = list[str | int]


class Builder:
    """Builds one case from its entry, and gathers what is wrong with it in `faults`, as (path, sentence)."""

    def __init__(self, entry: CaseEntry, budget: float, lacks_output: bool) -> None:
        self.faults: list[tuple[Path, str]] = []
        self._entry = entry
        self._budget = budget
        self._lacks_output = lacks_output
        self._input = _canonical_input(entry.input)
        self._filters = _canonical_filters(entry.filters)
        self._strides = _pair(entry.strides)
        self._dilations = _pair(entry.dilations)

    def case(self) -> Case | None:
        """Return the case, or None where there are faults."""
        entry = self._entry
        padding = self._padding()
        self._check_channels()
        if self.faults:
            return None
        written = self._output(padding)
        self._check_bias()
        for operand in ("input", "filters"):
            self._check_data(operand, getattr(entry.data, operand), tuple(getattr(entry, operand)))
        literal = self._literal(written)
        self._check_memory(written)
        if self.faults:
            return None
        return Case(
            id=entry.id,
            operation=entry.operation,
            input=self._input,
            filters=self._filters,
            output=self._canonical_output(written),
            written={"input": tuple(entry.input), "filters": tuple(entry.filters), "output": written},
            bias=tuple(entry.bias) if isinstance(entry.bias, list) else entry.bias,
            strides=self._strides,
            dilations=self._dilations,
            padding=padding,
            dtype=entry.dtype,
            data={"input": entry.data.input, "filters": entry.data.filters},
            literal=literal,
            tags=tuple(entry.tags),
            why=entry.why,
            source=entry.source,
        )

    def _fault(self, path: str, text: str) -> None:
        self.faults.append((list(path.split(".")), f"{path} {text}"))

    def _padding(self) -> str | Pads:
        padding = self._entry.padding
        if isinstance(padding, str):
            return padding
        if isinstance(padding, int):
            return "VALID" if padding == 0 else ((padding, padding), (padding, padding))
        pairs = [(before, after) for before, after in padding]
        if len(pairs) == 4 and pairs[0] == pairs[3] == (0, 0):
            pairs = pairs[1:3]
        if len(pairs) != 2:
            self._fault("padding", f"must be [[0, 0], [top, bottom], [left, right], [0, 0]], but is {padding}")
        return pairs[0], pairs[-1]

    def _check_channels(self) -> None:
        channels, depth, out_channels = self._input[3], self._filters[2], self._filters[3]
        if 0 in self._filters[:2]:
            self._fault("filters", f"must be at least 1 high and wide, but is {self._entry.filters}")
        if channels == depth == 0:
            return
        if channels == 0 or depth == 0 or channels % depth:
            expected = f"must have a divisor of the input's {channels} channels as its third size"
            self._fault("filters", f"{expected}, but has {depth}")
        elif out_channels % (channels // depth):
            expected = f"must have a multiple of groups={channels // depth} as its fourth size"
            self._fault("filters", f"{expected}, but has {out_channels} ({channels} input channels / {depth})")

    def _output(self, padding: str | Pads) -> Shape:
        """Return the output shape as the case writes it: batch if the input has one, channels if the filters do."""
        sizes, window = self._input[1:3], self._filters[:2]
        pads = explicit_pads(padding, sizes, window, self._strides, self._dilations)
        axes = list(zip(sizes, window, self._strides, self._dilations, pads, strict=True))
        places = tuple(output_size(*axis) for axis in axes)
        batch, channels = self._input[:1], self._filters[3:]
        written = batch * (len(self._entry.input) == 4) + places + channels * (len(self._entry.filters) == 4)
        if self._lacks_output:
            self._fault("output", f"is missing; by the size formula it is {list(written)}")
        elif list(written) != self._entry.output:
            named = zip(axes, places, ("high", "wide"), strict=True)
            formulas = "; ".join(f"{_formula(*axis, place)} {name}" for axis, place, name in named)
            self._fault("output", f"must be {list(written)}, but is {self._entry.output} ({formulas})")
        return written

    def _canonical_output(self, written: Shape) -> Shape:
        batch = () if len(self._entry.input) == 4 else (1,)
        channels = () if len(self._entry.filters) == 4 else (1,)
        return batch + written + channels

    def _check_bias(self) -> None:
        bias, channels = self._entry.bias, self._filters[3]
        if isinstance(bias, str):
            self._check_data("bias", bias, (channels,))
        elif bias is not None:
            self._check_numbers("bias", bias, (channels,))

    def _check_data(self, operand: str, content: Any, shape: Shape) -> None:
        name = operand if operand == "bias" else f"data.{operand}"
        if isinstance(content, str):
            try:
                parse_recipe(content)
            except ValueError as error:
                self._fault(name, str(error))
        else:
            self._check_numbers(name, content, shape)

    def _check_numbers(self, name: str, content: Any, shape: Shape) -> None:
        largest = _LARGEST[self._entry.dtype]
        for number in _leaves(content):
            if isinstance(number, bool) or not isinstance(number, int | float):
                self._fault(name, f"must be numbers, but holds {json.dumps(number)}")
                return
            if self._entry.dtype is DType.INT32 and name.startswith(("data", "bias")) and isinstance(number, float):
                self._fault(name, f"must be whole numbers for int32, but holds {number}")
                return
            if not abs(number) <= largest:
                self._fault(name, f"must be numbers that {self._entry.dtype} holds, but holds {number!s:.20}")
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
        vertical = len(self._entry.input) == 4
        rows = expect.rows
        if rows is not None and rows > written[vertical]:
            self._fault("expect.rows", f"must be at most the output's {written[vertical]}, but is {rows}")
            return None
        shape = written if rows is None else (*written[:vertical], rows, *written[vertical + 1 :])
        self._check_numbers("expect.values", expect.values, shape)
        return Literal(expect.values, expect.decimals, expect.rows)

    def _check_memory(self, written: Shape) -> None:
        shapes = (self._input, self._filters, written)
        elements = sum(int(np.prod(np.array(shape, object))) for shape in shapes)
        need = elements * _COPIES * _BYTES / _GIB
        if need > self._budget:
            text = f"needs {need:.4g} GiB, more than the budget of {self._budget:g} GiB; make it smaller"
            self.faults.append(([], f"{text}, or raise --memory-budget"))


def _formula(size: int, taps: int, step: int, hole: int, pads: tuple[int, int], place: int) -> str:
    """Return how the output size comes about."""
    total, field = f"{size} + {pads[0]} + {pads[1]}", receptive_field(taps, hole)
    if place == 0:
        return f"a window of {field} does not fit into {total}: 0"
    return f"floor(({total} - {field}) / {step}) + 1 = {place}"


def _leaves(content: Any) -> Iterator[Any]:
    if isinstance(content, list):
        for part in content:
            yield from _leaves(part)
    else:
        yield content


def _pair(value: int | list[int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _canonical_input(shape: list[int]) -> Shape:
    batch = () if len(shape) == 4 else (1,)
    return (*batch, *shape) if len(shape) > 2 else (*batch, *shape, 1)


def _canonical_filters(shape: list[int]) -> Shape:
    return (*shape, *(1,) * (4 - len(shape)))
