"""The window behind an output element: what was multiplied with which filters, and must add up to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from conformance.case import Case, Kind, Map, Operation
from conformance.data import Array, Operands
from reference.geometry import explicit_pads

__all__ = ["Window", "place_of", "print_window", "window_behind"]

_WORST = re.compile(r"^worst: +output\[(\d+(?:, \d+)*)", re.MULTILINE)

_PRINTED = 200
"""Products above which a window is told but not printed."""


Lines = tuple[tuple[int, ...], ...]
"""For every spatial axis, places on it."""


@dataclass(frozen=True, slots=True)
class Window:
    """What one element of an output is made from.

    Attributes:
        operand: the name of the image that is looked at.
        places: in that image; those below 0 or beyond it are padding.
        taps: of the filters, which meet them, place by place.
        channels: (first, behind the last) of the image.
        image: (*taps, channels), zeros where there is padding.
        filters: of the same shape, what each is multiplied with.
        within: (*taps,), whether a place lies in the image.
        choice: the index of the filters' last axes, as it is written.
    """

    operand: str
    places: Lines
    taps: Lines
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
    operation = case.operation
    if operation.is_bias or operation is Operation.SEPARABLE_CONV2D or not operation.gives_image or case.refuses:
        return None
    name = "out_backprop" if operation.kind is Kind.INPUT_GRADIENT else "input"
    whole = operands.given[name][place[0]]
    is_forward = operation.map is Map.TO_OUTPUT
    large = whole.shape[:-1] if is_forward else case.output[1:-1]
    pads = explicit_pads(case.padding, large, case.filters[:-2], case.strides, case.dilations)
    axes = zip(place[1:-1], case.strides, pads, case.filters[:-2], case.dilations, strict=True)
    pairs = [_pairs(at, stride, before, field, step, is_forward) for at, stride, (before, _), field, step in axes]
    places, taps = (tuple(tuple(pair[side] for pair in axis) for axis in pairs) for side in (0, 1))
    first, filters, choice = (_seen_by if is_forward else _seeing)(case, operands.filters, place[-1])
    filters = filters[np.ix_(*taps)]
    last = first + filters.shape[-1]
    image, within = _seen_at(whole[..., first:last], places)
    return Window(name, places, taps, (first, last), image, filters, within, choice)


def _seen_at(image: Array, places: Lines) -> tuple[Array, Array]:
    """Return what lies at the places of an image, zeros where that is padding, and where it is not."""
    sizes = zip(places, image.shape[:-1], strict=True)
    inside = [np.array([0 <= at < size for at in line], bool) for line, size in sizes]
    within = np.asarray(np.all(np.meshgrid(*inside, indexing="ij"), axis=0))
    seen = np.zeros((*within.shape, image.shape[-1]), image.dtype)
    where = np.nonzero(within)
    seen[where] = image[tuple(np.asarray(line, int)[index] for line, index in zip(places, where, strict=True))]
    return seen, within


def _pairs(at: int, stride: int, before: int, field: int, step: int, is_forward: bool) -> list[tuple[int, int]]:
    """Return the places on an axis that the element `at` is made from, each with the filters' tap that meets it."""
    if is_forward:
        return [(at * stride - before + tap * step, tap) for tap in range(field)]
    reach = [(at + before - tap * step, tap) for tap in range(field)]
    return [(way // stride, tap) for way, tap in reach if way % stride == 0]


def _groups(case: Case) -> tuple[int, int]:
    """Return how many channels of the image before, and of the one behind, a group of the convolution has."""
    seen, made = case.filters[-2:]
    if case.operation.is_depthwise or not seen:
        return seen and 1, made
    transposed = case.output if case.out_backprop is None else case.out_backprop
    before = transposed if case.operation.is_transposed else case.input
    return seen, made // max(1, before[-1] // seen)


def _seen_by(case: Case, filters: Array, channel: int) -> tuple[int, Array, str]:
    """Return the first channel before the convolution that a channel behind it sees, and the filters between them."""
    seen, made = _groups(case)
    group, which = divmod(channel, max(1, made))
    if case.operation.is_depthwise:
        return group, filters[..., group : group + 1, which], f"{group}, {which}"
    return group * seen, filters[..., channel], f":, {channel}"


def _seeing(case: Case, filters: Array, channel: int) -> tuple[int, Array, str]:
    """Return the first channel behind the convolution that sees a channel before it, and the filters between them."""
    seen, made = _groups(case)
    group, which = divmod(channel, max(1, seen))
    if case.operation.is_depthwise:
        return channel * made, filters[..., channel, :], f"{channel}, :"
    first = group * made
    return first, filters[..., which, first : first + made], f"{which}, {first}:{first + made}"


def print_window(console: Console, case: Case, operands: Operands, place: tuple[int, ...]) -> None:
    """Print the taps behind an output element, what lies there, what it is multiplied with, and what they add up to."""
    window = window_behind(case, operands, place)
    if window is None:
        return
    console.print(f"\nthe window behind output{list(place)}", style="bold", markup=False)
    axes, sizes = ("depths", "rows", "columns")[-len(window.places) :], operands.given[window.operand].shape[1:-1]
    lines = [f"{axis} {_told(line, size)}" for axis, line, size in zip(axes, window.places, sizes, strict=True)]
    first, last = window.channels
    console.print(f"taps: image {place[0]}, {', '.join(lines)}, channels {first} to {last - 1}", markup=False)
    if window.image.size <= _PRINTED:
        index = ", ".join(str(list(line)) for line in window.taps)
        letter = {"input": "X", "out_backprop": "G"}[window.operand]
        console.print(f"{letter} there, channels first:\n{_channels_first(window.image)}", markup=False, soft_wrap=True)
        console.print(f"W[{index}, {window.choice}]:\n{_channels_first(window.filters)}", markup=False, soft_wrap=True)
    bias = "" if operands.bias is None else f"; b[{place[-1]}] = {float(operands.bias[place[-1]]):.9g} is added"
    with np.errstate(all="ignore"):
        products = window.image.astype(np.float64) * window.filters.astype(np.float64)
        total = float(products[window.within].sum())
    console.print(f"their {products.size} products add up to {total:.9g}{bias}", markup=False)


def _told(line: tuple[int, ...], size: int) -> str:
    """Return places on one axis, those on padding in brackets.

    >>> _told((-1, 1, 3), 3)
    '(-1), 1, (3)'
    """
    return "none" if not line else ", ".join(str(tap) if 0 <= tap < size else f"({tap})" for tap in line)


def _channels_first(array: Array) -> str:
    first = np.moveaxis(array, -1, 0)
    whole = np.all(np.isfinite(first.astype(np.float64))) and np.all(first == np.rint(first.astype(np.float64)))
    return np.array2string(first.astype(np.int64) if whole and first.dtype.kind != "i" else first)
