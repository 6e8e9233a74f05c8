"""Mistakes with dilations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from conformance.case import Shape
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect
from conformance.defects.hooks import dilations, out_sizes, when
from conformance.defects.steps import find_sizes, places

__all__ = ["DEFECTS"]

GROUP = "dilations"


def _only_in_size(change: Callable[[Shape], Shape]) -> Change:
    """Return the change of the dilations that spoils the output's size and nothing else."""
    return out_sizes(lambda call: find_sizes(replace(call, dilations=change(call.dilations))).out_sizes)


def _by_fields(field: Callable[[int, int], int]) -> Change:
    """Return the change by which the output's size counts another receptive field, of taps and dilation."""

    def sizes(call: Call) -> Shape:
        axes = zip(call.in_sizes, call.pads, call.taps, call.dilations, call.strides, strict=True)
        return tuple(max(0, (size + sum(pair) - field(k, d)) // step + 1) for size, pair, k, d, step in axes)

    return out_sizes(sizes)


def _dilates_the_image(call: Call) -> Call:
    """Put the holes between the input's elements; the taps stay together."""
    near = replace(call, dilations=(1,) * call.rank)
    axes = zip(places(near), call.in_sizes, call.dilations, strict=True)
    met = tuple(np.where((at >= 0) & (at % hole == 0) & (at < size * hole), at // hole, -1) for at, size, hole in axes)
    return replace(call, tables=met)


def _ones(holes: Shape) -> Shape:
    return (1,) * len(holes)


DEFECTS: tuple[Defect, ...] = (
    Defect("dilations-swapped", GROUP, "swaps the dilations", asked=dilations(lambda holes: holes[::-1])),
    Defect(
        "dilations-swapped-right-size",
        GROUP,
        "swaps the dilations where it reads, though not in the output's size",
        sized=dilations(lambda holes: holes[::-1]),
    ),
    Defect("dilations-ignored", GROUP, "ignores the dilations", asked=dilations(_ones)),
    Defect(
        "dilations-ignored-right-size",
        GROUP,
        "reads neighbouring elements whatever the dilation, though the output's size is right",
        sized=dilations(_ones),
    ),
    Defect(
        "dilations-ignored-in-size",
        GROUP,
        "computes the output's size without the dilation, though it reads with it",
        sized=_only_in_size(_ones),
    ),
    Defect(
        "dilation-vertical-for-both",
        GROUP,
        "uses the vertical dilation for both axes",
        asked=dilations(lambda holes: holes[:1] * len(holes)),
    ),
    Defect(
        "dilation-vertical-for-both-right-size",
        GROUP,
        "uses the vertical dilation for both axes where it reads, though not in the output's size",
        sized=dilations(lambda holes: holes[:1] * len(holes)),
    ),
    Defect(
        "dilation-horizontal-for-both",
        GROUP,
        "uses the horizontal dilation for both axes",
        asked=dilations(lambda holes: holes[-1:] * len(holes)),
    ),
    Defect(
        "dilation-vertical-ignored",
        GROUP,
        "ignores the vertical dilation",
        asked=dilations(lambda holes: (1,) * len(holes[:-1]) + holes[-1:]),
    ),
    Defect(
        "dilation-horizontal-ignored",
        GROUP,
        "ignores the horizontal dilation",
        asked=dilations(lambda holes: (*holes[:-1], 1)),
    ),
    Defect(
        "dilation-as-holes",
        GROUP,
        "takes the dilation for the number of holes between two taps, which is one less",
        asked=dilations(lambda holes: tuple(hole + (hole > 1) for hole in holes)),
    ),
    Defect(
        "dilation-one-less",
        GROUP,
        "leaves one hole too few between two taps",
        asked=dilations(lambda holes: tuple(max(1, hole - 1) for hole in holes)),
    ),
    Defect(
        "dilation-at-most-two",
        GROUP,
        "takes every dilation beyond 2 for 2",
        asked=dilations(lambda holes: tuple(min(hole, 2) for hole in holes)),
    ),
    Defect(
        "dilation-ignored-with-stride",
        GROUP,
        "ignores the dilations where there is a stride too",
        sized=when(lambda call: max(call.strides) > 1, dilations(_ones)),
    ),
    Defect(
        "dilation-of-the-image",
        GROUP,
        "dilates the image instead of the filter",
        tabled=_dilates_the_image,
    ),
    Defect(
        "dilated-field-too-large",
        GROUP,
        "counts the receptive field as filter times dilation, without taking off the last holes",
        sized=_by_fields(lambda taps, hole: taps * hole),
    ),
    Defect(
        "dilated-field-of-three",
        GROUP,
        "counts the receptive field as if every filter had three taps: two gaps of the dilation",
        sized=_by_fields(lambda taps, hole: taps + 2 * (hole - 1)),
    ),
)
