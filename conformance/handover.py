"""Handing operands over: inside larger buffers, so that it shows what the implementation reads and writes.

Every operand lies between two guard zones. They hold NaN, or large odd numbers for integers, so that reading past
either end changes the result. Afterwards zones and operands must be bit for bit what they were.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from conformance.data import Array, Operands

__all__ = ["ALIGNMENT", "GUARD", "Handover"]

GUARD = 64
"""Elements of a guard zone: a vector register of the widest kind holds fewer."""

ALIGNMENT = 64
"""Bytes at multiples of which an operand begins, as what NumPy allocates for itself often does: a cache line."""


@dataclass(frozen=True, slots=True)
class _Guarded:
    name: str
    buffer: Array
    pristine: Array
    view: Array

    def damage(self) -> str:
        """Return what was written and where, in words, or nothing."""
        now, before = (part.view(np.uint8).reshape(len(part), -1) for part in (self.buffer, self.pristine))
        changed = np.flatnonzero((now != before).any(axis=1))
        if not changed.size:
            return ""
        first, last = int(changed[0]) - GUARD, int(changed[-1]) - GUARD
        if first < 0:
            return f"writes {-first} elements before the start of {self.name}"
        if last >= self.view.size:
            return f"writes {last - self.view.size + 1} elements past the end of {self.name}"
        index = [int(place) for place in np.unravel_index(first, self.view.shape)]
        was, is_now = self.pristine[changed[0]], self.buffer[changed[0]]
        return (
            f"changes {changed.size} of {self.view.size} elements of {self.name}, {index} first, from {was} to {is_now}"
        )


class Handover:
    """Copies of operands between guard zones.

    Attributes:
        operands: the copies; hand these over.
    """

    def __init__(self, operands: Operands) -> None:
        self._guarded = [_guard(name, part) for name, part in operands.given.items()]
        self.operands = replace(operands, **{guarded.name: guarded.view for guarded in self._guarded})

    def damage(self) -> str:
        """Return what was written into operands or guard zones since they were handed over, in words, or nothing."""
        return next(filter(None, (guarded.damage() for guarded in self._guarded)), "")

    def shared(self, answer: Array) -> str:
        """Return which operand's memory `answer` shares, or nothing."""
        return next((part.name for part in self._guarded if np.may_share_memory(answer, part.buffer)), "")


def _guard(name: str, operand: Array) -> _Guarded:
    """Return a copy of `operand` between guard zones, its first element aligned."""
    size, item = operand.size + 2 * GUARD, operand.dtype.itemsize
    memory = np.empty(size * item + ALIGNMENT, np.uint8)
    shift = -(memory.ctypes.data + GUARD * item) % ALIGNMENT
    buffer = memory[shift : shift + size * item].view(operand.dtype)
    buffer[:] = _guard_value(operand.dtype)
    view = buffer[GUARD : GUARD + operand.size].reshape(operand.shape)
    view[...] = operand
    return _Guarded(name, buffer, buffer.copy(), view)


def _guard_value(dtype: np.dtype[Any]) -> float | int:
    return int(np.iinfo(dtype).max) // 2 | 1 if dtype.kind in "iu" else float("nan")
