"""The caller's own arrays, and the memory around them, for defects that mistake either.

What such an implementation reads stays within the memory that the caller's array belongs to, and so does what it
writes: the kit must not harm whoever tries it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from conformance.case import Kind
from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Compute

__all__ = ["Remembering", "memory_beside", "raw_operands"]

Remembering = Callable[[Compute], Compute]
"""Makes an implementation from one that computes a call rightly."""


def raw_operands(call: Call) -> dict[str, Array]:
    """Return the caller's own arrays by the names that they have in a call: input, filters, arriving, bias."""
    first = {Kind.FORWARD: "input", Kind.FILTER_GRADIENT: "input", Kind.TRANSPOSE: "arriving"}.get(call.kind, "")
    names = {"first": first, "second": "filters", "out_backprop": "arriving", "bias": "bias"}
    return {names[name]: part for name, part in call.raw.items() if names.get(name)}


def _root(raw: Array) -> Array:
    """Return the array that owns the memory."""
    while isinstance(raw.base, np.ndarray):
        raw = raw.base
    return raw


def memory_beside(raw: Array, offset: int, count: int) -> Array | None:
    """Return elements at an offset from the first one, or None where they are not of the same owner's memory."""
    root, begin = _root(raw), raw.__array_interface__["data"][0] + offset * raw.itemsize
    low = root.__array_interface__["data"][0]
    if not root.flags.c_contiguous or begin < low or begin + count * raw.itemsize > low + root.nbytes:
        return None
    whole = root.reshape(-1).view(np.uint8)[begin - low : begin - low + count * raw.itemsize]
    return whole.view(raw.dtype)
