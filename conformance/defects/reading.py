"""Mistakes in reading operands from the caller's memory: strides and alignment that are not looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Compute, Defect
from conformance.defects.operands import altered, backward, forward, spreading
from conformance.defects.raw import Remembering, memory_beside, raw_operands

__all__ = ["DEFECTS"]

Reading = Callable[[Array], Array]

_OPERANDS = ("input", "filters", "arriving", "bias")


def _misread(reading: Reading, *names: str) -> Remembering:
    """Return an implementation that reads the memory of some operands in its own way."""

    def remembering(compute: Compute) -> Compute:
        def computed(call: Call) -> Array:
            return compute(altered(call, **dict(_read(call, reading, names))))

        return computed

    return remembering


def _read(call: Call, reading: Reading, names: tuple[str, ...]) -> Iterator[tuple[str, Array]]:
    for name, raw in raw_operands(call).items():
        given: Array | None = getattr(call, name)
        if name not in names or given is None or not raw.size:
            continue
        part = reading(raw)
        if call.channels_first and name in ("input", "arriving"):
            part = np.moveaxis(part, 1, -1)
        yield name, part.reshape(given.shape).astype(given.dtype)


def _extent(raw: Array) -> tuple[Array, int]:
    """Return all the memory between the lowest and the highest element, flat, and where the first element lies."""
    ahead = tuple(slice(None, None, -1 if step < 0 else 1) for step in raw.strides)
    steps = [(size - 1) * abs(step) // raw.itemsize for size, step in zip(raw.shape, raw.strides, strict=True)]
    start = sum(span for span, step in zip(steps, raw.strides, strict=True) if step < 0)
    return as_strided(raw[ahead], (sum(steps) + 1,), (raw.itemsize,), writeable=False), start


def _by_strides(change: Callable[[Array], tuple[int, ...]]) -> Reading:
    """Return the reading that believes in other strides, in elements; nothing beyond the array's ends is read."""

    def reading(raw: Array) -> Array:
        flat, start = _extent(raw)
        place = np.full(raw.shape, start)
        for axis, step in enumerate(change(raw)):
            place += step * np.arange(raw.shape[axis]).reshape(-1, *(1,) * (raw.ndim - 1 - axis))
        return np.asarray(flat[np.clip(place, 0, len(flat) - 1)])

    return reading


def _own(raw: Array) -> tuple[int, ...]:
    return tuple(step // raw.itemsize for step in raw.strides)


def _contiguous(raw: Array) -> tuple[int, ...]:
    return tuple(int(np.prod(raw.shape[axis + 1 :])) for axis in range(raw.ndim))


def _last_is_one(raw: Array) -> tuple[int, ...]:
    return (*_own(raw)[:-1], 1)


def _rows_follow(raw: Array) -> tuple[int, ...]:
    """Take the strides of the last axis only, and let rows follow on each other."""
    last = _own(raw)[-1]
    return tuple(step * last for step in _contiguous(raw))


def _without_repetition(raw: Array) -> tuple[int, ...]:
    """Take strides of 0 for those of an array that is laid out in full."""
    return tuple(own or full for own, full in zip(_own(raw), _contiguous(raw), strict=True))


def _unsigned(raw: Array) -> Array:
    return raw[tuple(slice(None, None, -1 if step < 0 else 1) for step in raw.strides)]


def _column_major_as_row_major(raw: Array) -> Array:
    return raw.ravel(order="K").reshape(raw.shape) if raw.flags.f_contiguous else raw


def _aligned_down(raw: Array) -> Array:
    """Read from the last multiple of 64 bytes before the array."""
    surplus = raw.__array_interface__["data"][0] % 64 // raw.itemsize
    found = memory_beside(raw, -surplus, raw.size) if raw.flags.c_contiguous else None
    return raw if found is None else found.reshape(raw.shape)


def _leaking(offset: Callable[[Array], int], place: int) -> Remembering:
    """Return an implementation that adds an element beside the input, times 0, to one element of its result."""

    def remembering(compute: Compute) -> Compute:
        def computed(call: Call) -> Array:
            output, raw = compute(call), raw_operands(call).get("input")
            found = memory_beside(raw, offset(raw), 1) if raw is not None and raw.flags.c_contiguous else None
            if found is not None and output.size and call.operand_dtype.kind not in "iu":
                output.flat[place] += 0 * found[0]
            return output

        return computed

    return remembering


DEFECTS: tuple[Defect, ...] = (
    *(
        Defect(
            f"memory-{name}-contiguous",
            "strides in memory",
            f"reads the {words} as if its elements lay one behind the other, without its strides in memory",
            operations,
            remembering=_misread(_by_strides(_contiguous), name),
        )
        for name, words, operations in (
            ("input", "input", lambda operation: not spreading(operation)),
            ("filters", "filters", lambda operation: forward(operation) or spreading(operation)),
            ("arriving", "gradient that arrives", lambda operation: backward(operation) or spreading(operation)),
            ("bias", "bias", forward),
        )
    ),
    *(
        Defect(
            f"memory-strides-unsigned-{name}",
            "strides in memory",
            f"reads the {name} forwards where it has negative strides in memory",
            operations,
            remembering=_misread(_unsigned, name),
        )
        for name, operations in (("input", lambda operation: not spreading(operation)), ("filters", forward))
    ),
    *(
        Defect(f"memory-{name}", "strides in memory", mistake, remembering=_misread(reading, *_OPERANDS))
        for name, mistake, reading in (
            ("channels-adjacent", "takes channels for neighbours in memory", _by_strides(_last_is_one)),
            (
                "rows-adjacent",
                "lets rows follow each other in memory without a look at their strides",
                _by_strides(_rows_follow),
            ),
            ("strides-unsigned", "reads operands with negative strides in memory forwards", _unsigned),
            (
                "broadcast-laid-out",
                "reads on in memory where an axis has a stride of 0",
                _by_strides(_without_repetition),
            ),
            ("column-major", "reads operands in column-major order as row-major ones", _column_major_as_row_major),
            ("aligned-down", "reads operands from the last multiple of 64 bytes before them", _aligned_down),
        )
    ),
    Defect(
        "memory-behind-input-times-zero",
        "reads beyond operands",
        "multiplies an element behind the end of the input by 0: NaN there leaks in",
        remembering=_leaking(lambda raw: raw.size, -1),
    ),
    Defect(
        "memory-before-input-times-zero",
        "reads beyond operands",
        "multiplies an element before the start of the input by 0: NaN there leaks in",
        remembering=_leaking(lambda raw: -1, 0),
    ),
)
