"""Mistakes with one side or one axis of the padding alone, and loops that it ends too early."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from conformance.case import Pads
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect
from conformance.defects.hooks import explicit, pads, same, when
from reference.geometry import same_pads

__all__ = ["DEFECTS"]

GROUP = "sides of the padding"
LOOPS = "loops over taps"


def _is_planar(call: Call) -> bool:
    return call.rank > 1


def _horizontally(pairs: Pads) -> Pads:
    return (*pairs[:-1], pairs[-1][::-1])


def _vertically(pairs: Pads) -> Pads:
    return (*(pair[::-1] for pair in pairs[:-1]), pairs[-1])


def _after_for_before(pairs: Pads) -> Pads:
    """Begin by what is due at the end, along all axes but the last."""
    return (*((after, after) for _, after in pairs[:-1]), pairs[-1])


def _same_by_taps(order: int) -> Change:
    """Return the change that computes SAME's padding of an axis from the filter's size along another."""

    def changed(call: Call) -> Call:
        first, *_, last = call.taps
        taps = (*call.taps[:-1], first) if order > 0 else (last, *call.taps[1:])
        axes = zip(call.in_sizes, taps, call.strides, call.dilations, strict=True)
        return replace(call, pads=tuple(same_pads(*axis) for axis in axes))

    return when(lambda call: same(call) and _is_planar(call), changed)


def _ended(axis: int) -> Change:
    """Return the change that leaves the loop over the taps of an axis at the first that lies on the padding."""

    def changed(call: Call) -> Call:
        place = call.rank + axis if axis < 0 else axis
        met = call.tables[place]
        met = np.where(np.logical_or.accumulate(met < 0, axis=1), -1, met)
        return replace(call, tables=(*call.tables[:place], met, *call.tables[place + 1 :]))

    return changed


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "sides-swapped-horizontally",
        GROUP,
        "swaps the padding at the left and at the right",
        padded=pads(_horizontally),
    ),
    Defect(
        "sides-swapped-vertically",
        GROUP,
        "swaps the padding at the top and at the bottom",
        padded=when(_is_planar, pads(_vertically)),
    ),
    Defect(
        "sides-of-numbers-swapped",
        GROUP,
        "swaps the two sides of a padding that is given in numbers",
        padded=when(explicit, pads(lambda pairs: tuple(pair[::-1] for pair in pairs))),
    ),
    Defect(
        "sides-bottom-at-the-top",
        GROUP,
        "puts the bottom's padding at the top where the padding is given in numbers",
        padded=when(lambda call: explicit(call) and _is_planar(call), pads(_after_for_before)),
    ),
    Defect(
        "sides-bottom-at-the-top-right-size",
        GROUP,
        "begins its windows by the bottom's padding where that is given in numbers, though the output's size is right",
        sized=when(lambda call: explicit(call) and _is_planar(call), pads(_after_for_before)),
    ),
    Defect(
        "same-width-by-filter-height",
        GROUP,
        "computes SAME's padding of the width from the filter's height",
        padded=_same_by_taps(1),
    ),
    Defect(
        "same-height-by-filter-width",
        GROUP,
        "computes SAME's padding of the height from the filter's width",
        padded=_same_by_taps(-1),
    ),
    Defect(
        "column-loop-ended",
        LOOPS,
        "ends the loop over the filter's columns at the first that lies on the padding, instead of passing over it",
        tabled=_ended(-1),
    ),
    Defect(
        "row-loop-ended",
        LOOPS,
        "ends the loop over the filter's rows at the first that lies on the padding, instead of passing over it",
        tabled=when(_is_planar, _ended(0)),
    ),
)
