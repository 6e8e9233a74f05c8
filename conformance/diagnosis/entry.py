"""A case as numbers that can be made smaller one by one, and as the catalogue entry that a person can run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from conformance.case import Case, DType, Kind, Memory, Operation, Pads, Shape
from conformance.catalogue import build_case

__all__ = ["DEFAULT_DATA", "Form", "entry_line", "entry_text", "form_of"]

DEFAULT_DATA = "integers"
"""The recipe of an operand for which an entry names none."""

_OTHERS = ("data_format",)
"""Further keys of an entry that a case may have, each of which may be dropped."""

_WORDS = {"null", "true", "false", "yes", "no", "on", "off"}


@dataclass(frozen=True, slots=True)
class Form:
    """A convolution by the numbers that its shapes are made of, whichever of its maps a case asks for.

    Attributes:
        id: of the case, from which its data are drawn.
        operation: which is called.
        batch: images.
        sizes: of the convolution's input, for every spatial axis.
        taps: of the filters, for every spatial axis.
        groups: of channels; all input channels of a depthwise convolution.
        depth: input channels of a group.
        width: output channels of a group; the multiplier of a depthwise convolution.
        strides: as of the case.
        dilations: as of the case.
        padding: as of the case.
        bias: as of the case.
        dtype: as of the case.
        memory: as of the case.
        data: by operand, where it is not the default.
        others: further keys of its entry.
    """

    id: str
    operation: Operation
    batch: int
    sizes: Shape
    taps: Shape
    groups: int
    depth: int
    width: int
    strides: Shape
    dilations: Shape
    padding: str | Pads
    bias: tuple[float, ...] | str | None
    dtype: DType
    memory: Memory
    data: dict[str, Any] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)

    @property
    def entry(self) -> dict[str, Any]:
        """What a catalogue says of it, without the keys that are as by default."""
        image = [self.batch, *self.sizes, self.groups * self.depth]
        filters = [*self.taps, self.depth, self.groups * self.width]
        if self.operation.is_depthwise:
            filters = [*self.taps, self.groups, self.width]
        values: dict[str, Any] = {"id": self.id, "operation": str(self.operation), "input": image, "filters": filters}
        if self.operation.kind is Kind.TRANSPOSE:
            places = [_place(*axis) for axis in self._axes()]
            values |= {"input": [self.batch, *places, self.groups * self.width], "output": image}
        explicit = not isinstance(self.padding, str)
        values["padding"] = [[0, 0], *map(list, self.padding), [0, 0]] if explicit else self.padding
        values |= {"strides": list(self.strides), "dilations": list(self.dilations), "dtype": str(self.dtype)}
        values |= {"memory": str(self.memory), "data": self.data, "bias": self.bias, **self.others}
        if isinstance(self.bias, tuple):
            values["bias"] = [_whole(number) for number in self.bias]
        return {key: value for key, value in values.items() if value not in _defaults(len(self.sizes)).get(key, ())}

    def built(self) -> Case | None:
        """Return the case that it is, with what its catalogue entry would give; None where that has a fault."""
        return build_case(self.entry)

    def _axes(self) -> list[tuple[int, int, int, int, tuple[int, int] | str]]:
        pads = [self.padding] * len(self.sizes) if isinstance(self.padding, str) else self.padding
        return list(zip(self.sizes, self.taps, self.strides, self.dilations, pads, strict=True))


def _place(size: int, taps: int, step: int, hole: int, pads: tuple[int, int] | str) -> int:
    """Return the output size of a convolution along one axis."""
    if pads == "SAME":
        return -(-size // step)
    around = 0 if isinstance(pads, str) else sum(pads)
    return max(0, (size + around - (taps - 1) * hole - 1) // step + 1)


def _defaults(rank: int) -> dict[str, tuple[Any, ...]]:
    """Return the values by key that need not be written."""
    return {
        "operation": ("conv2d",),
        "padding": ("VALID",),
        "strides": ([1] * rank,),
        "dilations": ([1] * rank,),
        "dtype": ("float32",),
        "memory": ("contiguous",),
        "data": ({},),
        "bias": (None,),
    }


def _whole(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number


def form_of(case: Case) -> Form | None:
    """Return the form of a case; None where these numbers do not describe it."""
    try:
        form = _form(case)
        built = form.built()
    except (IndexError, KeyError, TypeError, ValueError, ZeroDivisionError):  # its shapes are those of something else
        return None
    same = built is not None and _shapes(built) == _shapes(case)
    return form if same else None


def _shapes(case: Case) -> tuple[Shape | None, ...]:
    return case.input, case.filters, case.output, case.out_backprop


def _form(case: Case) -> Form:
    image = case.output if case.operation.kind is Kind.TRANSPOSE else case.input
    depth, wide = case.filters[-2:]
    groups = image[-1] if case.operation.is_depthwise else image[-1] // depth
    known = {each.name for each in fields(case)}
    return Form(
        id=case.id,
        operation=case.operation,
        batch=image[0],
        sizes=image[1:-1],
        taps=case.filters[:-2],
        groups=groups,
        depth=1 if case.operation.is_depthwise else depth,
        width=wide if case.operation.is_depthwise else wide // max(1, groups),
        strides=case.strides,
        dilations=case.dilations,
        padding=case.padding,
        bias=case.bias,
        dtype=case.dtype,
        memory=case.memory,
        data=_data(case),
        others={name: getattr(case, name) for name in _OTHERS if name in known},
    )


def _data(case: Case) -> dict[str, Any]:
    """Return the data that are not the default, numbers nested to the whole shapes."""
    shapes = {"input": case.input, "filters": case.filters, "out_backprop": case.out_backprop}
    given = {name: case.data[name] for name in case.operation.operands if case.data[name] != DEFAULT_DATA}
    return {
        name: part if isinstance(part, str) else np.asarray(part).reshape(shapes[name] or ()).tolist()
        for name, part in given.items()
    }


def entry_text(values: dict[str, Any]) -> str:
    """Return a catalogue entry as YAML, a key a line.

    >>> print(entry_text({"id": "mine", "input": [1, 2], "data": {"input": "one-hot"}}))
    - id: mine
      input: [1, 2]
      data: {input: one-hot}
    """
    return "- " + "\n  ".join(f"{key}: {_flow(value)}" for key, value in values.items())


def entry_line(values: dict[str, Any]) -> str:
    """Return a catalogue entry as one line of YAML.

    >>> entry_line({"id": "mine", "input": [1, 2]})
    '- {id: mine, input: [1, 2]}'
    """
    return f"- {_flow(values)}"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z][\w.-]*", value) and value.lower() not in _WORDS:
        return str(value)
    return json.dumps(value)
