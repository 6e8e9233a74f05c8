"""Changes of geometry and of images, axis by axis, that gradients, transposes and ranks have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Change
from conformance.defects.operands import parts
from conformance.defects.steps import contract
from reference.geometry import explicit_pads

__all__ = [
    "believing_before",
    "exchanged",
    "flipped",
    "flipped_taps",
    "nearest",
    "overlap_averaged",
    "overlap_overwritten",
    "reached",
    "read_as",
    "remainders",
    "same_of_result",
    "swapped_channels",
    "windows_inside",
]


def remainders(call: Call) -> tuple[int, ...]:
    """Return how many elements behind the last window's place for one more are left over, for every axis."""
    axes = zip(call.in_sizes, call.pads, call.fields, call.strides, strict=True)
    return tuple((size + sum(pads) - field) % step for size, pads, field, step in axes)


def believing_before(before: Callable[[int, int, int, int, int], int]) -> Change:
    """Return the change of the padding before every axis, in an output of the right size.

    Args:
        before: from padding before and after, receptive field, stride and remainder of an axis.
    """

    def changed(call: Call) -> Call:
        axes = zip(call.pads, call.fields, call.strides, remainders(call), strict=True)
        return replace(call, pads=tuple((before(*pads, *others), pads[1]) for pads, *others in axes))

    return changed


def exchanged(call: Call) -> Call:
    """Exchange strides and dilations."""
    return replace(call, strides=call.dilations, dilations=call.strides)


def same_of_result(call: Call) -> Call:
    """Compute SAME's padding from the sizes of what arrives."""
    if call.padding != "SAME":
        return call
    return replace(call, pads=explicit_pads("SAME", call.out_sizes, call.taps, call.strides, call.dilations))


def windows_inside(call: Call) -> Call:
    """Leave out the windows that reach into the padding."""
    tables = tuple(np.where((met < 0).any(axis=1, keepdims=True), -1, met) for met in call.tables)
    return replace(call, tables=tables)


def flipped(part: Array, axes: tuple[int, ...]) -> Array:
    """Return a copy reversed along some axes."""
    return np.flip(part, axes).copy()


def flipped_taps(filters: Array, call: Call) -> Array:
    """Reverse the taps along every axis."""
    return flipped(filters, tuple(range(call.rank)))


def swapped_channels(filters: Array, call: Call) -> Array:
    """Read filters as if input and output channels lay in the other order."""
    return filters.swapaxes(-1, -2).reshape(filters.shape)


def read_as(part: Array, one: int, two: int) -> Array:
    """Read an array as if two of its axes lay in the other order."""
    return part.swapaxes(one, two).reshape(part.shape)


def reached(call: Call) -> tuple[Array, ...]:
    """Return for every axis which elements of the image some tap meets."""
    return tuple(np.isin(np.arange(size), met) for size, met in zip(call.in_sizes, call.tables, strict=True))


def nearest(output: Array, call: Call) -> Array:
    """Give elements of an image that no tap meets the value of the last one before that a tap does."""
    for axis, line in enumerate(reached(call), start=1):
        if line.any():
            place = np.maximum.accumulate(np.where(line, np.arange(line.size), int(line.argmax())))
            output = output.take(place, axis=axis)
    return output


def _meetings(call: Call) -> list[Array]:
    """Return for every tap which elements of the image it meets, (*in_sizes, 1)."""
    found = []
    for tap in np.ndindex(*call.taps):
        met = np.ones((1,) * call.rank, bool)
        for axis, (size, own, place) in enumerate(zip(call.in_sizes, call.tables, tap, strict=True)):
            line = np.isin(np.arange(size), own[:, place])
            met = met & line.reshape(-1, *(1,) * (call.rank - 1 - axis))
        found.append(met[..., None])
    return found


def overlap_overwritten(call: Call) -> Array:
    """Spread what arrives over the windows, where a later tap overwrites an earlier one."""
    output = np.zeros(call.image_shape, contract(call).dtype)
    for part, met in zip(parts(call), _meetings(call), strict=True):
        output = np.where(met, contract(part), output)
    return output


def overlap_averaged(call: Call) -> Array:
    """Spread what arrives over the windows, and divide by how many taps meet each element."""
    output, counts = contract(call), sum(met.astype(int) for met in _meetings(call))
    return np.asarray(output / np.maximum(1, counts))
