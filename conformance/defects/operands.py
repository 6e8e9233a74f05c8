"""Where a defect may sit, and changes that many defects are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from conformance.case import Kind, Operation
from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Change

__all__ = [
    "altered",
    "backward",
    "blocks",
    "filter_gradient",
    "forward",
    "has_image",
    "input_gradient",
    "on_operands",
    "parts",
    "products",
    "spreading",
    "summed_channels",
    "transposed",
]


_MOST_PARTS = 256
"""Parts of a sum over images; a contraction each."""


def forward(operation: Operation) -> bool:
    """Tell whether it is a convolution itself."""
    return operation.kind is Kind.FORWARD


def transposed(operation: Operation) -> bool:
    """Tell whether it is a transpose."""
    return operation.kind is Kind.TRANSPOSE


def input_gradient(operation: Operation) -> bool:
    """Tell whether it is a gradient with respect to the input."""
    return operation.kind is Kind.INPUT_GRADIENT


def filter_gradient(operation: Operation) -> bool:
    """Tell whether it is a gradient with respect to the filters."""
    return operation.kind is Kind.FILTER_GRADIENT


def backward(operation: Operation) -> bool:
    """Tell whether it is a gradient."""
    return input_gradient(operation) or filter_gradient(operation)


def spreading(operation: Operation) -> bool:
    """Tell whether each arriving element is spread over a window: a transpose, or an input's gradient."""
    return transposed(operation) or input_gradient(operation)


def has_image(operation: Operation) -> bool:
    """Tell whether images come out, (batch, *sizes, channels), and not filters."""
    return not filter_gradient(operation)


def altered(call: Call, **fields: Any) -> Call:
    """Return the call with some fields changed, whose names need not be known before."""
    return replace(call, **fields)


def on_operands(change: Callable[[Array, Call], Array], *names: str) -> Change:
    """Return the change of those operands of a call that there are: `input`, `filters`, `arriving`, or those named."""

    def changed(call: Call) -> Call:
        found = {name: getattr(call, name) for name in names or ("input", "filters", "arriving")}
        return altered(call, **{name: change(part, call) for name, part in found.items() if part is not None})

    return changed


def summed_channels(call: Call) -> tuple[str, int]:
    """Return the operand over whose channels each element of an image is summed, and how many of a group there are."""
    if call.kind is Kind.FORWARD:
        return "input", call.depth
    return "arriving", call.out_channels // call.groups


def blocks(call: Call, size: int) -> Iterator[Call]:
    """Yield calls with a block of `size` summed channels each, the others zero; their images sum up to the whole."""
    name, width = summed_channels(call)
    operand: Array = getattr(call, name)
    place = np.arange(operand.shape[-1]) % max(1, width)
    for start in range(0, width, size):
        yield altered(call, **{name: np.where((place >= start) & (place < start + size), operand, 0)})


def products(call: Call, chosen: Callable[[Array], Array]) -> Call:
    """Return the call with the chosen products of each window only.

    Args:
        call: has filters.
        chosen: from the numbers of the products, 0 to taps · depth - 1 in row-major order, to whether they count.
    """
    assert call.filters is not None
    *window, _ = call.filters.shape
    keep = chosen(np.arange(prod(window))).reshape(*window, 1)
    return replace(call, filters=np.where(keep, call.filters, 0))


def parts(call: Call) -> Iterator[Call]:
    """Yield calls whose results sum up to the whole: a tap each, or an image each for the filters' gradient.

    Images of a large batch come several at a time.
    """
    if call.filters is None:
        assert call.arriving is not None
        for images in np.array_split(np.arange(call.batch), min(call.batch, _MOST_PARTS) or 1):
            mine = np.isin(np.arange(call.batch), images).reshape(-1, *(1,) * (call.rank + 1))
            yield replace(call, arriving=np.where(mine, call.arriving, 0))
        return
    for tap in range(prod(call.taps)):
        yield products(call, lambda number, tap=tap: number // max(1, call.depth) == tap)  # type: ignore[misc]
