"""What the shapes of an entry must satisfy: a rule each, which makes them canonical or names the key that breaks it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.case import Kind, Operation, Pads, Shape
from reference.geometry import explicit_pads, output_size, receptive_field

__all__ = [
    "ShapeFault",
    "axis_steps",
    "check_data_format",
    "check_depth",
    "check_pointwise",
    "check_transposed_groups",
    "check_transposed_input",
    "check_transposed_places",
    "check_transposed_rank",
    "count_channels",
    "filter_sizes",
    "find_places",
    "full_filters",
    "full_image",
    "spatial_padding",
]

_PLACES = ("first", "second", "third", "fourth", "fifth")
"""The sizes of a shape, to be counted in sentences."""


class ShapeFault(Exception):
    """What is wrong with one key of an entry: its name, and the rest of the sentence."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"{key} {text}")
        self.key = key
        self.text = text


def full_image(operation: Operation, image: Sequence[int]) -> Shape:
    """Return (batch, *sizes, channels); only a plain convolution may leave out batch and channels."""
    _check_length(operation, "input", image, operation.kind is Kind.FORWARD)
    batch = () if len(image) == operation.rank + 2 else (1,)
    return (*batch, *image) if len(image) > operation.rank else (*batch, *image, 1)


def full_filters(operation: Operation, filters: Sequence[int]) -> Shape:
    """Return (*sizes, depth, out_channels); only those of a plain convolution may leave channels out."""
    _check_length(operation, "filters", filters, operation.kind is Kind.FORWARD and not operation.is_depthwise)
    return (*filters, *(1,) * (operation.rank + 2 - len(filters)))


def _check_length(operation: Operation, name: str, shape: Sequence[int], may_be_short: bool) -> None:
    rank = operation.rank
    if not (rank if may_be_short else rank + 2) <= len(shape) <= rank + 2:
        axes = " · ".join(["D", "H", "W"][3 - rank :])
        count = f"{rank} to {rank + 2}" if may_be_short else str(rank + 2)
        raise ShapeFault(name, f"must be {count} sizes for {operation} ({axes} are spatial), but is {list(shape)}")


def filter_sizes(filters: Shape) -> Shape:
    """Return the spatial sizes of filters, of which none may be 0."""
    if 0 in filters[:-2]:
        raise ShapeFault("filters", f"must be at least 1 high and wide, but is {list(filters)}")
    return filters[:-2]


def axis_steps(operation: Operation, name: str, value: int | Sequence[int]) -> Shape:
    """Return strides or dilations, one for every spatial axis."""
    rank = operation.rank
    steps = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(steps) != rank:
        expected = "[vertical, horizontal]" if rank == 2 else f"{rank} of them"
        raise ShapeFault(name, f"must be a number >= 1 or {expected} for {operation}, but is {value}")
    return steps


def spatial_padding(operation: Operation, padding: str | int | list[list[int]]) -> str | Pads:
    """Return `VALID`, `SAME` or pairs for the spatial axes."""
    rank = operation.rank
    if isinstance(padding, str):
        return padding
    if isinstance(padding, int):
        return "VALID" if padding == 0 else ((padding, padding),) * rank
    pairs = [(before, after) for before, after in padding]
    if len(pairs) == rank + 2 and pairs[0] == pairs[-1] == (0, 0):
        pairs = pairs[1:-1]
    if len(pairs) != rank:
        spatial = ", ".join(["[front, back]", "[top, bottom]", "[left, right]"][3 - rank :])
        raise ShapeFault("padding", f"must be [[0, 0], {spatial}, [0, 0]], but is {padding}")
    return tuple(pairs)


def check_data_format(operation: Operation, data_format: str) -> None:
    """Refuse the name of a layout of another number of axes."""
    if data_format not in operation.data_formats:
        last, first = operation.data_formats
        raise ShapeFault("data_format", f"must be {last} or {first} for {operation}, but is {data_format}")


