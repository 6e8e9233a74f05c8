"""Mistakes by what is kept between calls: stale results and operands, and buffers used again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from conformance.case import Pads
from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Compute, Defect, everywhere
from conformance.defects.operands import altered, forward
from conformance.defects.raw import Remembering, raw_operands
from conformance.defects.steps import find_pads

__all__ = ["DEFECTS", "by_shape"]

Key = Callable[[Call], Hashable]


def by_shape(call: Call) -> Hashable:
    """Return what a careful implementation knows of a call without its data."""
    parameters = (call.strides, call.dilations, str(call.padding), call.dtype.name, call.channels_first)
    return (call.operation, call.image_shape, call.filters_shape, call.bias is None, *parameters)


def _by_first_numbers(call: Call) -> Hashable:
    first = (part.flat[0] for part in raw_operands(call).values() if part.size)
    return (by_shape(call), *map(float, first))


def _by_address(call: Call) -> Hashable:
    parts = raw_operands(call).values()
    return (by_shape(call), *(part.__array_interface__["data"][0] for part in parts))


def _by_sizes_only(call: Call) -> Hashable:
    return (call.operation, call.image_shape, call.filters_shape)


def _results_kept(key: Key) -> Remembering:
    def remembering(compute: Compute) -> Compute:
        kept: dict[Hashable, Array] = {}

        def computed(call: Call) -> Array:
            name = key(call)
            if name not in kept:
                kept[name] = compute(call)
            return kept[name].copy()

        return computed

    return remembering


def _operand_kept(name: str, key: Key) -> Remembering:
    """Return an implementation that packs an operand once for each key, and keeps the caller's array alive."""

    def remembering(compute: Compute) -> Compute:
        kept: dict[Hashable, tuple[Any, Call]] = {}

        def computed(call: Call) -> Array:
            part = getattr(call, name)
            if part is None:
                return compute(call)
            return compute(altered(call, **{name: kept.setdefault(key(call), (part.copy(), call))[0]}))

        return computed

    return remembering


def _parameter_kept(name: str) -> Remembering:
    """Return an implementation that keeps a parameter of the first call with operands of these sizes."""

    def remembering(compute: Compute) -> Compute:
        kept: dict[Hashable, Any] = {}

        def computed(call: Call) -> Array:
            return compute(altered(call, **{name: kept.setdefault(_by_sizes_only(call), getattr(call, name))}))

        return computed

    return remembering


def _buffers(count: int) -> Remembering:
    """Return an implementation that returns one of `count` buffers of its own, in turn."""

    def remembering(compute: Compute) -> Compute:
        kept: dict[Hashable, list[Array]] = {}
        calls: dict[Hashable, int] = {}

        def computed(call: Call) -> Array:
            output, name = compute(call), by_shape(call)
            calls[name] = calls.get(name, -1) + 1
            buffers = kept.setdefault(name, [])
            if len(buffers) < count:
                buffers.append(output)
                return output
            buffer = buffers[calls[name] % count]
            buffer[...] = output
            return buffer

        return computed

    return remembering


def _added_to_last(compute: Compute) -> Compute:
    kept: dict[Hashable, Array] = {}

    def computed(call: Call) -> Array:
        name, output = by_shape(call), compute(call)
        kept[name] = np.asarray(kept[name] + output, output.dtype) if name in kept else output.copy()
        return kept[name].copy()

    return computed


def _last_changed(compute: Compute) -> Compute:
    """Clear the last result when the next call begins, as a pool of memory does that gives it away again."""
    last: list[Array] = []

    def computed(call: Call) -> Array:
        for array in last:
            array[...] = 0
        last[:] = [compute(call)]
        return last[0]

    return computed


def _inputs_summed(compute: Compute) -> Compute:
    """Convolve the mean of this call's input and the last one of its shape: a workspace that is not cleared."""
    kept: dict[Hashable, Array] = {}

    def computed(call: Call) -> Array:
        if call.input is None:
            return compute(call)
        total = call.input + kept.get(by_shape(call), np.zeros((), call.input.dtype))
        kept[by_shape(call)] = call.input
        return compute(altered(call, input=total))

    return computed


