"""The shapes of an entry: made canonical, and what they must satisfy, for every operation.

The `input` and `filters` of an entry are those of a convolution. What its operation asks for is that convolution's
output, or the shape of input or filters for their gradient; a transpose goes from the output to the input.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from conformance.case import Kind, Operation, Pads, Shape
from conformance.catalogue.schema import CaseEntry
from reference.geometry import explicit_pads, output_size, receptive_field

__all__ = ["Resolution", "ShapeFault", "Shapes", "resolve"]

_T = TypeVar("_T")

_PLACES = ("first", "second", "third", "fourth", "fifth")
"""The sizes of a shape, to be counted in sentences."""


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


@dataclass(slots=True)
class Resolution:
    """As much of an entry's shapes as can be told.

    Attributes:
        faults: the rules that they break; a rule that needs what another one refused is not asked.
        shapes: all of them, if there are enough; `output` by the size formula, whatever the entry states.
        written: those that are sound, by operand, as the entry writes them.
        channels: of what comes out, if they can be told.
    """

    faults: list[ShapeFault] = field(default_factory=list)
    shapes: Shapes | None = None
    written: dict[str, Shape] = field(default_factory=dict)
    channels: int | None = None

    def ask(self, rule: Callable[..., _T], *arguments: Any) -> _T | None:
        """Return what `rule` says of arguments that are all known; None where it refuses them."""
        if any(argument is None for argument in arguments):
            return None
        try:
            return rule(*arguments)
        except ShapeFault as fault:
            self.faults.append(fault)
            return None


def resolve(entry: CaseEntry, doubtful: Collection[str] = ()) -> Resolution:
    """Return the shapes of an entry, and what is wrong with them.

    Args:
        entry: the entry.
        doubtful: keys under which it does not hold what was meant; nothing is derived from them.
    """
    found, operation = Resolution(), entry.operation
    if "operation" in doubtful:
        return found
    keys = ("input", "filters", "output", "padding", "strides", "dilations")
    stated: dict[str, Any] = {key: None if key in doubtful else getattr(entry, key) for key in keys}
    image = found.ask(_full_image, operation, stated["input"])
    filters = found.ask(_full_filters, operation, stated["filters"])
    strides, dilations = (found.ask(_steps, operation, name, stated[name]) for name in ("strides", "dilations"))
    padding = found.ask(_padding, operation, stated["padding"])
    if "data_format" not in doubtful:
        found.ask(_check_data_format, operation, entry.data_format)
    known = {"input": image, "filters": filters}
    found.written = {name: tuple(stated[name]) for name, shape in known.items() if shape is not None}
    window = (padding, found.ask(_filter_sizes, operation, filters), strides, dilations)
    if operation.kind is Kind.TRANSPOSE:
        _resolve_transpose(found, image, filters, found.ask(_shape, stated["output"]), window)
    else:
        _resolve_forward(found, operation, image, filters, window)
    return found


def _resolve_transpose(
    found: Resolution, image: Shape | None, filters: Shape | None, stated: Shape | None, window: tuple[Any, ...]
) -> None:
    output = stated if image is None else found.ask(_transposed_output, image, stated)
    if found.ask(_check_transposed_input, image, filters):
        found.ask(_check_transposed_groups, output, filters)
    found.ask(_check_transposed_places, image, output, *window)
    if output is not None:
        found.written["output"] = output
    padding, _, strides, dilations = window

    def assemble(image: Shape, filters: Shape, output: Shape) -> Shapes:
        return Shapes(image, filters, output, None, strides, dilations, padding, found.written, "")

    found.shapes = found.ask(assemble, image, filters, output) if None not in window else None


def _resolve_forward(
    found: Resolution, operation: Operation, image: Shape | None, filters: Shape | None, window: tuple[Any, ...]
) -> None:
    if found.ask(_check_depth, operation, image, filters):
        found.channels = found.ask(_out_channels, operation, image, filters)
    elif filters is not None and not operation.is_depthwise:
        found.channels = filters[-1]
    asked = {Kind.INPUT_GRADIENT: image, Kind.FILTER_GRADIENT: filters}.get(operation.kind)
    if asked is not None:
        found.written["output"] = asked
    padding, _, strides, dilations = window

    def assemble(image: Shape, filters: Shape, channels: int, placed: tuple[Shape, str]) -> Shapes:
        places, formula = placed
        forward = (image[0], *places, channels)
        short = image[:1] * (len(found.written["input"]) == operation.rank + 2) + places
        short += (channels,) * (len(found.written["filters"]) == operation.rank + 2)
        found.written |= {"output": asked or short, "out_backprop": forward}
        arriving, output = (forward, asked) if asked else (None, forward)
        return Shapes(image, filters, output, arriving, strides, dilations, padding, found.written, formula)

    placed = found.ask(_places, image and image[1:-1], *window)
    found.shapes = found.ask(assemble, image, filters, found.channels, placed)


def _shape(sizes: Sequence[int]) -> Shape:
    return tuple(sizes)


def _full_image(operation: Operation, image: Sequence[int]) -> Shape:
    """Return (batch, *sizes, channels); only a plain convolution may leave out batch and channels."""
    _check_length(operation, "input", image, operation.kind is Kind.FORWARD)
    batch = () if len(image) == operation.rank + 2 else (1,)
    return (*batch, *image) if len(image) > operation.rank else (*batch, *image, 1)


def _full_filters(operation: Operation, filters: Sequence[int]) -> Shape:
    _check_length(operation, "filters", filters, operation.kind is Kind.FORWARD and not operation.is_depthwise)
    return (*filters, *(1,) * (operation.rank + 2 - len(filters)))


def _check_length(operation: Operation, name: str, shape: Sequence[int], may_be_short: bool) -> None:
    rank = operation.rank
    if not (rank if may_be_short else rank + 2) <= len(shape) <= rank + 2:
        axes = " · ".join(["D", "H", "W"][3 - rank :])
        count = f"{rank} to {rank + 2}" if may_be_short else str(rank + 2)
        raise ShapeFault(name, f"must be {count} sizes for {operation} ({axes} are spatial), but is {list(shape)}")


def _filter_sizes(operation: Operation, filters: Shape) -> Shape:
    if 0 in filters[:-2]:
        raise ShapeFault("filters", f"must be at least 1 high and wide, but is {list(filters)}")
    return filters[:-2]


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


def _check_data_format(operation: Operation, data_format: str) -> None:
    if data_format not in operation.data_formats:
        last, first = operation.data_formats
        raise ShapeFault("data_format", f"must be {last} or {first} for {operation}, but is {data_format}")


def _check_depth(operation: Operation, image: Shape, filters: Shape) -> bool:
    """Refuse filters that are too deep for the image, or no part of it."""
    channels, depth = image[-1], filters[-2]
    if operation.is_depthwise and depth != channels:
        raise ShapeFault("filters", f"must have the input's {channels} channels as its third size, but has {depth}")
    fits = channels == depth if 0 in (channels, depth) else channels % depth == 0
    if not fits:
        expected = f"must have a divisor of the input's {channels} channels as its {_PLACES[operation.rank]} size"
        raise ShapeFault("filters", f"{expected}, but has {depth}")
    return True


def _out_channels(operation: Operation, image: Shape, filters: Shape) -> int:
    """Return the channels of the convolution's output."""
    channels, (depth, out_channels) = image[-1], filters[-2:]
    if operation.is_depthwise:
        return depth * out_channels
    groups = channels // depth if depth else 1
    if out_channels % groups:
        expected = f"must have a multiple of groups={groups} as its {_PLACES[operation.rank + 1]} size"
        raise ShapeFault("filters", f"{expected}, but has {out_channels} ({channels} input channels / {depth})")
    return out_channels


