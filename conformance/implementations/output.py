"""The memory into which a native function writes its output: poisoned, between guard zones.

What is written outside shows, and so does every element that is not written. Nothing is known of what such an answer
would be another time, whatever its numbers are now, so both are faults of their own.
"""

from __future__ import annotations

import math
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
    """What a function wrote, or did not write, as its output; the text completes "it …" and says how much.

    Attributes:
        answer: what the output holds.
        mistake: the same without numbers, so that it can be told of many cases.
        limit: what is asked.
    """

    def __init__(self, text: str, mistake: str, answer: Array, limit: str) -> None:
        super().__init__(text)
        self.answer = answer
        self.mistake = mistake
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
        zone, size = _ZONE // dtype.itemsize, math.prod(shape)
        whole = np.full(2 * zone + size, _POISON[dtype.itemsize], bits)
        return cls(whole[zone : zone + size].view(dtype).reshape(shape), whole, zone)

    def check_zones(self) -> None:
        """Look at the guard zones.

        Raises:
            OutputFault: something was written there.
        """
        stop = self._start + self.array.size
        before, after = (np.flatnonzero(~self._untouched(zone)) for zone in (slice(self._start), slice(stop, None)))
        limit = "the memory around the output stays as it is"
        if before.size:
            count, where = self._start - before[0], "before the start of the output"
        elif after.size:
            count, where = after[-1] + 1, "past the end of the output"
        else:
            return
        raise OutputFault(f"writes {count:,} elements {where}", f"writes {where}", self.array, limit)

    def check_written(self) -> None:
        """Look for elements that were not written.

        Raises:
            OutputFault: there are some.
        """
        left = self._untouched(slice(self._start, self._start + self.array.size)).reshape(self.array.shape)
        if not left.any():
            return
        first = [int(place) for place in np.argwhere(left)[0]]
        count = f"{np.count_nonzero(left):,} of {left.size:,} elements"
        text = f"leaves {count} of the output unwritten, {first} first"
        mistake = "leaves elements of the output unwritten"
        raise OutputFault(text, mistake, self.array, "every element of the output is written")

    def _untouched(self, part: slice) -> Array:
        return np.equal(self._whole[part], _POISON[self._whole.itemsize])
