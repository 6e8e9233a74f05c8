"""Mistakes with strides."""

from __future__ import annotations

from dataclasses import replace

from conformance.defects.call import Call
from conformance.defects.defect import Defect
from conformance.defects.hooks import strides

__all__ = ["DEFECTS"]

GROUP = "strides"


def _remainders(call: Call) -> list[int]:
    """Return how many elements no window reaches at the end of every axis."""
    axes = zip(call.in_sizes, call.pads, call.fields, call.strides, strict=True)
    return [max(0, size + sum(pair) - field) % step for size, pair, field, step in axes]


def _centred(call: Call) -> Call:
    moves = zip(call.pads, _remainders(call), strict=True)
    return replace(call, pads=tuple((before - rest // 2, after) for (before, after), rest in moves))


def _at_the_end(call: Call) -> Call:
    moves = zip(call.pads, _remainders(call), strict=True)
    return replace(call, pads=tuple((before - rest, after) for (before, after), rest in moves))


def _last_of_each(call: Call) -> Call:
    moves = zip(call.pads, call.strides, strict=True)
    return replace(call, pads=tuple((before - step + 1, after) for (before, after), step in moves))


def _at_most_the_field(call: Call) -> Call:
    return replace(call, strides=tuple(map(min, call.strides, call.fields)))


def _times_dilation(call: Call) -> Call:
    return replace(call, strides=tuple(step * hole for step, hole in zip(call.strides, call.dilations, strict=True)))


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "strides-swapped",
        GROUP,
        "swaps the vertical and the horizontal stride",
        asked=strides(lambda steps: steps[::-1]),
    ),
    Defect(
        "strides-swapped-right-size",
        GROUP,
        "swaps the vertical and the horizontal stride",
        sized=strides(lambda steps: steps[::-1]),
    ),
    Defect(
        "stride-vertical-for-both",
        GROUP,
        "uses the vertical stride for both axes",
        asked=strides(lambda steps: steps[:1] * len(steps)),
    ),
    Defect(
        "stride-vertical-for-both-right-size",
        GROUP,
        "uses the vertical stride for both axes",
        sized=strides(lambda steps: steps[:1] * len(steps)),
    ),
    Defect(
        "stride-horizontal-for-both",
        GROUP,
        "uses the horizontal stride for both axes",
        asked=strides(lambda steps: steps[-1:] * len(steps)),
    ),
    Defect(
        "stride-horizontal-for-both-right-size",
        GROUP,
        "uses the horizontal stride for both axes",
        sized=strides(lambda steps: steps[-1:] * len(steps)),
    ),
    Defect("strides-ignored", GROUP, "ignores the strides", asked=strides(lambda steps: (1,) * len(steps))),
    Defect(
        "strides-ignored-right-size",
        GROUP,
        "places its windows one element apart whatever the stride, though the output's size is right",
        sized=strides(lambda steps: (1,) * len(steps)),
    ),
    Defect(
        "stride-vertical-ignored",
        GROUP,
        "ignores the vertical stride",
        asked=strides(lambda steps: (1,) * len(steps[:-1]) + steps[-1:]),
    ),
    Defect(
        "stride-horizontal-ignored",
        GROUP,
        "ignores the horizontal stride",
        asked=strides(lambda steps: (*steps[:-1], 1)),
    ),
    Defect(
        "stride-at-most-two",
        GROUP,
        "takes every stride beyond 2 for 2",
        asked=strides(lambda steps: tuple(min(step, 2) for step in steps)),
    ),
    Defect(
        "stride-at-most-two-right-size",
        GROUP,
        "moves its windows by 2 where the stride is larger, though the output's size is right",
        sized=strides(lambda steps: tuple(min(step, 2) for step in steps)),
    ),
    Defect(
        "stride-at-most-the-field",
        GROUP,
        "takes a stride beyond the receptive field for the receptive field's size",
        asked=_at_most_the_field,
    ),
    Defect(
        "stride-times-dilation",
        GROUP,
        "moves its windows by stride times dilation",
        sized=_times_dilation,
    ),
    Defect(
        "stride-last-of-each",
        GROUP,
        "keeps the last position of every stride instead of the first",
        sized=_last_of_each,
    ),
    Defect(
        "stride-remainder-split",
        GROUP,
        "centres its windows where the stride leaves a remainder, instead of beginning at the padding's edge",
        sized=_centred,
    ),
    Defect(
        "stride-remainder-first",
        GROUP,
        "leaves the stride's remainder at the top and left instead of the bottom and right",
        sized=_at_the_end,
    ),
)
