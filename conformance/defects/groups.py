"""Mistakes with groups, and with the filters of depthwise convolutions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Defect
from conformance.defects.hooks import Hooks, Index, reading
from conformance.defects.steps import contract

__all__ = ["DEFECTS"]

GROUPS, MULTIPLIER = "groups", "depth multiplier"


def _width(call: Call) -> int:
    """Return the filters of a group, which is the depth multiplier where a group has one channel."""
    return max(1, call.out_channels // max(1, call.groups))


def _depthwise(part: str, axis: str, index: Index) -> Hooks:
    """Return the hooks of a wrong reading where every channel is a group of its own."""
    return reading(
        part, axis, lambda size, call: index(size, call) if call.depth == 1 < call.groups else np.arange(size)
    )


def _blocks(size: int, groups: int) -> Array:
    """Return the places along an axis as (groups, places of a group)."""
    return np.arange(size).reshape(groups, size // max(1, groups))


def _by_group(order: Callable[[Array], Array]) -> Index:
    """Return the index of which the places, as (groups, places of a group), are put in another order."""
    return lambda size, call: order(_blocks(size, call.groups)).ravel()


def _interleaved(blocks: Array) -> Array:
    """Let neighbouring channels belong to different groups: channel c to group c % groups."""
    return blocks.reshape(blocks.shape[::-1]).T


def _without(group: Callable[[int], bool]) -> Index:
    """Return the index that leaves out the groups that `group` names."""

    def index(size: int, call: Call) -> Array:
        blocks = _blocks(size, call.groups)
        blocks[[group(number) for number in range(call.groups)]] = -1
        return blocks.ravel()

    return index


def _filters_offset(size: int, call: Call) -> Array:
    """Step from group to group by the number of its filters, where its channels are meant."""
    starts = np.arange(call.groups)[:, None] * _width(call)
    return ((starts + np.arange(call.depth)) % max(1, size)).ravel()


def _summed(call: Call) -> Call:
    """Apply every filter to the channels of all groups."""
    if call.input is None:
        return call
    parts = call.input.reshape(*call.input.shape[:-1], call.groups, call.depth)
    everything = np.broadcast_to(parts.sum(axis=-2, keepdims=True), parts.shape)
    return replace(call, input=everything.reshape(call.input.shape))


def _first_group_at_borders(call: Call) -> Array:
    """Give the first group's channels to all groups where a window reaches into the vertical padding."""
    if call.input is None or call.groups == 1 or call.arriving is not None:
        return contract(call)
    places = np.arange(call.in_channels) % call.depth
    wrong = contract(replace(call, input=call.input.take(places, -1)))
    rows = np.flatnonzero((call.tables[0] < 0).any(axis=1))
    output = contract(call)
    output[:, rows] = wrong[:, rows]
    return output


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "groups-ignored",
        GROUPS,
        "reads the first group's input channels for all groups: the offset of the group is missing",
        **reading("input", "channels", lambda size, call: np.arange(size) % max(1, call.depth)),
    ),
    Defect(
        "groups-share-filters",
        GROUPS,
        "applies the first group's filters to all groups",
        **reading("filters", "channels", lambda size, call: np.arange(size) % _width(call)),
    ),
    Defect(
        "groups-summed",
        GROUPS,
        "lets every filter see the channels of all groups, as if there were one",
        asked=_summed,
    ),
    Defect(
        "groups-interleaved-input",
        GROUPS,
        "gives input channel c to group c % groups, instead of neighbouring channels to one group",
        **reading("input", "channels", _by_group(_interleaved)),
    ),
    Defect(
        "groups-interleaved-filters",
        GROUPS,
        "gives filter k to group k % groups, instead of neighbouring filters to one group",
        **reading("filters", "channels", _by_group(_interleaved)),
    ),
    Defect(
        "groups-interleaved-output",
        GROUPS,
        "shuffles the output: the first channels of all groups come before the second ones",
        **reading("output", "channels", _by_group(lambda blocks: blocks.T)),
    ),
    Defect(
        "groups-reversed-input",
        GROUPS,
        "pairs the groups of input channels with the groups of filters in reverse order",
        **reading("input", "channels", _by_group(lambda blocks: blocks[::-1])),
    ),
    Defect(
        "groups-reversed-output",
        GROUPS,
        "writes the groups' outputs in reverse order",
        **reading("output", "channels", _by_group(lambda blocks: blocks[::-1])),
    ),
    Defect(
        "groups-next-input",
        GROUPS,
        "reads the input channels of the next group",
        **reading("input", "channels", _by_group(lambda blocks: np.roll(blocks, -1, axis=0))),
    ),
    Defect(
        "last-group-zero",
        GROUPS,
        "leaves the output of the last of several groups zero",
        **reading(
            "output",
            "channels",
            lambda size, call: _without(lambda group: 0 < group == call.groups - 1)(size, call),
        ),
    ),
    Defect(
        "first-group-only",
        GROUPS,
        "computes the first group and leaves the output of the others zero",
        **reading("output", "channels", _without(lambda group: group > 0)),
    ),
    Defect(
        "groups-beyond-two-zero",
        GROUPS,
        "computes two groups and leaves the output of further ones zero",
        **reading("output", "channels", _without(lambda group: group >= 2)),
    ),
    Defect(
        "group-offset-from-filters",
        GROUPS,
        "begins a group's input channels at group · filters of a group, instead of group · channels of a group",
        **reading("input", "channels", _filters_offset),
    ),
    Defect(
        "group-offset-missing-at-borders",
        GROUPS,
        "forgets the offset of the group in rows whose windows reach into the padding",
        contract=_first_group_at_borders,
    ),
    Defect(
        "groups-flip-filters",
        GROUPS,
        "flips the filter where there are groups",
        **reading("filters", "every", lambda size, call: np.arange(size)[:: -1 if call.groups > 1 else 1]),
    ),
    Defect(
        "one-channel-as-depthwise",
        MULTIPLIER,
        "takes a convolution of one input channel for a depthwise one, and applies its first filter only",
        **reading("filters", "channels", lambda size, call: np.arange(size) * (call.in_channels != 1)),
    ),
    Defect(
        "multiplier-order",
        MULTIPLIER,
        "reads filter m of channel c at c + m · channels instead of c · multiplier + m",
        **_depthwise("filters", "channels", _by_group(lambda blocks: blocks.reshape(blocks.shape[::-1]).T)),
    ),
    Defect(
        "multiplier-order-of-output",
        MULTIPLIER,
        "writes the output of channel c by its filter m to c + m · channels instead of c · multiplier + m",
        **_depthwise("output", "channels", _by_group(lambda blocks: blocks.T)),
    ),
    Defect(
        "multiplier-ignored",
        MULTIPLIER,
        "applies the first filter of a channel in place of all its filters",
        **_depthwise("filters", "channels", _by_group(lambda blocks: np.broadcast_to(blocks[:, :1], blocks.shape))),
    ),
    Defect(
        "multiplier-first-only",
        MULTIPLIER,
        "computes a channel's first filter and leaves the outputs of its others zero",
        **_depthwise(
            "output",
            "channels",
            _by_group(lambda blocks: np.where(np.arange(blocks.shape[1]) > 0, -1, blocks)),
        ),
    ),
    Defect(
        "multiplier-filters-reversed",
        MULTIPLIER,
        "applies the filters of a channel in reverse order",
        **_depthwise("filters", "channels", _by_group(lambda blocks: blocks[:, ::-1])),
    ),
    Defect(
        "depthwise-first-channel",
        MULTIPLIER,
        "applies the first channel's filters to every channel of a depthwise convolution",
        **_depthwise("filters", "channels", lambda size, call: np.arange(size) % _width(call)),
    ),
)
