"""Mistakes with the channels of a convolution without groups, and of its output."""

from __future__ import annotations

from math import prod

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Defect
from conformance.defects.hooks import (
    Hooks,
    Index,
    input_changed,
    last,
    less_last,
    nothing_where,
    reading,
    reverse,
    shift,
)

__all__ = ["DEFECTS"]

INPUT, OUTPUT = "input channels", "output channels"


def _ungrouped(part: str, axis: str, index: Index) -> Hooks:
    """Return the hooks of a wrong reading where there is one group only."""
    return reading(part, axis, lambda size, call: index(size, call) if call.groups == 1 else np.arange(size))


def _first(size: int, _: Call) -> Array:
    return np.zeros(size, int)


def _neighbours(size: int, _: Call) -> Array:
    """Exchange even channels with the odd ones behind them."""
    places = np.arange(size)
    return np.where(places == size - size % 2, places, places ^ 1)


def _turned(size: int, _: Call) -> Array:
    return np.roll(np.arange(size), -1)


def _red_and_blue(size: int, _: Call) -> Array:
    places = np.arange(size)
    if size in (3, 4):
        places[[0, 2]] = 2, 0
    return places


def _mean(images: Array, call: Call) -> Array:
    """Put the sum of a pixel's channels into the first one, for filters that are applied to grey images."""
    if call.groups > 1 or not images.shape[-1]:
        return images
    return np.broadcast_to(images.sum(axis=-1, keepdims=True), images.shape)


def _planes_apart(images: Array, call: Call) -> Array:
    """Read channel c of a pixel c pixels further, as with a channel stride that is one too large."""
    shifted = images.reshape(prod(images.shape[:-1]), images.shape[-1]).copy()
    for channel in range(1, images.shape[-1]):
        shifted[:-channel, channel] = shifted[channel:, channel]
    return shifted.reshape(images.shape)


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "first-channel-only",
        INPUT,
        "convolves the first input channel only",
        **_ungrouped("filters", "depth", nothing_where(lambda place, size: place > 0)),
    ),
    Defect(
        "last-channel-only",
        INPUT,
        "convolves the last input channel only",
        **_ungrouped("filters", "depth", nothing_where(lambda place, size: place < size - 1)),
    ),
    Defect(
        "last-input-channel-dropped",
        INPUT,
        "leaves out the last input channel",
        **reading("filters", "depth", lambda size, call: less_last(size, call) if size > 1 else np.arange(size)),
    ),
    Defect(
        "first-input-channel-dropped",
        INPUT,
        "leaves out the first input channel",
        **_ungrouped("filters", "depth", nothing_where(lambda place, size: place == 0)),
    ),
    Defect(
        "odd-input-channel-dropped",
        INPUT,
        "sums input channels in pairs and leaves out the last one of an odd number",
        **_ungrouped("filters", "depth", nothing_where(lambda place, size: (place == size - 1) & (size % 2 == 1))),
    ),
    Defect(
        "fourth-input-channel-dropped",
        INPUT,
        "leaves out the input channels beyond the third, as if every image were RGB",
        **_ungrouped("filters", "depth", nothing_where(lambda place, size: place >= 3)),
    ),
    Defect(
        "input-channels-reversed",
        INPUT,
        "pairs the input's channels with the filters' in reverse order (RGB against BGR)",
        **_ungrouped("filters", "depth", reverse),
    ),
    Defect(
        "input-channels-red-and-blue",
        INPUT,
        "swaps the first and the third channel where there are three or four (RGBA against BGRA)",
        **_ungrouped("filters", "depth", _red_and_blue),
    ),
    Defect(
        "input-channels-turned",
        INPUT,
        "pairs every input channel with the filter of the channel before it",
        **_ungrouped("input", "channels", _turned),
    ),
    Defect(
        "input-channels-shifted",
        INPUT,
        "reads every input channel one place too far, and zeros for the last one",
        **_ungrouped("input", "channels", shift(1)),
    ),
    Defect(
        "input-channels-share-filter",
        INPUT,
        "applies the first input channel's filter to all input channels",
        **_ungrouped("filters", "depth", _first),
    ),
    Defect(
        "input-channels-same",
        INPUT,
        "reads the first input channel for all of them",
        **_ungrouped("input", "channels", _first),
    ),
    Defect(
        "input-channels-summed",
        INPUT,
        "sums the input's channels before it applies the filters",
        asked=input_changed(_mean),
    ),
    Defect(
        "input-channels-apart",
        INPUT,
        "reads input channel c of a pixel c pixels further: its step from channel to channel is one pixel too long",
        asked=input_changed(_planes_apart),
    ),
    Defect(
        "filters-reversed", OUTPUT, "applies the filters in reverse order", **reading("filters", "channels", reverse)
    ),
    Defect(
        "first-filter-for-all",
        OUTPUT,
        "applies the first filter for every output channel",
        **_ungrouped("filters", "channels", _first),
    ),
    Defect(
        "last-filter-for-all",
        OUTPUT,
        "applies the last filter for every output channel",
        **_ungrouped("filters", "channels", last),
    ),
    Defect(
        "last-output-channel-zero",
        OUTPUT,
        "leaves the last output channel zero",
        **reading("output", "channels", less_last),
    ),
    Defect(
        "first-output-channel-only",
        OUTPUT,
        "computes the first output channel and leaves the others zero",
        **reading("output", "channels", nothing_where(lambda place, size: place > 0)),
    ),
    Defect(
        "odd-output-channel-zero",
        OUTPUT,
        "computes output channels in pairs and leaves the last one of an odd number zero",
        **reading("output", "channels", nothing_where(lambda place, size: (place == size - 1) & (size % 2 == 1))),
    ),
    Defect(
        "output-channels-exchanged",
        OUTPUT,
        "exchanges neighbouring output channels, the first with the second and so on",
        **reading("output", "channels", _neighbours),
    ),
    Defect(
        "output-channels-turned",
        OUTPUT,
        "writes every output channel one place too early, and the first one last",
        **reading("output", "channels", _turned),
    ),
    Defect(
        "filters-one-too-far",
        OUTPUT,
        "applies to every output channel the filter of the next one, and none to the last",
        **_ungrouped("filters", "channels", shift(1)),
    ),
)