def check_depth(operation: Operation, image: Shape, filters: Shape) -> bool:
    """Refuse filters that are too deep for the image, or no part of it."""
    channels, depth = image[-1], filters[-2]
    if operation.is_depthwise and depth != channels:
        raise ShapeFault("filters", f"must have the input's {channels} channels as its third size, but has {depth}")
    fits = channels == depth if 0 in (channels, depth) else channels % depth == 0
    if not fits:
        expected = f"must have a divisor of the input's {channels} channels as its {_PLACES[operation.rank]} size"
        raise ShapeFault("filters", f"{expected}, but has {depth}")
    return True


def count_channels(operation: Operation, image: Shape, filters: Shape) -> int:
    """Return the channels of the convolution's output."""
    channels, (depth, out_channels) = image[-1], filters[-2:]
    if operation.is_depthwise:
        return depth * out_channels
    groups = channels // depth if depth else 1
    if out_channels % groups:
        expected = f"must have a multiple of groups={groups} as its {_PLACES[operation.rank + 1]} size"
        raise ShapeFault("filters", f"{expected}, but has {out_channels} ({channels} input channels / {depth})")
    return out_channels


def find_places(
    sizes: Shape, padding: str | Pads, window: Shape, strides: Shape, dilations: Shape
) -> tuple[Shape, str]:
    """Return the spatial sizes of the convolution's output, and how they come about."""
    pads = explicit_pads(padding, sizes, window, strides, dilations)
    axes = list(zip(sizes, window, strides, dilations, pads, strict=True))
    places = tuple(output_size(*axis) for axis in axes)
    named = zip(axes, places, ("deep", "high", "wide")[3 - len(sizes) :], strict=True)
    return places, "; ".join(f"{_formula(*axis, place)} {name}" for axis, place, name in named)


def check_pointwise(filters: Shape, pointwise: Sequence[int]) -> Shape:
    """Return the filters that mix the channels of a separable convolution, which must be as many as there are."""
    channels = filters[-2] * filters[-1]
    if len(pointwise) != 4 or tuple(pointwise[:3]) != (1, 1, channels):
        why = f"filters give {filters[-2]} channels times {filters[-1]}"
        raise ShapeFault("pointwise", f"must be [1, 1, {channels}, O] ({why}), but is {list(pointwise)}")
    return tuple(pointwise)


def check_transposed_rank(name: str, image: Shape, large: Shape) -> Shape:
    """Return the shape `name` of what a transpose gives, which must have as many axes as what it takes."""
    if len(large) != len(image):
        raise ShapeFault(name, f"must be {len(image)} sizes, but is {list(large)}")
    return large


def check_transposed_input(image: Shape, filters: Shape) -> bool:
    """Refuse filters of a transpose that do not take the channels of its input."""
    if filters[-1] != image[-1]:
        raise ShapeFault("filters", f"must end with the input's {image[-1]} channels, but ends with {filters[-1]}")
    return True


def check_transposed_groups(name: str, large: Shape, filters: Shape) -> None:
    """Refuse channels of what a transpose gives that its filters do not give."""
    depth, channels = filters[-2:]
    groups = large[-1] // depth if depth else 0
    if not groups or large[-1] % depth or channels % groups:
        expected = f"must have a multiple of {depth} channels that divides groups"
        raise ShapeFault(name, f"{expected}, but is {list(large)}")


def check_transposed_places(name: str, image: Shape, large: Shape, *window: Any) -> None:
    """Refuse what a transpose gives if its convolution is not the transpose's input."""
    places, formula = find_places(large[1:-1], *window)
    if (large[0], *places) != image[:-1]:
        expected = f"must be one whose convolution is the input's {list(image[:-1])}"
        raise ShapeFault(name, f"{expected}, but is {list(large)}, whose is {[large[0], *places]} ({formula})")


def _formula(size: int, taps: int, step: int, hole: int, pads: tuple[int, int], place: int) -> str:
    """Return how the output size comes about."""
    total, span = f"{size} + {pads[0]} + {pads[1]}", receptive_field(taps, hole)
    if place == 0:
        return f"a window of {span} does not fit into {total}: 0"
    return f"floor(({total} - {span}) / {step}) + 1 = {place}"
