"""Mistakes that begin beyond a size, or in one kind of problem only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from conformance.case import Kind
from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect, Finish
from conformance.defects.operands import backward, filter_gradient, forward, products, spreading, transposed

__all__ = ["DEFECTS"]

_COUNTS, _PATHS, _DEPTH = "counts that are too small", "paths", "one axis"

_OFFSETS: dict[str, Callable[[Array], Array]] = {
    "unsigned": lambda place: place.astype(np.uint16).astype(np.int64),
    "signed": lambda place: place.astype(np.int16).astype(np.int64),
}


def _first_channels(count: int) -> Change:
    return lambda call: products(call, lambda number: number % max(1, call.depth) < count)


def _first_taps(count: int) -> Change:
    return lambda call: products(call, lambda number: number // max(1, call.depth) < count)


def _short_offsets(wrapped: Callable[[Array], Array]) -> Change:
    """Return the change by which the offset of an element in its image wraps round."""

    def changed(call: Call) -> Call:
        if call.input is None or not call.input.size:
            return call
        images = call.input.reshape(call.batch, -1)
        place = wrapped(np.arange(images.shape[1])) % images.shape[1]
        return replace(call, input=images[:, place].reshape(call.image_shape))

    return changed


def _last_lost(axis: int) -> Change:
    """Return the change by which the last element of an odd axis is lost under a stride of 2."""

    def changed(call: Call) -> Call:
        if call.input is None or call.rank < -axis or call.strides[axis] != 2 or call.in_sizes[axis] % 2 == 0:
            return call
        size = call.in_sizes[axis]
        keep = (np.arange(size) < size - 1).reshape(-1, *(1,) * -axis)
        return replace(call, input=np.where(keep, call.input, 0))

    return changed


def _one_window(call: Call) -> Call:
    """Let every window be the image, where the filters are as large as that."""
    if call.taps != call.in_sizes or call.groups > 1 or any(hole > 1 for hole in call.dilations):
        return call
    whole = (np.tile(np.arange(taps), (size, 1)) for taps, size in zip(call.taps, call.out_sizes, strict=True))
    return replace(call, tables=tuple(whole))


def _one_channel_summed(call: Call) -> Call:
    if not call.operation.is_depthwise or call.in_channels != 1 or call.filters is None:
        return call
    total = call.filters.sum(axis=-1, keepdims=True)
    return replace(call, filters=np.broadcast_to(total, call.filters.shape).copy())


def _two_windows(call: Call) -> Call:
    """Leave out the taps that lie in a third window or beyond, on the last axis."""
    step, hole = call.strides[-1], call.dilations[-1]
    keep = (np.arange(call.taps[-1]) * hole < 2 * step) | (step == 1)
    return call if call.filters is None else replace(call, filters=np.where(keep[:, None, None], call.filters, 0))


def _last_of_image_zero(axis: int) -> Finish:
    def finished(output: Array, call: Call) -> Array:
        if call.rank < -axis - 1:
            return output
        place = np.arange(output.shape[axis]).reshape(-1, *(1,) * (-axis - 1))
        return np.where(place < output.shape[axis] - 1, output, 0)

    return finished


def _without_last_slice(call: Call) -> Call:
    if call.arriving is None or call.rank < 3:
        return call
    place = np.arange(call.arriving.shape[1]).reshape(-1, 1, 1, 1)
    return replace(call, arriving=np.where(place < len(place) - 1, call.arriving, 0))


def _depth_flipped(gradient: Array, call: Call) -> Array:
    return gradient[::-1] if call.rank == 3 else gradient


def _nothing_for_nothing(output: Array, call: Call) -> Array:
    nothing = call.kind is Kind.INPUT_GRADIENT and call.arriving is not None and not call.arriving.size
    return output[:0] if nothing else output


DEFECTS: tuple[Defect, ...] = (
    *(
        Defect(
            f"{name}-until-{count}",
            _COUNTS,
            f"{words.format(count)} and no more",
            forward,
            asked=first(count),
        )
        for name, words, first, counts in (
            ("channels", "sums the first {} input channels", _first_channels, (16, 32, 64, 128)),
            ("taps", "applies the first {} taps of each filter", _first_taps, (9, 16, 25, 49)),
        )
        for count in counts
    ),
    *(
        Defect(
            f"image-offset-16-bits-{name}",
            _COUNTS,
            "counts the elements of an image in 16 bits, which wrap round",
            forward,
            asked=_short_offsets(wrapped),
        )
        for name, wrapped in _OFFSETS.items()
    ),
    *(
        Defect(
            f"stride-two-last-{words}",
            _PATHS,
            f"loses the image's last {words} where the stride is 2 and the number of {words}s odd",
            forward,
            asked=_last_lost(axis),
        )
        for words, axis in (("row", -2), ("column", -1))
    ),
    Defect(
        "full-size-one-window",
        _PATHS,
        "multiplies a filter as large as the image with the image where it lies, whatever the padding",
        forward,
        tabled=_one_window,
    ),
    Defect(
        "depthwise-one-channel-summed",
        _PATHS,
        "sums over the filters of a depthwise convolution's only channel",
        forward,
        asked=_one_channel_summed,
    ),
    Defect(
        "transpose-two-windows",
        "transpose's overlap",
        "adds up two windows at most where more of a transpose's overlap along the width",
        transposed,
        asked=_two_windows,
    ),
    *(
        Defect(
            f"spread-last-{words}-zero",
            "lost rows",
            f"leaves the last {words} of the image 0 in transposes and the input's gradient",
            spreading,
            finished=_last_of_image_zero(axis),
        )
        for words, axis in (("row", -3), ("column", -2))
    ),
    Defect(
        "depth-arriving-last-slice",
        _DEPTH,
        "leaves out the last slice along the depth of what arrives",
        lambda operation: backward(operation) or spreading(operation),
        asked=_without_last_slice,
    ),
    Defect(
        "dw-depth-flipped",
        _DEPTH,
        "flips the filters' gradient along the depth",
        filter_gradient,
        summed=_depth_flipped,
    ),
    Defect(
        "dx-empty",
        "output size",
        "returns an input gradient without images where what arrives has no elements",
        spreading,
        finished=_nothing_for_nothing,
    ),
)
