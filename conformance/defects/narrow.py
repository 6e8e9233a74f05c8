"""Mistakes that show on one axis only, in one layout, in one of two steps, or for one kind of filter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from conformance.case import Kind, Pads
from conformance.data import Array
from conformance.defects import same as same_padding
from conformance.defects.call import Call
from conformance.defects.defect import RIGHT, Change, Defect
from conformance.defects.hooks import dilations, flat, pads, same, strides, when
from conformance.defects.operands import backward, forward, input_gradient
from conformance.defects.steps import contract, find_pads, places

__all__ = ["DEFECTS"]

_AXIS, _LAYOUT, _STEP, _PATH = "one axis", "channels first", "one of two steps", "paths"

_RIGHT_SIZE = (
    "same-undilated",
    "same-dilated-by-multiplying",
    "same-unstrided",
    "same-of-the-other-size",
    "same-of-the-other-filter-size",
    "same-of-the-other-stride",
    "same-of-the-other-dilation",
    "same-field-less-stride",
    "same-field-less-remainder",
    "same-half-of-filter",
)
"""Mistakes with SAME's padding that change the output's size, where that is not found by a rule of its own."""


def _volume(call: Call) -> bool:
    return call.rank == 3


def _in_channels_first(change: Change) -> Change:
    """Return the change of how SAME's padding is found, in channels first only, with the output's size left right."""
    return when(
        lambda call: call.channels_first and same(call), lambda call: replace(call, pads=find_pads(change(call)).pads)
    )


def _other_filter(call: Call) -> Call:
    return replace(call, filters_shape=(*call.taps[::-1], *call.filters_shape[-2:]))


def _undilated(axis: int) -> Callable[[tuple[int, ...]], tuple[int, ...]]:
    """Return the dilations with 1 on one axis."""
    return lambda holes: tuple(1 if place == axis % len(holes) else hole for place, hole in enumerate(holes))


def _same_undilated(axis: int) -> Change:
    return when(same, lambda call: replace(call, pads=find_pads(dilations(_undilated(axis))(call)).pads))


def _front_first(pairs: Pads) -> Pads:
    return (pairs[0][::-1], *pairs[1:])


def _edge_outside(axis: int, side: int) -> Change:
    """Return the change by which the image's edge counts as padding, where there is padding beside it."""

    def changed(call: Call) -> Call:
        if call.rank < -axis or not call.pads[axis][side]:
            return call
        met, edge = list(call.tables), (call.in_sizes[axis] - 1) * side
        met[axis] = np.where(met[axis] == edge, -1, met[axis])
        return replace(call, tables=tuple(met))

    return changed


def _taps_apart(call: Call) -> Call:
    holes = (hole * step if hole > 1 else hole for hole, step in zip(call.dilations, call.strides, strict=True))
    return replace(call, dilations=tuple(holes))


def _pads_in_outputs(call: Call) -> Call:
    """Count the padding before the image in steps of the stride."""
    axes = zip(places(call), call.in_sizes, call.strides, call.pads, strict=True)
    met = (at + pair[0] - pair[0] * step for at, _, step, pair in axes)
    inside = (np.where((at >= 0) & (at < size), at, -1) for at, size in zip(met, call.in_sizes, strict=True))
    return replace(call, tables=tuple(inside))


