"""How an operand lies in memory: each kind of `Memory` as a view of a flat stretch of elements.

| kind           | a flat stretch of memory is seen                                                                  |
|----------------|---------------------------------------------------------------------------------------------------|
| `contiguous`   | in row-major order                                                                                |
| `fortran`      | in column-major order                                                                             |
| `transposed`   | with its second axis last: channels first in memory, channels last to whoever indexes             |
| `reversed`     | from its end: all strides are negative                                                            |
| `every-second` | with a gap after each element                                                                     |
| `cropped`      | as a part of a larger array: with a gap after each row, and one after each image                  |
| `broadcast`    | with one axis of stride 0: all that lies along it is one element                                  |
| `unaligned`    | in row-major order, one element off the boundary at which others begin                            |
| `read-only`    | in row-major order; writing to it raises                                                          |

An operand without a second axis, or without one longer than 1, is seen in row-major order where its kind needs one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.case import Memory, Shape

__all__ = ["Layout", "spread"]

_Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """The place of an operand's elements in a flat stretch of memory.

    Attributes:
        memory: the kind.
        operand: whose: `filters` are broadcast along their input channels, others along the first axis.
        shape: as whoever indexes sees it.
        span: elements of the stretch, gaps included.
    """

    memory: Memory
    operand: str
    shape: Shape
    span: int = field(init=False)

    def __post_init__(self) -> None:
        """Compute the span."""
        gaps = 2 if self.memory is Memory.EVERY_SECOND else 1
        stored = self._whole if self.memory is Memory.CROPPED else self._stored
        object.__setattr__(self, "span", gaps * math.prod(stored))

    @property
    def _stored(self) -> Shape:
        """The shape of what is stored: 1 along a broadcast axis."""
        axis = _repeated_axis(self.operand, self.shape) if self.memory is Memory.BROADCAST else None
        return self.shape if axis is None else (*self.shape[:axis], 1, *self.shape[axis + 1 :])

    @property
    def _whole(self) -> Shape:
        """The shape of the array that a cropped operand is a part of: one row and one column larger."""
        first = max(0, len(self.shape) - 3)
        return tuple(size + (first <= axis < len(self.shape) - 1) for axis, size in enumerate(self.shape))

    def place(self, flat: _Array) -> _Array:
        """Return the elements of `flat`, of `span` elements, that are the operand's: a view, each of them once."""
        shape = self._stored
        match self.memory:
            case Memory.FORTRAN:
                return flat.reshape(shape[::-1]).transpose()
            case Memory.TRANSPOSED if len(shape) > 1:
                return np.moveaxis(flat.reshape(shape[0], shape[-1], *shape[1:-1]), 1, -1)
            case Memory.REVERSED:
                return np.flip(flat.reshape(shape))
            case Memory.EVERY_SECOND:
                return flat[::2].reshape(shape)
            case Memory.CROPPED:
                return flat.reshape(self._whole)[tuple(map(slice, shape))]
            case _:
                return flat.reshape(shape)

    def view(self, flat: _Array) -> _Array:
        """Return `flat` as the implementation is to see it; writable where the kind allows that."""
        placed = self.place(flat)
        if self.memory is Memory.BROADCAST:
            return np.broadcast_to(placed, self.shape)
        placed.flags.writeable = self.memory is not Memory.READ_ONLY
        return placed


def spread(operand: str, array: _Array) -> _Array:
    """Return `array` made equal along the axis that is broadcast: a view, of which the first entry is seen throughout.

    >>> spread("input", np.array([[1, 2], [3, 4]])).tolist()
    [[1, 2], [1, 2]]
    """
    axis = _repeated_axis(operand, array.shape)
    return array if axis is None else np.broadcast_to(array.take([0], axis), array.shape)


def _repeated_axis(operand: str, shape: Shape) -> int | None:
    """Return the axis along which an operand is broadcast: that of the first image or channel, or the next longer."""
    preferred = len(shape) - 2 if operand == "filters" else 0
    return next((axis for axis in (preferred, *range(len(shape))) if shape[axis] > 1), None)