def _places(sizes: Shape, padding: str | Pads, window: Shape, strides: Shape, dilations: Shape) -> tuple[Shape, str]:
    """Return the spatial sizes of the convolution's output, and how they come about."""
    pads = explicit_pads(padding, sizes, window, strides, dilations)
    axes = list(zip(sizes, window, strides, dilations, pads, strict=True))
    places = tuple(output_size(*axis) for axis in axes)
    named = zip(axes, places, ("deep", "high", "wide")[3 - len(sizes) :], strict=True)
    return places, "; ".join(f"{_formula(*axis, place)} {name}" for axis, place, name in named)


def _transposed_output(image: Shape, output: Shape) -> Shape:
    if len(output) != len(image):
        raise ShapeFault("output", f"must be {len(image)} sizes, but is {list(output)}")
    return output


def _check_transposed_input(image: Shape, filters: Shape) -> bool:
    if filters[-1] != image[-1]:
        raise ShapeFault("filters", f"must end with the input's {image[-1]} channels, but ends with {filters[-1]}")
    return True


def _check_transposed_groups(output: Shape, filters: Shape) -> None:
    depth, channels = filters[-2:]
    groups = output[-1] // depth if depth else 0
    if not groups or output[-1] % depth or channels % groups:
        expected = f"must have a multiple of {depth} channels that divides groups"
        raise ShapeFault("output", f"{expected}, but is {list(output)}")


def _check_transposed_places(image: Shape, output: Shape, *window: Any) -> None:
    """Refuse an output whose convolution is not the transpose's input."""
    places, formula = _places(output[1:-1], *window)
    if (output[0], *places) != image[:-1]:
        expected = f"must be one whose convolution is the input's {list(image[:-1])}"
        raise ShapeFault("output", f"{expected}, but is {list(output)}, whose is {[output[0], *places]} ({formula})")


def _formula(size: int, taps: int, step: int, hole: int, pads: tuple[int, int], place: int) -> str:
    """Return how the output size comes about."""
    total, span = f"{size} + {pads[0]} + {pads[1]}", receptive_field(taps, hole)
    if place == 0:
        return f"a window of {span} does not fit into {total}: 0"
    return f"floor(({total} - {span}) / {step}) + 1 = {place}"
