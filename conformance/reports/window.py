"""The window behind an output element: what was multiplied with which filters, and must add up to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from conformance.case import Case, Kind, Operation
from conformance.data import Array, Operands
from reference.geometry import explicit_pads

__all__ = ["Window", "place_of", "print_window", "window_behind"]

_WORST = re.compile(r"^worst: +output\[(\d+(?:, \d+)*)", re.MULTILINE)

_PRINTED = 200
"""Products above which a window is told but not printed."""


@dataclass(frozen=True, slots=True)
class Window:
    """What one output element of a forward convolution is made from.

    Attributes:
        taps: for every spatial axis, the places in the image; those below 0 or beyond it are padding.
        channels: (first, behind the last) of the image.
        image: (*filter_sizes, channels), zeros where there is padding.
        filters: of the same shape, what each is multiplied with.
        within: (*filter_sizes,), whether a tap lies in the image.
        choice: the index of the filters' last axes, as it is written.
    """

    taps: tuple[range, ...]
    channels: tuple[int, int]
    image: Array
    filters: Array
    within: Array
    choice: str


def place_of(detail: str) -> tuple[int, ...] | None:
    r"""Return the index of the worst element that the facts of a failure tell, channels last; None where they do not.

    >>> place_of("rule:   exact\nworst:  output[0, 3, 1, 2] is -357, must be 332")
    (0, 3, 1, 2)
    """
    found = _WORST.search(detail)
    return tuple(map(int, found[1].split(", "))) if found else None


def window_behind(case: Case, operands: Operands, place: tuple[int, ...]) -> Window | None:
    """Return the window behind an output element; None where the operation adds up something else than windows.

    Args:
        case: of the output.
        operands: its data.
        place: (image, *position, channel) of the element.
    """
    if case.operation.kind is not Kind.FORWARD or case.operation.is_bias or case.refuses:
        return None
    if case.operation is Operation.SEPARABLE_CONV2D:
        return None
    sizes, fields = case.input[1:-1], case.filters[:-2]
    padding = case.padding if isinstance(case.padding, str) else tuple(case.padding)
    pads = explicit_pads(padding, sizes, fields, case.strides, case.dilations)
    taps = tuple(
        range(at * stride - before, at * stride - before + field * step, step)
        for at, stride, (before, _), field, step in zip(
            place[1:-1], case.strides, pads, fields, case.dilations, strict=True
        )
    )
    first, filters, choice = _filters(case, operands, place[-1])
    last = first + filters.shape[-1]
    inside = [np.array([0 <= tap < size for tap in line], bool) for line, size in zip(taps, sizes, strict=True)]
    within = np.asarray(np.all(np.meshgrid(*inside, indexing="ij"), axis=0))
    image = np.zeros((*within.shape, last - first), operands.input.dtype)
    where = np.nonzero(within)
    at = tuple(np.asarray(line)[index] for line, index in zip(taps, where, strict=True))
    image[where] = operands.input[place[0], ..., first:last][at]
    return Window(taps, (first, last), image, filters, within, choice)


def _filters(case: Case, operands: Operands, channel: int) -> tuple[int, Array, str]:
    """Return the first channel of the image that an output channel sees, its filters, and how these are indexed."""
    if case.operation.is_depthwise:
        first, which = divmod(channel, case.filters[-1])
        return first, operands.filters[..., first : first + 1, which], f"{first}, {which}"
    seen = case.filters[-2]
    groups = case.input[-1] // seen if seen else 1
    first = channel // max(1, case.filters[-1] // max(1, groups)) * seen
    return first, operands.filters[..., channel], f":, {channel}"


def print_window(console: Console, case: Case, operands: Operands, place: tuple[int, ...]) -> None:
    """Print the taps behind an output element, what lies there, what it is multiplied with, and what they add up to."""
    window = window_behind(case, operands, place)
    if window is None:
        return
    console.print(f"\nthe window behind output{list(place)}", style="bold", markup=False)
    axes, sizes = ("depths", "rows", "columns")[-len(window.taps) :], case.input[1:-1]
    places = [f"{axis} {_told(line, size)}" for axis, line, size in zip(axes, window.taps, sizes, strict=True)]
    first, last = window.channels
    console.print(f"taps: image {place[0]}, {', '.join(places)}, channels {first} to {last - 1}", markup=False)
    if window.image.size <= _PRINTED:
        console.print(f"X there, channels first:\n{_channels_first(window.image)}", markup=False, soft_wrap=True)
        console.print(f"W[…, {window.choice}]:\n{_channels_first(window.filters)}", markup=False, soft_wrap=True)
    bias = "" if operands.bias is None else f"; b[{place[-1]}] = {float(operands.bias[place[-1]]):.9g} is added"
    with np.errstate(all="ignore"):
        products = window.image.astype(np.float64) * window.filters.astype(np.float64)
        total = float(products[window.within].sum())
    console.print(f"their {products.size} products add up to {total:.9g}{bias}", markup=False)


def _told(line: range, size: int) -> str:
    """Return the places of taps on one axis, those on padding in brackets.

    >>> _told(range(-1, 4, 2), 3)
    '(-1), 1, (3)'
    """
    return ", ".join(str(tap) if 0 <= tap < size else f"({tap})" for tap in line)


def _channels_first(array: Array) -> str:
    first = np.moveaxis(array, -1, 0)
    whole = np.all(np.isfinite(first.astype(np.float64))) and np.all(first == np.rint(first.astype(np.float64)))
    return np.array2string(first.astype(np.int64) if whole and first.dtype.kind != "i" else first)
