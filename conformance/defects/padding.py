"""Mistakes with the padding's numbers, those that are given and those that `SAME` comes to."""

from __future__ import annotations

from dataclasses import replace

from conformance.case import Pads
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect
from conformance.defects.hooks import explicit, pads, pairwise, when
from reference.geometry import explicit_pads

__all__ = ["DEFECTS"]

GROUP = "padding"


def _none(pairs: Pads) -> Pads:
    return ((0, 0),) * len(pairs)


def _named(name: str) -> Change:
    """Return the change that takes numbers for the padding of this name."""

    def changed(call: Call) -> Call:
        return replace(call, pads=explicit_pads(name, call.in_sizes, call.taps, call.strides, call.dilations))

    return when(explicit, changed)


def _by_pairs_of_sides(pairs: Pads) -> Pads:
    """Read the numbers, written before, after, before, after, as all before and then all after."""
    numbers = [number for pair in pairs for number in pair]
    return tuple(zip(numbers[: len(pairs)], numbers[len(pairs) :], strict=True))


def _less_than(limit: str) -> Change:
    """Return the change that lets no padding reach the filter's size or the receptive field."""

    def changed(call: Call) -> Call:
        most = [size - 1 for size in (call.taps if limit == "taps" else call.fields)]
        return replace(call, pads=tuple((min(p, m), min(q, m)) for (p, q), m in zip(call.pads, most, strict=True)))

    return changed


def _times(factors: str) -> Change:
    """Return the change that multiplies the padding by strides or dilations."""

    def changed(call: Call) -> Call:
        by = call.strides if factors == "strides" else call.dilations
        return replace(call, pads=tuple((p * by, q * by) for (p, q), by in zip(call.pads, by, strict=True)))

    return when(explicit, changed)


DEFECTS: tuple[Defect, ...] = (
    Defect("padding-ignored", GROUP, "ignores the padding", padded=pads(_none)),
    Defect(
        "padding-ignored-in-size",
        GROUP,
        "computes the output's size without the padding, though its windows begin in it",
        padded=pads(_none),
        sized=lambda call: replace(
            call, pads=explicit_pads(call.padding, call.in_sizes, call.taps, call.strides, call.dilations)
        ),
    ),
    Defect("padding-explicit-ignored", GROUP, "takes a padding in numbers for VALID", padded=_named("VALID")),
    Defect("padding-explicit-as-same", GROUP, "takes a padding in numbers for SAME", padded=_named("SAME")),
    Defect(
        "padding-axes-swapped",
        GROUP,
        "swaps the vertical and the horizontal padding",
        padded=pads(lambda pairs: pairs[::-1]),
    ),
    Defect(
        "padding-axes-swapped-right-size",
        GROUP,
        "swaps the vertical and the horizontal padding where it reads, though not in the output's size",
        sized=pads(lambda pairs: pairs[::-1]),
    ),
    Defect(
        "padding-sides-swapped",
        GROUP,
        "swaps the padding before and after the image",
        padded=pairwise(lambda before, after: (after, before)),
    ),
    Defect(
        "padding-first-side-for-both",
        GROUP,
        "uses the padding at the top and left for the bottom and right too",
        padded=pairwise(lambda before, after: (before, before)),
    ),
    Defect(
        "padding-last-side-for-both",
        GROUP,
        "uses the padding at the bottom and right for the top and left too",
        padded=pairwise(lambda before, after: (after, after)),
    ),
    Defect(
        "padding-larger-side-for-both",
        GROUP,
        "pads both sides by the larger of their two numbers",
        padded=pairwise(lambda before, after: (max(before, after),) * 2),
    ),
    Defect(
        "padding-smaller-side-for-both",
        GROUP,
        "pads both sides by the smaller of their two numbers",
        padded=pairwise(lambda before, after: (min(before, after),) * 2),
    ),
    Defect(
        "padding-symmetrised",
        GROUP,
        "divides the padding evenly between the two sides, whatever was asked for",
        padded=when(explicit, pairwise(lambda p, q: ((p + q) // 2, p + q - (p + q) // 2))),
    ),
    Defect(
        "padding-all-before",
        GROUP,
        "adds all padding at the top and left",
        padded=pairwise(lambda before, after: (before + after, 0)),
    ),
    Defect(
        "padding-all-after",
        GROUP,
        "adds all padding at the bottom and right",
        padded=pairwise(lambda before, after: (0, before + after)),
    ),
    Defect(
        "padding-before-ignored",
        GROUP,
        "ignores the padding at the top and left",
        padded=pairwise(lambda before, after: (0, after)),
    ),
    Defect(
        "padding-after-ignored",
        GROUP,
        "ignores the padding at the bottom and right",
        padded=pairwise(lambda before, after: (before, 0)),
    ),
    Defect(
        "padding-vertical-for-both",
        GROUP,
        "uses the vertical padding for both axes",
        padded=pads(lambda pairs: pairs[:1] * len(pairs)),
    ),
    Defect(
        "padding-horizontal-for-both",
        GROUP,
        "uses the horizontal padding for both axes",
        padded=pads(lambda pairs: pairs[-1:] * len(pairs)),
    ),
    Defect(
        "padding-vertical-ignored",
        GROUP,
        "ignores the vertical padding",
        padded=pads(lambda pairs: (*_none(pairs[:-1]), pairs[-1])),
    ),
    Defect(
        "padding-horizontal-ignored",
        GROUP,
        "ignores the horizontal padding",
        padded=pads(lambda pairs: (*pairs[:-1], (0, 0))),
    ),
    Defect(
        "padding-top-for-all-sides",
        GROUP,
        "uses the padding at the top for all sides",
        padded=pads(lambda pairs: ((pairs[0][0],) * 2,) * len(pairs)),
    ),
    Defect(
        "padding-numbers-by-side",
        GROUP,
        "reads the padding's numbers top, bottom, left, right as top, left, bottom, right",
        padded=pads(_by_pairs_of_sides),
    ),
    Defect(
        "padding-twice",
        GROUP,
        "adds the padding twice",
        padded=pairwise(lambda before, after: (2 * before, 2 * after)),
    ),
    Defect(
        "padding-one-more-after",
        GROUP,
        "adds one row and column of padding too many at the bottom and right",
        padded=pairwise(lambda before, after: (before, after + (before + after > 0))),
    ),
    Defect(
        "padding-less-than-filter",
        GROUP,
        "pads by one less than the filter's size at most",
        padded=when(explicit, _less_than("taps")),
    ),
    Defect(
        "padding-less-than-field",
        GROUP,
        "pads by one less than the receptive field at most",
        padded=when(explicit, _less_than("fields")),
    ),
    Defect("padding-times-stride", GROUP, "multiplies the padding by the stride", padded=_times("strides")),
    Defect("padding-times-dilation", GROUP, "multiplies the padding by the dilation", padded=_times("dilations")),
)
