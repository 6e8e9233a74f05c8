"""Memory that one array after another uses."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["Memory"]


class Memory:
    """Memory for the copies of one piece after another: fresh pages would cost more than what is written to them.

    >>> memory = Memory()
    >>> first = memory.array((2, 3), np.float32)
    >>> np.shares_memory(first, memory.array((4,), np.int16))
    True
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._bytes = np.empty(0, np.uint8)

    def array(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return an array of a shape and a dtype of numbers, filled with anything; the one before is overwritten."""
        dtype = np.dtype(dtype)
        size = prod(shape) * dtype.itemsize
        if size > self._bytes.size:
            self._bytes = np.empty(size, np.uint8)
        return self._bytes[:size].view(dtype).reshape(shape)
