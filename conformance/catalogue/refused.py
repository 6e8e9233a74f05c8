"""From an entry with `refuses` to a case: a call that has no meaning, so that little is left to check.

Shapes are taken as they are written. What the operation needs must be there, and what becomes an array must fit the
budget; a shape that is an argument, such as `input_sizes`, may be as large as it likes.
"""

from __future__ import annotations

import math
from typing import Any

from conformance.case import Case, Kind, Operation, Pads, Shape
from conformance.catalogue.schema import RefusedEntry

__all__ = ["OPERAND_BYTES", "refused_case"]

OPERAND_BYTES = 40
"""Bytes for an element of an operand: the case's, the one handed over, those of the other data, the oracle's."""

_GIB = 2**30

_SHAPES = ("filters", "pointwise", "out_backprop", "output")
"""Keys with a shape that some operations need, and others do not have."""

_KeyedFault = tuple[list[str | int], str]


def refused_case(entry: RefusedEntry, budget: float, doubtful: set[str]) -> Case | list[_KeyedFault]:
    """Return the case of an entry, or what is wrong with it.

    Args:
        entry: the entry.
        budget: GiB that the arrays may take.
        doubtful: keys under which it does not hold what was meant.
    """
    faults = [] if "operation" in doubtful else _key_faults(entry, doubtful)
    operation, shapes = entry.operation, {name: _shape(getattr(entry, name)) for name in ("input", *_SHAPES)}
    need = sum(math.prod(shapes[name]) for name in operation.operands) * OPERAND_BYTES / _GIB
    if need > budget:
        text = (
            f"needs {need:.4g} GiB, more than the budget of {budget:g} GiB; make it smaller, or raise --memory-budget"
        )
        faults.append(([], text))
    if faults or doubtful:
        return faults
    return Case(
        id=entry.id,
        operation=operation,
        input=shapes["input"],
        filters=shapes["filters"],
        output=shapes["output"],
        out_backprop=shapes["out_backprop"],
        pointwise=shapes["pointwise"],
        written={name: shapes[name] for name in operation.operands} | _asked(operation, shapes),
        bias=None if entry.bias is None else tuple(entry.bias),
        strides=_steps(operation, entry.strides),
        dilations=_steps(operation, entry.dilations),
        padding=_padding(operation, entry.padding),
        data_format=entry.data_format or "",
        dtype=entry.dtype,
        memory=entry.memory,
        data=dict.fromkeys(operation.operands, "integers"),
        refuses=entry.refuses,
        tier=entry.tier,
        tags=tuple(entry.tags),
        why=entry.why,
        source=entry.source,
    )


def _key_faults(entry: RefusedEntry, doubtful: set[str]) -> list[_KeyedFault]:
    """Return what is missing for the call, and what cannot be part of it."""
    operation, faults = entry.operation, list[_KeyedFault]()
    gradient = operation.kind not in (Kind.FORWARD, Kind.TRANSPOSE)
    needed = {
        "filters": not operation.is_bias,
        "pointwise": operation is Operation.SEPARABLE_CONV2D,
        "out_backprop": gradient,
        "output": operation.kind is Kind.TRANSPOSE,
        "bias": operation is Operation.BIAS_ADD,
    }
    for key, needs in needed.items():
        value = getattr(entry, key)
        if needs and value is None and key not in doubtful:
            faults.append(([key], f"{key} is missing; it must be {RefusedEntry.model_fields[key].description}"))
        elif not needs and value is not None and not (key == "bias" and operation.kind is Kind.FORWARD):
            faults.append(([key], f"{key} must be absent, as a call of {operation} has none, but is {value}"))
    return faults


def _asked(operation: Operation, shapes: dict[str, Shape]) -> dict[str, Shape]:
    """Return the shape that the call asks for, as `output`, if it does."""
    names = {Kind.TRANSPOSE: "output", Kind.INPUT_GRADIENT: "input", Kind.FILTER_GRADIENT: "filters"}
    return {"output": shapes[names[operation.kind]]} if operation.kind in names else {}


def _shape(sizes: list[int] | None) -> Shape:
    return tuple(sizes or ())


def _steps(operation: Operation, value: int | list[int]) -> Shape:
    return (value,) * operation.rank if isinstance(value, int) else tuple(value)


def _padding(operation: Operation, padding: str | int | list[list[int]]) -> str | Pads:
    """Return a word as it is, and numbers as pairs, which may have any length."""
    if isinstance(padding, str):
        return padding
    pairs: Any = [[padding] * 2] * operation.rank if isinstance(padding, int) else padding
    return tuple(tuple(pair) for pair in pairs)
