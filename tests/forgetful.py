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


def writes_nan_past_input(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Write one NaN too many, where NaN may lie already."""
    output = right(x, w, strides, padding)
    as_strided(x.ravel(), (x.size + 1,))[x.size :] = np.nan
    return output


def writes_old_guard(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Put back what lay behind the input when it was called for the first time."""
    output = right(x, w, strides, padding)
    past: Array = as_strided(x.ravel(), (x.size + 1,))[-1:]
    past[...] = _kept.setdefault(("guard", x.shape, w.shape, *strides), past.copy())
    return output


def writes_between(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Take the elements for neighbours in memory, when it clears the second of them."""
    output = right(x, w, strides, padding)
    as_strided(x, (2,), (x.itemsize,))[1] = 0
    return output


def writes_in_place(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Work in the input's memory, which it puts in order again."""
    x *= 2
    output = right(x, w, strides, padding) / np.float32(2)
    x /= 2
    return output


def reshapes_input(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Turn the caller's array into another one."""
    output = right(x, w, strides, padding)
    x.setflags(write=False)
    return output


def keeps_by_address(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Pack the filters once for each address, and keep the array so that no other can have it."""
    _kept.setdefault(("alive", w.ctypes.data), w)
    return right(x, _kept.setdefault(("packed", w.ctypes.data), w.copy()), strides, padding)


def changes_kept_input(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Clear the first call's input in the second."""
    first = _kept.setdefault(("input", x.shape, w.shape, *strides), x)
    _calls[id(first)] = _calls.get(id(first), 0) + 1
    output = right(x, w, strides, padding)
    if _calls[id(first)] == 2:
        first[...] = 0
    return output


def own_buffer_late(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Reuse the output of the last call but one."""
    key = ("late", x.shape, w.shape, str(padding), *strides)
    _calls[key] = _calls.get(key, -1) + 1
    output = right(x, w, strides, padding)
    buffer = _kept.setdefault((*key, _calls[key] % 2), np.empty_like(output))
    buffer[...] = output
    return buffer


def clears_signs_later(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Change the sign of the zeros in the last result, which compares as equal."""
    output = right(x, w, strides, padding)
    last = _kept.get("zeros")
    if last is not None:
        last[last == 0] = -0.0
    _kept["zeros"] = output
    return output


def returns_guard(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Return nothing, in the memory behind the input."""
    return as_strided(x.ravel(), (x.size + 1,))[x.size :].reshape(1, 1, 1, 1)[:, 1:]


def refuses_later(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Support everything, once."""
    key = ("refuses", x.shape, w.shape, *strides)
    _calls[key] = _calls.get(key, 0) + 1
    if _calls[key] > 1:
        raise NotImplementedError("busy")
    return right(x, w, strides, padding)


def wrong_fifth(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Be right four times of five, for each shape."""
    key = ("fifth", x.shape, w.shape, str(padding), *strides)
    _calls[key] = _calls.get(key, 0) + 1
    return right(x, w, strides, padding) + np.float32(_calls[key] % 5 == 0)
