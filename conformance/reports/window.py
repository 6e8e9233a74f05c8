"""The window behind an output element: what was multiplied with what, and must add up to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from conformance.case import Case, Kind, Map, Shape
from conformance.data import Array, Operands
from reference.geometry import explicit_pads

__all__ = ["LETTERS", "Window", "place_of", "print_window", "window_behind"]

LETTERS = {"input": "X", "filters": "W", "pointwise": "V", "bias": "b", "out_backprop": "G"}
"""By which operands are called where they are printed."""

_WORST = re.compile(r"^worst: +output\[(\d+(?:, \d+)*)", re.MULTILINE)

_PRINTED = 200
"""Products above which a window is told but not printed."""

_PLACES = 12
"""Places on an axis above which only its ends are told."""


Lines = tuple[tuple[int, ...], ...]
"""For every spatial axis, places on it."""


@dataclass(frozen=True, slots=True)
class Window:
    """What one element of an output is made from: numbers of an image, each times its partner.

    The partners are of the filters. Of a filter gradient, whose elements are taps, they are of the other image: every
    place of it meets one place of the image that is looked at, in each pair of images.

    Attributes:
        operand: the name of the image that is looked at: of the larger one where there are two.
        images: (first, behind the last) of its batch.
        places: in each of them; those below 0 or beyond are padding.
        channels: (first, behind the last).
        image: (*places, channels), or (*places, images) of a filter gradient; zeros where there is padding.
        within: (*places,), whether a place lies in the image.
        partner: the name of the operand that this is multiplied with.
        taps: of the partner, which meet the places, one by one.
        choice: the index of the partner's other axes, as it is written.
        factors: of the partner, in the shape of `image`; of a separable convolution, its last axis is what the
            depthwise stage gives, several channels from each of the image's.
        column: of the pointwise filters, by which what the depthwise stage gives is multiplied; None but there.
    """

    operand: str
    images: tuple[int, int]
    places: Lines
    channels: tuple[int, int]
    image: Array
    within: Array
    partner: str
    taps: Lines
    choice: str
    factors: Array
    column: Array | None = None

    @property
    def stage(self) -> Array:
        """The sums of the products, by channel or image; of a separable convolution, what its depthwise stage gives."""
        image = np.repeat(self.image, self.factors.shape[-1] // max(1, self.image.shape[-1]), axis=-1)
        with np.errstate(all="ignore"):
            products = image.astype(np.float64) * self.factors.astype(np.float64)
            sums: Array = products[self.within].sum(axis=0)
        return sums

    @property
    def total(self) -> float:
        """What the element is, but for the bias."""
        with np.errstate(all="ignore"):
            return float((self.stage * (1.0 if self.column is None else self.column.astype(np.float64))).sum())


def place_of(detail: str) -> tuple[int, ...] | None:
    r"""Return the index of the worst element that the facts of a failure tell, channels last; None where they do not.

    >>> place_of("rule:   exact\nworst:  output[0, 3, 1, 2] is -357, must be 332")
    (0, 3, 1, 2)
    """
    found = _WORST.search(detail)
    return tuple(map(int, found[1].split(", "))) if found else None


def window_behind(case: Case, operands: Operands, place: tuple[int, ...]) -> Window | None:
    """Return the window behind an output element; None where there is no convolution, or no output.

    Args:
        case: of the output.
        operands: its data.
        place: (image, *position, channel) of the element; (*tap, channel, channel) where it is of filters.
    """
    operation = case.operation
    if operation.is_bias or case.refuses:
        return None
    if operation.map is Map.TO_FILTERS:
        return _behind_filters(case, operands, place)
    name = "out_backprop" if operation.kind is Kind.INPUT_GRADIENT else "input"
    whole = operands.given[name][place[0]]
    is_forward = operation.map is Map.TO_OUTPUT
    places, taps = _met(case, whole.shape[:-1] if is_forward else case.output[1:-1], place[1:-1])
    images, column = (place[0], place[0] + 1), None
    if operands.pointwise is not None:
        channels, filters, choice = whole.shape[-1], operands.filters.reshape(*case.filters[:-2], -1), ":, :"
        first, column = 0, operands.pointwise[0, 0, :, place[-1]]
    else:
        first, filters, choice = (_seen_by if is_forward else _seeing)(case, operands.filters, place[-1])
        channels = filters.shape[-1]
    image, within = _seen_at(whole[..., first : first + channels], places)
    seen = first, first + channels
    return Window(name, images, places, seen, image, within, "filters", taps, choice, filters[np.ix_(*taps)], column)


def _behind_filters(case: Case, operands: Operands, place: tuple[int, ...]) -> Window:
    """Return what a tap of filters adds up; of a transpose, the image that it gives is the larger one."""
    name, partner = ("out_backprop", "input") if case.operation.is_transposed else ("input", "out_backprop")
    before, behind = operands.given[name], operands.given[partner]
    seen, made = _groups(case)
    if case.operation.is_depthwise:
        channels = place[-2], place[-2] * made + place[-1]
    else:
        channels = place[-1] // max(1, made) * seen + place[-2], place[-1]
    places, taps = _met(case, before.shape[1:-1], place[:-2], behind.shape[1:-1])
    image, within = _seen_at(np.moveaxis(before[..., channels[0]], 0, -1), places)
    factors = np.moveaxis(behind[..., channels[1]], 0, -1)
    shown = channels[0], channels[0] + 1
    return Window(name, (0, len(before)), places, shown, image, within, partner, taps, str(channels[1]), factors)


def _met(case: Case, large: Shape, place: Shape, small: Shape = ()) -> tuple[Lines, Lines]:
    """Return on each axis the places of an image that an element is made from, and those of the partner that meet them.

    Args:
        case: of the element.
        large: the sizes of the image before the convolution.
        place: of the element on each axis.
        small: the sizes of the image behind the convolution, where the element is a tap of filters.
    """
    pads = explicit_pads(case.padding, large, case.filters[:-2], case.strides, case.dilations)
    axes = zip(place, case.strides, (before for before, _ in pads), case.filters[:-2], case.dilations, strict=True)
    if case.operation.map is Map.TO_OUTPUT:
        found = [[(at * stride - pad + tap * step, tap) for tap in range(size)] for at, stride, pad, size, step in axes]
    elif case.operation.map is Map.TO_FILTERS:
        found = [
            [(way * stride - pad + at * step, way) for way in range(size)]
            for (at, stride, pad, _, step), size in zip(axes, small, strict=True)
        ]
    else:
        reach = [
            (stride, [(at + pad - tap * step, tap) for tap in range(size)]) for at, stride, pad, size, step in axes
        ]
        found = [[(way // stride, tap) for way, tap in ways if way % stride == 0] for stride, ways in reach]
    places, taps = (tuple(tuple(pair[side] for pair in axis) for axis in found) for side in (0, 1))
    return places, taps


def _seen_at(image: Array, places: Lines) -> tuple[Array, Array]:
    """Return what lies at the places of an image, zeros where that is padding, and where it is not."""
    sizes = zip(places, image.shape[:-1], strict=True)
    inside = [np.array([0 <= at < size for at in line], bool) for line, size in sizes]
    within = np.asarray(np.all(np.meshgrid(*inside, indexing="ij"), axis=0))
    seen = np.zeros((*within.shape, image.shape[-1]), image.dtype)
    where = np.nonzero(within)
    seen[where] = image[tuple(np.asarray(line, int)[index] for line, index in zip(places, where, strict=True))]
    return seen, within


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
    """Print the places behind an output element, what lies there, its partners, and what their products add up to."""
    window = window_behind(case, operands, place)
    if window is None:
        return
    console.print(f"\nthe window behind output{list(place)}", style="bold", markup=False)
    of_filters = window.partner != "filters"
    axes, sizes = ("depths", "rows", "columns")[-len(window.places) :], operands.given[window.operand].shape[1:-1]
    lines = [f"{axis} {_told(line, size)}" for axis, line, size in zip(axes, window.places, sizes, strict=True)]
    where = _span("image", window.images), *lines, _span("channel", window.channels)
    letter, partner = LETTERS[window.operand], LETTERS[window.partner]
    met = f"; {partner}'s channel {window.choice} meets them" if of_filters else ""
    console.print(f"{letter if of_filters else 'taps'}: {', '.join(where)}{met}", markup=False, soft_wrap=True)
    if window.factors.size <= _PRINTED:
        first = "images" if of_filters else "channels"
        index = ", ".join(str(list(line)) for line in window.taps)
        index = f":, {index}" if of_filters else index
        console.print(f"{letter} there, {first} first:\n{_last_first(window.image)}", markup=False, soft_wrap=True)
        console.print(
            f"{partner}[{index}, {window.choice}]:\n{_last_first(window.factors)}", markup=False, soft_wrap=True
        )
    count = window.factors.size
    if window.column is not None:
        count = len(window.column)
        console.print(f"the depthwise stage, channel by channel:\n{_last_first(window.stage)}", markup=False)
        console.print(f"V[0, 0, :, {place[-1]}]:\n{_last_first(window.column)}", markup=False)
    bias = "" if operands.bias is None else f"; b[{place[-1]}] = {float(operands.bias[place[-1]]):.9g} is added"
    console.print(f"their {count} products add up to {window.total:.9g}{bias}", markup=False)


def _span(noun: str, ends: tuple[int, int]) -> str:
    """Return a noun with the numbers from one to behind another.

    >>> _span("image", (1, 2)), _span("channel", (0, 3))
    ('image 1', 'channels 0 to 2')
    """
    first, behind = ends
    return f"{noun} {first}" if behind == first + 1 else f"{noun}s {first} to {behind - 1}"


def _told(line: tuple[int, ...], size: int) -> str:
    """Return places on one axis, those on padding in brackets; of many the ends.

    >>> _told((-1, 1, 3), 3), _told(range(-1, 30), 30)
    ('(-1), 1, (3)', '(-1), 0, 1, …, 27, 28, 29')
    """
    told = [str(tap) if 0 <= tap < size else f"({tap})" for tap in line]
    return ", ".join([*told[:3], "…", *told[-3:]] if len(told) > _PLACES else told) or "none"


def _last_first(array: Array) -> str:
    """Return an array as it is printed: an axis of channels or images before those that are places."""
    first = np.moveaxis(array, -1, 0)
    whole = np.all(np.isfinite(first.astype(np.float64))) and np.all(first == np.rint(first.astype(np.float64)))
    return np.array2string(first.astype(np.int64) if whole and first.dtype.kind != "i" else first)