def _pads_kept(compute: Compute) -> Compute:
    """Keep what padding came to for operands and an output of the same sizes."""
    kept: dict[Hashable, Pads] = {}

    def computed(call: Call) -> Array:
        found = find_pads(call).pads
        totals = tuple(map(sum, found))
        key = (call.operation, call.image_shape, call.filters_shape, call.strides, call.dilations, totals)
        return compute(altered(call, padding=kept.setdefault(key, found)))

    return computed


def _border_kept(compute: Compute) -> Compute:
    """Pad into a workspace that is kept for each size, and not cleared around the image."""
    kept: dict[Hashable, Array] = {}

    def computed(call: Call) -> Array:
        found = find_pads(call).pads
        if call.input is None:
            return compute(call)
        sizes = tuple(size + sum(pair) for size, pair in zip(call.in_sizes, found, strict=True))
        shape = (call.batch, *sizes, call.in_channels)
        space = kept.setdefault(shape, np.zeros(shape))
        inner = (slice(pair[0], pair[0] + size) for size, pair in zip(call.in_sizes, found, strict=True))
        space[(slice(None), *inner)] = call.input
        return compute(altered(call, input=space.astype(call.input.dtype), image_shape=shape, padding="VALID"))

    return computed


_STALE = "gives the first call's result again: it keeps results by shape and does not look at the data"
_OWN_BUFFER = "returns a buffer of its own and overwrites it in the next call"
_OWN_BUFFERS = "returns buffers of its own, and returns one again while its earlier contents may be in use"

_CACHES = tuple(
    Defect(f"kept-{name}", "stale caches", mistake, operations, remembering=remembering)
    for name, mistake, operations, remembering in (
        ("results-by-shape", _STALE, everywhere, _results_kept(by_shape)),
        ("results-by-address", _STALE, everywhere, _results_kept(_by_address)),
        (
            "results-by-first-number",
            "keeps results by shape and the operands' first numbers, and does not look at the others",
            everywhere,
            _results_kept(_by_first_numbers),
        ),
        ("filters-by-shape", "packs the filters once for each shape", everywhere, _operand_kept("filters", by_shape)),
        (
            "filters-by-address",
            "packs the filters once for each address",
            everywhere,
            _operand_kept("filters", _by_address),
        ),
        ("input-by-address", "packs the input once for each address", everywhere, _operand_kept("input", _by_address)),
        (
            "arriving-by-shape",
            "packs what arrives once for each shape",
            everywhere,
            _operand_kept("arriving", by_shape),
        ),
        ("bias-by-shape", "keeps the first call's bias for each shape", forward, _operand_kept("bias", by_shape)),
        (
            "padding-by-sizes",
            "keeps the first call's padding for operands of the same sizes",
            everywhere,
            _parameter_kept("padding"),
        ),
        (
            "strides-by-sizes",
            "keeps the first call's strides for operands of the same sizes",
            everywhere,
            _parameter_kept("strides"),
        ),
        (
            "dilations-by-sizes",
            "keeps the first call's dilations for operands of the same sizes",
            everywhere,
            _parameter_kept("dilations"),
        ),
    )
)

_PLANS = tuple(
    Defect(f"kept-{name}", "stale caches", mistake, remembering=remembering)
    for name, mistake, remembering in (
        (
            "pads",
            "keeps what the first call's padding came to, for operands and an output of the same sizes",
            _pads_kept,
        ),
        (
            "border",
            "pads into a workspace that it keeps, and does not clear what an earlier call left around the image",
            _border_kept,
        ),
    )
)

_REUSED = tuple(
    Defect(name, "reused buffers", mistake, remembering=remembering)
    for name, mistake, remembering in (
        ("buffer-own", _OWN_BUFFER, _buffers(1)),
        ("buffers-in-turn", _OWN_BUFFERS, _buffers(2)),
        ("buffer-cleared-later", "clears its last result when it is called again", _last_changed),
        ("buffer-added-to", "adds to the last result of the same shape: it does not clear its buffer", _added_to_last),
        (
            "workspace-added-to",
            "adds the last call's input to this one's: it does not clear its workspace",
            _inputs_summed,
        ),
    )
)

DEFECTS: tuple[Defect, ...] = (*_CACHES, *_PLANS, *_REUSED)