def _repeated(result: Array, call: Call) -> Array:
    if prod(call.taps) > 1 or call.kind is not Kind.INPUT_GRADIENT or any(map(sum, call.pads)):
        return result
    for axis, step in enumerate(call.strides, start=1):
        result = result.take(np.arange(result.shape[axis]) // step * step, axis=axis)
    return result


def _second_group_again(call: Call) -> Call:
    if call.filters is None or call.groups < 3:
        return call
    width = call.out_channels // call.groups
    place = np.arange(call.out_channels)
    return replace(call, filters=call.filters.take(np.minimum(place // width, 1) * width + place % width, -1))


def _filter_of_channel(choose: Callable[[Array, int], Array]) -> Change:
    """Return the change of which of its filters each channel of a depthwise convolution applies."""

    def changed(call: Call) -> Call:
        multiplier = call.out_channels // call.groups if call.groups else 0
        if call.filters is None or call.depth != 1 or call.groups < 2 or multiplier < 2:
            return call
        place = np.arange(call.out_channels)
        chosen = place // multiplier * multiplier + choose(place % multiplier, multiplier)
        return replace(call, filters=call.filters.take(chosen, -1))

    return changed


def _last_filter_only(call: Call) -> Call:
    multiplier = call.out_channels // call.groups if call.groups else 0
    if call.filters is None or call.depth != 1 or multiplier < 2:
        return call
    return replace(call, filters=np.where(np.arange(call.out_channels) % multiplier == multiplier - 1, call.filters, 0))


def _bias_along_width(output: Array, call: Call) -> Array:
    """Add the bias along the width where that is as long, in channels first."""
    if call.bias is None:
        return output
    fits = call.channels_first and output.shape[-2] == len(call.bias)
    return output + (call.bias[:, None] if fits else call.bias)


def _between(change: Callable[[Array], Array]) -> Callable[[Array, Call], Array]:
    """Return the change of what the first of two steps hands to the second."""
    return lambda output, call: output if call.then is None else change(output)


def _images_in_a_row(met: list[Array], call: Call) -> Array:
    """Check all axes but the depth, so that the images lie one behind the other."""
    pixel, inside = met[0], np.ones((), bool)
    for number, (at, size) in enumerate(zip(met[1:], call.in_sizes, strict=True)):
        pixel = pixel * size + at
        inside = inside & ((at >= 0) & (at < size) if number else True)
    return np.where(inside & (pixel >= 0) & (pixel < call.batch * prod(call.in_sizes)), pixel, -1)


DEFECTS: tuple[Defect, ...] = (
    *(
        replace(each, name=f"{each.name}-right-size", padded=lambda call: call, sized=each.padded)
        for each in same_padding.DEFECTS
        if each.name in _RIGHT_SIZE
    ),
    *(
        Defect(
            f"same-undilated-{words}{size}",
            _AXIS,
            f"computes SAME's padding without the {words} dilation",
            padded=_same_undilated(axis) if size else RIGHT.padded,
            sized=RIGHT.sized if size else _same_undilated(axis),
        )
        for words, axis in (("vertical", -2), ("horizontal", -1))
        for size in ("", "-wrong-size")
    ),
    *(
        Defect(
            f"dilation-{words}-ignored-right-size",
            _AXIS,
            f"ignores the {words} dilation where it reads, though not in the output's size",
            sized=when(lambda call: call.rank > 1, dilations(_undilated(axis))),
        )
        for words, axis in (("vertical", -2), ("horizontal", -1))
    ),
    Defect(
        "depth-undilated-right-size",
        _AXIS,
        "ignores the depth's dilation",
        sized=when(_volume, dilations(_undilated(0))),
    ),
    Defect(
        "depth-same-odd-first",
        _AXIS,
        "adds SAME's odd slice in front instead of behind",
        padded=when(lambda call: _volume(call) and same(call), pads(_front_first)),
    ),
    Defect(
        "depth-bounds-unchecked",
        _AXIS,
        "checks height and width but not the depth, and reads the neighbouring image where a window passes an end",
        contract=lambda call: flat(_images_in_a_row)(call) if _volume(call) else contract(call),
    ),
    Defect(
        "depth-and-height-strides",
        _AXIS,
        "swaps the strides of depth and height",
        sized=when(_volume, strides(lambda steps: (steps[1], steps[0], steps[2]))),
    ),
    *(
        Defect(
            f"border-{words.replace(' ', '-')}-outside",
            _AXIS,
            f"takes the image's {words} for padding where there is padding beside it",
            tabled=_edge_outside(axis, side),
        )
        for words, axis, side in (
            ("first row", -2, 0),
            ("last row", -2, 1),
            ("first column", -1, 0),
            ("last column", -1, 1),
        )
    ),
    Defect(
        "taps-stride-times-dilation",
        _PATH,
        "puts the taps of a dilated filter stride times dilation apart, though the output's size is right",
        sized=_taps_apart,
    ),
    *(
        Defect(
            f"channels-first-same-{name}",
            _LAYOUT,
            f"computes SAME's padding with the {words} swapped in channels first",
            sized=_in_channels_first(change),
        )
        for name, words, change in (
            ("filter", "filter's height and width", _other_filter),
            ("strides", "strides", strides(lambda steps: steps[::-1])),
        )
    ),
    Defect(
        "channels-first-bias-along-width",
        _LAYOUT,
        "adds the bias along the width in channels first where there are as many columns as channels",
        forward,
        add_bias=_bias_along_width,
    ),
    Defect(
        "pointwise-padded-late",
        _PATH,
        "takes its path for 1×1 filters whatever the padding, and pads after it took the strides there",
        tabled=when(lambda call: prod(call.taps) == 1, _pads_in_outputs),
    ),
    Defect(
        "pointwise-gradient-repeated",
        _PATH,
        "repeats what arrives over the stride in the input's gradient of 1×1 filters",
        input_gradient,
        summed=_repeated,
    ),
    Defect(
        "groups-second-again",
        _PATH,
        "applies the second group's filters to all groups behind it",
        tabled=_second_group_again,
    ),
    Defect(
        "multiplier-second-again",
        _PATH,
        "applies a channel's second filter in place of the further ones",
        tabled=_filter_of_channel(lambda number, _: np.minimum(number, 1)),
    ),
    Defect(
        "dx-last-multiplier",
        _PATH,
        "takes the last filter of each channel only into the depthwise gradient",
        backward,
        tabled=_last_filter_only,
    ),
    Defect(
        "separable-rectified",
        _STEP,
        "gives 0 for negative results of the first of a separable convolution's two steps",
        finished=_between(lambda output: np.maximum(output, 0)),
    ),
    Defect(
        "separable-float16",
        _STEP,
        "rounds to float16 between a separable convolution's two steps",
        finished=_between(lambda output: output.astype(np.float16).astype(output.dtype)),
    ),
    Defect(
        "one-slice-unstrided",
        _PATH,
        "takes filters of one slice without the depth's stride",
        sized=when(lambda call: _volume(call) and call.taps[0] == 1, strides(lambda steps: (1, *steps[1:]))),
    ),
)
