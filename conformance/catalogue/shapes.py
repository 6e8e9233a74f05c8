"""The shapes of an entry: made canonical, and what they must satisfy, for every operation.

The `input` and `filters` of an entry are those of a convolution. What its operation asks for is that convolution's
output, or the shape of input or filters for their gradient; a transpose goes from the output to the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.case import Kind, Operation, Pads, Shape
from conformance.catalogue.schema import CaseEntry
from reference.geometry import explicit_pads, output_size, receptive_field

__all__ = ["ShapeFault", "Shapes", "resolve"]


class ShapeFault(Exception):
    """What is wrong with one key of an entry: its name, and the rest of the sentence."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"{key} {text}")
        self.key = key
        self.text = text


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes and steps of an entry, canonical, in the sense of `Case`; `written` as the entry writes them."""

    input: Shape
    filters: Shape
    output: Shape
    out_backprop: Shape | None
    strides: Shape
    dilations: Shape
    padding: str | Pads
    written: dict[str, Shape]
    formula: str


def resolve(entry: CaseEntry) -> Shapes:
    """Return the shapes of an entry; `output` by the size formula, whatever the entry states.

    Raises:
        ShapeFault: the shapes cannot belong to one operation.
    """
    operation = entry.operation
    image, filters = tuple(entry.input), tuple(entry.filters)
    _check_lengths(operation, image, filters)
    strides, dilations = (_steps(operation, name, getattr(entry, name)) for name in ("strides", "dilations"))
    padding = _padding(operation, entry.padding)
    full_image, full_filters = _with_batch(operation, image), (*filters, *(1,) * (operation.rank + 2 - len(filters)))
    sizes = full_filters[:-2]
    if 0 in sizes:
        raise ShapeFault("filters", f"must be at least 1 high and wide, but is {entry.filters}")
    if operation.kind is Kind.TRANSPOSE:
        output, formula = tuple(entry.output), ""
        _check_transpose(full_image, full_filters, output, (padding, sizes, strides, dilations))
        written = {"input": image, "filters": filters, "output": output}
        return Shapes(full_image, full_filters, output, None, strides, dilations, padding, written, formula)
    channels = _out_channels(operation, full_image[-1], full_filters)
    places, formula = _places(full_image[1:-1], padding, sizes, strides, dilations)
    forward = (full_image[0], *places, channels)
    short = full_image[:1] * (len(image) == operation.rank + 2) + places
    short += (channels,) * (len(filters) == operation.rank + 2)
    asked = {Kind.INPUT_GRADIENT: full_image, Kind.FILTER_GRADIENT: full_filters}.get(operation.kind)
    written = {"input": image, "filters": filters, "output": asked or short, "out_backprop": forward}
    arriving = forward if asked else None
    return Shapes(full_image, full_filters, asked or forward, arriving, strides, dilations, padding, written, formula)


def _check_lengths(operation: Operation, image: Shape, filters: Shape) -> None:
    """Refuse shapes of the wrong number of sizes; only a plain convolution may leave out batch and channels."""
    rank, plain = operation.rank, operation.kind is Kind.FORWARD
    axes = " · ".join(["D", "H", "W"][3 - rank :])
    for name, shape, short in (("input", image, plain), ("filters", filters, plain and not operation.is_depthwise)):
        if not (rank if short else rank + 2) <= len(shape) <= rank + 2:
            count = f"{rank} to {rank + 2}" if short else str(rank + 2)
            raise ShapeFault(name, f"must be {count} sizes for {operation} ({axes} are spatial), but is {list(shape)}")


def _with_batch(operation: Operation, image: Shape) -> Shape:
    batch = () if len(image) == operation.rank + 2 else (1,)
    return (*batch, *image) if len(image) > operation.rank else (*batch, *image, 1)


def _steps(operation: Operation, name: str, value: int | Sequence[int]) -> Shape:
    rank = operation.rank
    steps = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(steps) != rank:
        expected = "[vertical, horizontal]" if rank == 2 else f"{rank} of them"
        raise ShapeFault(name, f"must be a number >= 1 or {expected} for {operation}, but is {value}")
    return steps


def _padding(operation: Operation, padding: str | int | list[list[int]]) -> str | Pads:
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


def _out_channels(operation: Operation, channels: int, filters: Shape) -> int:
    """Return the channels of the convolution's output."""
    depth, out_channels = filters[-2:]
    if operation.is_depthwise:
        if depth != channels:
            raise ShapeFault("filters", f"must have the input's {channels} channels as its third size, but has {depth}")
        return depth * out_channels
    place = ("second", "third", "fourth", "fifth")[operation.rank - 1 : operation.rank + 1]
    if channels == depth == 0:
        return out_channels
    if channels == 0 or depth == 0 or channels % depth:
        expected = f"must have a divisor of the input's {channels} channels as its {place[0]} size"
        raise ShapeFault("filters", f"{expected}, but has {depth}")
    if out_channels % (channels // depth):
        expected = f"must have a multiple of groups={channels // depth} as its {place[1]} size"
        raise ShapeFault("filters", f"{expected}, but has {out_channels} ({channels} input channels / {depth})")
    return out_channels


def _places(sizes: Shape, padding: str | Pads, window: Shape, strides: Shape, dilations: Shape) -> tuple[Shape, str]:
    """Return the spatial sizes of the convolution's output, and how they come about."""
    pads = explicit_pads(padding, sizes, window, strides, dilations)
    axes = list(zip(sizes, window, strides, dilations, pads, strict=True))
    places = tuple(output_size(*axis) for axis in axes)
    named = zip(axes, places, ("deep", "high", "wide")[3 - len(sizes) :], strict=True)
    return places, "; ".join(f"{_formula(*axis, place)} {name}" for axis, place, name in named)


def _check_transpose(
    image: Shape, filters: Shape, output: Shape, window: tuple[str | Pads, Shape, Shape, Shape]
) -> None:
    """Refuse an output whose convolution is not the transpose's input."""
    if len(output) != len(image):
        raise ShapeFault("output", f"must be {len(image)} sizes, but is {list(output)}")
    places, formula = _places(output[1:-1], *window)
    depth, channels = filters[-2:]
    if channels != image[-1]:
        raise ShapeFault("filters", f"must end with the input's {image[-1]} channels, but ends with {channels}")
    if not depth or output[-1] % depth or channels % (output[-1] // depth):
        raise ShapeFault(
            "output", f"must have a multiple of {depth} channels that divides groups, but is {list(output)}"
        )
    if (output[0], *places) != image[:-1]:
        expected = f"must be one whose convolution is the input's {list(image[:-1])}"
        raise ShapeFault("output", f"{expected}, but is {list(output)}, whose is {[output[0], *places]} ({formula})")


def _formula(size: int, taps: int, step: int, hole: int, pads: tuple[int, int], place: int) -> str:
    """Return how the output size comes about."""
    total, field = f"{size} + {pads[0]} + {pads[1]}", receptive_field(taps, hole)
    if place == 0:
        return f"a window of {field} does not fit into {total}: 0"
    return f"floor(({total} - {field}) / {step}) + 1 = {place}"
