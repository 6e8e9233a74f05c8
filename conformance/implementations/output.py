"""The memory into which a native function writes its output: poisoned, between guard zones.

What is written outside shows, and so does every element that is not written. Nothing is known of what such an answer
would be another time, whatever its numbers are now, so both are faults of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.case import Shape
from conformance.data import Array
from conformance.errors import ConformanceError

__all__ = ["Output", "OutputFault"]

_ZONE = 4096
"""Bytes of a guard zone: a row of most images, so that one row too many stays inside it."""

_POISON = {1: 0x5B, 2: 0x7FA5, 4: 0x7FA5C3B7, 8: 0x7FF5A5C3B7E1D2F9}
"""By the size of an element: NaNs that no arithmetic makes, large odd numbers where it is an integer."""


class OutputFault(ConformanceError):
    """What a function wrote, or did not write, as its output; the text completes "it …".

    Attributes:
        answer: what the output holds.
        limit: what is asked.
    """

    def __init__(self, text: str, answer: Array, limit: str) -> None:
        super().__init__(text)
        self.answer = answer
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Output:
    """Memory for one output. Made by `blank`.

    Attributes:
        array: to be written to.
    """

    array: Array
    _whole: Array
    _start: int

    @classmethod
    def blank(cls, shape: Shape, dtype: np.dtype[Any]) -> Output:
        """Return an output of which no element is written."""
        bits = np.dtype(f"u{dtype.itemsize}")
        zone, size = _ZONE // dtype.itemsize, int(np.prod(shape))
        whole = np.full(2 * zone + size, _POISON[dtype.itemsize], bits)
        return cls(whole[zone : zone + size].view(dtype).reshape(shape), whole, zone)

    def written(self) -> Array:
        """Return the array, all of which is written, and nothing else.

        Raises:
            OutputFault: it is not so.
        """
        untouched = self._whole == _POISON[self._whole.itemsize]
        stop = self._start + self.array.size
        before, after = np.flatnonzero(~untouched[: self._start]), np.flatnonzero(~untouched[stop:])
        limit = "the memory around the output stays as it is"
        if before.size:
            text = f"writes {self._start - before[0]} elements before the start of the output"
            raise OutputFault(text, self.array, limit)
        if after.size:
            raise OutputFault(f"writes {after[-1] + 1} elements past the end of the output", self.array, limit)
        left = untouched[self._start : stop].reshape(self.array.shape)
        if left.any():
            first = [int(place) for place in np.argwhere(left)[0]]
            text = f"leaves {np.count_nonzero(left):,} of {left.size:,} elements of the output unwritten, {first} first"
            raise OutputFault(text, self.array, "every element of the output is written")
        return self.array
