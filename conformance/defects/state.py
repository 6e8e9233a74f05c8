"""Faults that come and go: some calls only, and what lies in memory that nobody cleared."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np

from conformance.data import Array
from conformance.defects.caches import by_shape
from conformance.defects.call import Call
from conformance.defects.defect import Compute, Defect
from conformance.defects.operands import altered, has_image, spreading
from conformance.defects.raw import Remembering

__all__ = ["DEFECTS"]


def _unreached(call: Call) -> Array:
    """Return which elements of the result no tap and no window reaches, all channels alike."""
    from_windows = [(met >= 0).any(axis=1) for met in call.tables]
    lines = from_windows
    if spreading(call.operation):
        lines = [np.isin(np.arange(size), met) for size, met in zip(call.in_sizes, call.tables, strict=True)]
    reached = np.ones((1,) * (call.rank + 2), bool)
    for axis, line in enumerate(lines, start=1):
        reached = reached & line.reshape(-1, *(1,) * (call.rank + 1 - axis))
    return ~reached


def _garbage(output: Array, call: Call) -> Array:
    return np.where(_unreached(call), np.asarray(1e30 if output.dtype.kind == "f" else 12345, output.dtype), output)


def _left_from_last(compute: Compute) -> Compute:
    """Write results over the last one of the same shape, and leave out what is zero: it counts on a clean buffer."""
    kept: dict[Hashable, Array] = {}

    def computed(call: Call) -> Array:
        name, output = by_shape(call), compute(call)
        last = kept.get(name, output)
        kept[name] = np.where(output == 0, last, output) if last.shape == output.shape else output
        return kept[name].copy()

    return computed


def _at_calls(wrong: Callable[[int], bool], change: Callable[[Array, Call, int], Array]) -> Remembering:
    """Return an implementation that errs in some calls, counted from 1 over all operations."""

    def remembering(compute: Compute) -> Compute:
        calls = [0]

        def computed(call: Call) -> Array:
            calls[0] += 1
            output = compute(call)
            if not output.size or not wrong(calls[0]):
                return output
            return np.asarray(change(output, call, calls[0]), output.dtype)

        return computed

    return remembering


def _one_more(output: Array, call: Call, turn: int) -> Array:
    return np.asarray(output + output.dtype.type(1))


def _last_image_lost(output: Array, call: Call, turn: int) -> Array:
    output[-1] = 0
    return output


def _noise(output: Array, call: Call, turn: int) -> Array:
    sizes = 1 + 0.01 * np.random.default_rng(turn).normal(size=output.shape)
    return output.astype(np.float64) * sizes


def _half_lost(output: Array, call: Call, turn: int) -> Array:
    """Lose the second half of the channels, which a thread wrote too late."""
    output[..., output.shape[-1] // 2 :] = 0
    return output


def _tap_lost(compute: Compute) -> Compute:
    """Lose the last tap in every other call, when two threads add to the same sum."""
    calls = [0]

    def computed(call: Call) -> Array:
        calls[0] += 1
        if calls[0] % 2 or call.filters is None or not call.filters.size:
            return compute(call)
        filters = call.filters.copy()
        filters[(-1,) * call.rank] = 0
        return compute(altered(call, filters=filters))

    return computed


_CHANGEABLE = "gives another result for the same data: it is not deterministic, or adds to what an earlier call left"

_NOT_CLEARED = (
    Defect(
        "unreached-garbage",
        "memory not cleared",
        "leaves garbage where no tap falls: it does not clear the result before it adds",
        has_image,
        summed=_garbage,
    ),
    Defect(
        "unreached-last-result",
        "memory not cleared",
        "leaves the last call's results where its own are 0: it does not clear the result before it adds",
        remembering=_left_from_last,
    ),
)

_COMING_AND_GOING = tuple(
    Defect(name, "comes and goes", mistake, remembering=remembering)
    for name, mistake, remembering in (
        ("wrong-first-call", "is wrong in its first call", _at_calls(lambda turn: turn == 1, _one_more)),
        ("wrong-second-call", "is wrong in every second call", _at_calls(lambda turn: turn % 2 == 0, _one_more)),
        ("wrong-third-call", "is wrong in every third call", _at_calls(lambda turn: turn % 3 == 0, _one_more)),
        ("wrong-seventh-call", "is wrong in every seventh call", _at_calls(lambda turn: turn % 7 == 0, _one_more)),
        ("noise", _CHANGEABLE, _at_calls(lambda turn: True, _noise)),
        (
            "race-image",
            "loses the last image of a batch in every other call",
            _at_calls(lambda turn: turn % 2 == 0, _last_image_lost),
        ),
        (
            "race-channels",
            "loses half of the channels in every other call",
            _at_calls(lambda turn: turn % 2 == 0, _half_lost),
        ),
        ("race-tap", "loses a tap in every other call", _tap_lost),
    )
)

DEFECTS: tuple[Defect, ...] = (*_NOT_CLEARED, *_COMING_AND_GOING)
