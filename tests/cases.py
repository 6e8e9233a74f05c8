"""Cases that tests make themselves, without a catalogue."""

from __future__ import annotations

from typing import Any

from conformance.case import Case, DType, Operation

__all__ = ["make_case"]


def make_case(input: tuple[int, ...] = (2, 6, 7, 5), filters: tuple[int, ...] = (3, 2, 5, 4), **others: Any) -> Case:
    """Return a VALID conv2d of stride 1 with some fields changed; recipes are given as `data` by operand."""
    holes = others.setdefault("dilations", (1, 1))
    sizes = zip(input[1:-1], filters[:-2], holes, strict=True)
    output = (input[0], *(size - (taps - 1) * hole for size, taps, hole in sizes), filters[-1])
    shapes = {"input": input, "filters": filters, "output": others.pop("output", output)}
    data = {"input": "integers", "filters": "integers", "out_backprop": "integers"} | others.pop("data", {})
    dtype = DType(others.pop("dtype", "float32"))
    fields = {"id": "literal", "operation": Operation.CONV2D, "written": shapes} | others
    return Case(**fields, **shapes, dtype=dtype, data=data)
