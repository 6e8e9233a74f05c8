"""Implementations whose arithmetic is right and whose manners are not: memory and state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from conformance.data import Array
from reference import windows

_kept: dict[Any, Array] = {}
_calls: dict[Any, int] = {}


def right(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Right, the first time and every time."""
    return windows.conv2d(x, w, strides, padding)


def changes_input(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Pad in place, so to say."""
    output = right(x, w, strides, padding)
    x[0, 0, 1, 0] = 7
    return output


def writes_past_filters(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Write two elements too many."""
    output = right(x, w, strides, padding)
    as_strided(w.ravel(), (w.size + 2,))[w.size :] = 1
    return output


def writes_before_input(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Write one element too early."""
    output = right(x, w, strides, padding)
    as_strided(x.ravel()[::-1], (x.size + 1,))[x.size :] = 1
    return output


def reads_past_input(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Read one element too many, and count on a zero there."""
    past: Array = as_strided(x.ravel(), (x.size + 1,))[-1:]
    output: Array = right(x, w, strides, padding) + 0 * past
    return output


def own_buffer(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Keep one output for each shape."""
    output = right(x, w, strides, padding)
    buffer = _kept.setdefault(("own", output.shape), np.empty_like(output))
    buffer[...] = output
    return buffer


def stale(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Compute once for each shape."""
    return _kept.setdefault(("stale", x.shape, w.shape, str(padding), *strides), right(x, w, strides, padding)).copy()


def stale_filters(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Pack the filters once for each shape."""
    return right(x, _kept.setdefault(("filters", w.shape), w.copy()), strides, padding)


def accumulates(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Add to what an earlier call with the same data left."""
    key = ("sum", x.tobytes(), w.tobytes(), str(padding), *strides)
    _kept[key] = _kept.get(key, np.float32(0)) + right(x, w, strides, padding)
    return _kept[key].copy()


def once(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Work the first time, for each shape."""
    key = (x.shape, w.shape, str(padding), *strides)
    _calls[key] = _calls.get(key, 0) + 1
    if _calls[key] > 1:
        raise RuntimeError("the handle is closed")
    return right(x, w, strides, padding)


def returns_input(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Convolve into the memory of the input, where it fits, and put the input's numbers nowhere."""
    output = right(x, w, strides, padding)
    return x if np.array_equal(output, x) else output
