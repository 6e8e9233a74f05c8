"""Handing operands over: inside larger buffers, so that it shows what the implementation reads and writes.

Every operand lies between two guard zones, in the kind of memory that the case names. Zones, and gaps between elements,
hold NaN, or large odd numbers for integers, so that reading them changes the result. Afterwards zones, gaps and
operands must be bit for bit what they were.

What no guard can show: a write of the very bits that lie there already, which changes nothing; and a read that leaves
no trace in the result, as an integer multiplied by 0 does. So the guards are other ones with other data, and NaNs that
no arithmetic makes: who writes NaN, or copies a guard from an earlier call, shows.

All calls of a case get the same arrays, filled anew: who knows data by their address is wrong then, and who keeps an
operand and changes it in a later call changes what is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.case import Memory
from conformance.data import Array, Operands
from conformance.errors import ConformanceError
from conformance.memory import Layout
from conformance.operation import Operation

__all__ = ["ALIGNMENT", "GUARD", "Handover", "Packed"]

Packed = NDArray[np.uint8]

GUARD = 64
"""Elements of a guard zone: a vector register of the widest kind holds fewer."""

ALIGNMENT = 64
"""Bytes at multiples of which an operand begins, as what NumPy allocates for itself often does: a cache line."""

_GUARDS = 16
"""How many packings have guards of their own, before the first ones come again: a NaN of bfloat16 has room for 63."""


class Handover:
    """Operands between guard zones, all in one stretch of memory.

    Args:
        operands: give the shapes and dtypes; never handed over themselves.
        operation: which of them are handed over.
        memory: how the arrays lie in memory.

    Raises:
        ConformanceError: an operand is not of the machine's byte order.

    Attributes:
        operands: arrays of the shapes and dtypes of the data; hand these over, once they are filled.
    """

    def __init__(self, operands: Operands, operation: Operation, memory: Memory = Memory.CONTIGUOUS) -> None:
        self._parts: list[_Part] = []
        for name, operand in operands.taken_by(operation).items():
            start = self._parts[-1].stop if self._parts else 0
            self._parts.append(_Part.of(name, operand, memory, start))
        self._memory = self._packed = _aligned(self._parts[-1].stop)
        self._packings = 0
        views = {part.name: part.layout.view(part.inner(self._memory)) for part in self._parts}
        self._views = {name: (view, _form(view)) for name, view in views.items()}
        self.operands = replace(operands, **views)

    def pack(self, operands: Operands) -> Packed:
        """Return what the memory holds with these data in it, of the same shapes, and with guards of their own."""
        packed = np.empty_like(self._memory)
        for part in self._parts:
            part.pack(operands.given[part.name], packed, self._packings)
        self._packings += 1
        return packed

    def fill(self, packed: Packed) -> None:
        """Put what was packed into the arrays that are handed over."""
        self._packed = packed
        self._memory[...] = packed

    def damage(self) -> str:
        """Return what was written into operands, gaps or guard zones since they were filled, in words, or nothing."""
        for name, (view, form) in self._views.items():
            if _form(view) != form:
                return f"changes the shape, strides, dtype or flags of {name} in place"
        if self._memory.tobytes() == self._packed.tobytes():
            return ""
        return next(filter(None, (part.damage(self._memory, self._packed) for part in self._parts)))

    def shared(self, answer: Array) -> str:
        """Return which operand's memory `answer` shares, guard zones included, or nothing."""
        if not np.may_share_memory(answer, self._memory):
            return ""
        return next((part.name for part in self._parts if np.may_share_memory(answer, part.buffer(self._memory))), "")


@dataclass(frozen=True, slots=True)
class _Part:
    """The place of one operand and its guard zones in bytes of memory, from `start` to `stop`."""

    name: str
    layout: Layout
    dtype: np.dtype[Any]
    start: int
    stop: int
    lead: int

    @classmethod
    def of(cls, name: str, operand: Array, memory: Memory, start: int) -> _Part:
        """Return the part of an operand; the guard zone behind it goes on to a boundary."""
        _check_byte_order(name, operand.dtype)
        layout, lead = Layout(memory, name, operand.shape), GUARD + (memory is Memory.UNALIGNED)
        size = (lead + layout.span + GUARD) * operand.dtype.itemsize
        return cls(name, layout, operand.dtype, start, start + size + -size % ALIGNMENT, lead)

    def buffer(self, memory: Packed) -> Array:
        return memory[self.start : self.stop].view(self.dtype)

    def inner(self, memory: Packed) -> Array:
        return self.buffer(memory)[self.lead : self.lead + self.layout.span]

    def pack(self, operand: Array, memory: Packed, packing: int) -> None:
        """Put `operand` and guards into `memory`."""
        guard = _guard(self.dtype, packing % _GUARDS)
        memory[self.start : self.stop].view(guard.dtype)[...] = guard
        place = self.layout.place(self.inner(memory))
        place[...] = operand[tuple(map(slice, place.shape))]

    def damage(self, memory: Packed, packed: Packed) -> str:
        """Return what was written and where, in words, or nothing."""
        changed = (memory != packed)[self.start : self.stop].reshape(-1, self.dtype.itemsize).any(axis=1)
        positions = np.flatnonzero(changed) - self.lead
        if not positions.size:
            return ""
        if positions[0] < 0:
            return f"writes {-positions[0]} elements before the start of {self.name}"
        if positions[-1] >= self.layout.span:
            return f"writes {positions[-1] - self.layout.span + 1} elements past the end of {self.name}"
        hit = self.layout.place(changed[self.lead : self.lead + self.layout.span])
        between = positions.size - np.count_nonzero(hit)
        if between:
            return f"writes {between} elements between those of {self.name}"
        index = tuple(int(place) for place in np.argwhere(hit)[0])
        was, now = (self.layout.place(self.inner(part))[index] for part in (packed, memory))
        count = f"changes {np.count_nonzero(hit)} of {hit.size} elements of {self.name}"
        return f"{count}, {list(index)} first, from {was} to {now}"


def _aligned(size: int) -> Packed:
    raw = np.empty(size + ALIGNMENT, np.uint8)
    shift = -raw.ctypes.data % ALIGNMENT
    return raw[shift : shift + size]


def _form(view: Array) -> tuple[Any, ...]:
    return view.shape, view.strides, view.dtype, view.flags.writeable


def _check_byte_order(name: str, dtype: np.dtype[Any]) -> None:
    if not dtype.isnative:
        native = dtype.newbyteorder("=").name
        raise ConformanceError(
            f"{name} must be of the machine's byte order, but is of dtype {dtype.str!r}; convert it: "
            f"{name}.astype({native!r})"
        )


@cache
def _guard(dtype: np.dtype[Any], number: int) -> Array:
    """Return a NaN, or a large odd number, that no other packing has, as a whole number of its bits."""
    bits = np.dtype(f"u{dtype.itemsize}")
    if dtype.kind in "iu":
        return np.full((), (int(np.iinfo(dtype).max) // 2 | 1) - 2 * number, bits)
    return np.asarray(np.full((), np.nan, dtype).view(bits) | bits.type(number + 1))
