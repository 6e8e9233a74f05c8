"""Mistakes with the output's size, and outputs that are left out at its end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from conformance.case import Shape
from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect
from conformance.defects.hooks import less_last, nothing_where, out_sizes, reading

__all__ = ["DEFECTS"]

GROUP = "output size"


def _formula(size: Callable[[int, int, int], int]) -> Change:
    """Return the change by which the output's size is another function of padded size, field and stride."""

    def sizes(call: Call) -> Shape:
        axes = zip(call.in_sizes, call.pads, call.fields, call.strides, strict=True)
        return tuple(max(0, size(length + sum(pair), field, step)) for length, pair, field, step in axes)

    return out_sizes(sizes)


def _repeats_last(size: int, _: Call) -> Array:
    return np.minimum(np.arange(size), max(0, size - 2))


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "size-rounded-up",
        GROUP,
        "rounds the output's size up where the stride leaves a remainder",
        sized=_formula(lambda size, field, step: -(-(size - field) // step) + 1 if size >= field else 0),
    ),
    Defect(
        "size-one-more",
        GROUP,
        "returns one row and column too many",
        sized=out_sizes(lambda call: tuple(size + 1 for size in call.out_sizes)),
    ),
    Defect(
        "size-one-less",
        GROUP,
        "forgets the + 1 in the output's size",
        sized=out_sizes(lambda call: tuple(max(0, size - 1) for size in call.out_sizes)),
    ),
    Defect(
        "size-one-row-less",
        GROUP,
        "returns one row too few",
        sized=out_sizes(lambda call: (*(max(0, size - 1) for size in call.out_sizes[:-1]), call.out_sizes[-1])),
    ),
    Defect(
        "size-one-column-less",
        GROUP,
        "returns one column too few",
        sized=out_sizes(lambda call: (*call.out_sizes[:-1], max(0, call.out_sizes[-1] - 1))),
    ),
    Defect(
        "size-without-field",
        GROUP,
        "forgets the receptive field in the output's size",
        sized=_formula(lambda size, field, step: -(-size // step)),
    ),
    Defect(
        "size-divided-too-late",
        GROUP,
        "computes the output's size as (size - field + 1) / stride, rounded down instead of up",
        sized=_formula(lambda size, field, step: (size - field + 1) // step),
    ),
    Defect(
        "size-stops-at-the-edge",
        GROUP,
        "leaves out the last window where it ends exactly at the edge",
        sized=_formula(lambda size, field, step: -(-(size - field) // step)),
    ),
    Defect(
        "size-at-least-one",
        GROUP,
        "returns an output of one element where the filter does not fit into the image",
        sized=out_sizes(lambda call: tuple(max(1, size) for size in call.out_sizes)),
    ),
    Defect(
        "size-square",
        GROUP,
        "makes the output square: its width is its height",
        sized=out_sizes(lambda call: call.out_sizes[:1] * call.rank),
    ),
    Defect(
        "size-swapped",
        GROUP,
        "swaps the output's height and width, though not the values that it computes in them",
        sized=out_sizes(lambda call: call.out_sizes[::-1]),
    ),
    Defect(
        "last-row-zero",
        "lost rows",
        "leaves the last row of the output zero",
        **reading("output", "height", less_last),
    ),
    Defect(
        "last-column-zero",
        "lost rows",
        "leaves the last column of the output zero",
        **reading("output", "width", less_last),
    ),
    Defect(
        "first-row-zero",
        "lost rows",
        "leaves the first row of the output zero",
        **reading("output", "height", nothing_where(lambda place, size: place == 0)),
    ),
    Defect(
        "first-column-zero",
        "lost rows",
        "leaves the first column of the output zero",
        **reading("output", "width", nothing_where(lambda place, size: place == 0)),
    ),
    Defect(
        "odd-row-zero",
        "lost rows",
        "computes rows in pairs and leaves the last one of an odd number zero",
        **reading("output", "height", nothing_where(lambda place, size: (place == size - 1) & (size % 2 == 1))),
    ),
    Defect(
        "odd-column-zero",
        "lost rows",
        "computes columns in pairs and leaves the last one of an odd number zero",
        **reading("output", "width", nothing_where(lambda place, size: (place == size - 1) & (size % 2 == 1))),
    ),
    Defect(
        "last-row-repeated",
        "lost rows",
        "repeats the row before the last one in place of it",
        **reading("output", "height", _repeats_last),
    ),
    Defect(
        "last-column-repeated",
        "lost rows",
        "repeats the column before the last one in place of it",
        **reading("output", "width", _repeats_last),
    ),
)
