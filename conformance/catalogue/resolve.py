"""The shapes of an entry, made canonical, and what is wrong with them, for every operation.

The `input` and `filters` of an entry are those of a convolution. What its operation asks for is that convolution's
output, or the shape of input or filters for their gradient; a transpose goes from the output to the input. Where a
transpose has a gradient, the entry says what arrives, as several sizes lead to the same input.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, TypeVar

from conformance.case import Kind, Operation, Pads, Shape
from conformance.catalogue import shapes
from conformance.catalogue.schema import CaseEntry
from conformance.catalogue.shapes import ShapeFault

__all__ = ["Resolution", "Shapes", "resolve"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes and steps of an entry, canonical, in the sense of `Case`; `written` as the entry writes them."""

    input: Shape
    filters: Shape
    output: Shape
    out_backprop: Shape | None
    pointwise: Shape | None
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
    stated: dict[str, Any] = {
        key: None if key in doubtful else getattr(entry, key) for key in (*_KEYS, "input", "output", "data_format")
    }
    _check_keys(found, entry, doubtful)
    found.ask(shapes.check_data_format, operation, stated["data_format"])
    image = found.ask(shapes.full_image, operation, stated["input"])
    if image is not None:
        found.written["input"] = tuple(stated["input"])
    if operation.is_bias:
        _resolve_bias(found, operation, image)
        return found
    filters = found.ask(shapes.full_filters, operation, stated["filters"])
    if filters is not None:
        found.written["filters"] = tuple(stated["filters"])
    strides, dilations = (
        found.ask(shapes.axis_steps, operation, name, stated[name]) for name in ("strides", "dilations")
    )
    padding = found.ask(shapes.spatial_padding, operation, stated["padding"])
    window = (padding, found.ask(shapes.filter_sizes, filters), strides, dilations)
    if operation.is_transposed:
        large = stated["output" if operation.kind is Kind.TRANSPOSE else "out_backprop"]
        _resolve_transpose(found, operation, image, filters, large, window)
    else:
        _resolve_forward(found, operation, image, filters, stated["pointwise"], window)
    return found


_KEYS = ("filters", "strides", "dilations", "padding", "pointwise", "out_backprop")
"""Keys that some operations take, and others do not."""


def _check_keys(found: Resolution, entry: CaseEntry, doubtful: Collection[str]) -> None:
    """Refuse an entry without a key that its operation needs, or with one that it does not have."""
    operation, needed, taken = entry.operation, set[str](), set[str]()
    if not operation.is_bias:
        needed, taken = {"filters"}, {"strides", "dilations", "padding"}
    if operation is Operation.SEPARABLE_CONV2D:
        needed.add("pointwise")
    if operation.is_transposed and operation.kind is not Kind.TRANSPOSE:
        needed.add("out_backprop")
    for key in _KEYS:
        if key in doubtful:
            continue
        value = getattr(entry, key)
        if key in needed and value is None:
            text = f"is missing; it must be {CaseEntry.model_fields[key].description}"
            found.faults.append(ShapeFault(key, text))
        elif key not in needed | taken and key in entry.model_fields_set:
            text = f"must be absent, as {operation} has none, but is {json.dumps(value)}"
            found.faults.append(ShapeFault(key, text))


def _resolve_bias(found: Resolution, operation: Operation, image: Shape | None) -> None:
    if image is None:
        return
    adds = operation is Operation.BIAS_ADD
    found.channels = image[-1]
    found.written["output"] = output = image if adds else image[-1:]
    arriving = None if adds else image
    if arriving is not None:
        found.written["out_backprop"] = arriving
    found.shapes = Shapes(image, (), output, arriving, None, (1, 1), (1, 1), "VALID", found.written, "")


def _resolve_transpose(
    found: Resolution,
    operation: Operation,
    image: Shape | None,
    filters: Shape | None,
    stated: list[int] | None,
    window: tuple[Any, ...],
) -> None:
    """Resolve a transpose or a gradient of one; `stated` is the shape of what it gives, or of what arrives there."""
    is_gradient = operation.kind is not Kind.TRANSPOSE
    name = "out_backprop" if is_gradient else "output"
    large = None if stated is None else tuple(stated)
    if image is not None:
        large = found.ask(shapes.check_transposed_rank, name, image, large)
    if found.ask(shapes.check_transposed_input, image, filters):
        found.ask(shapes.check_transposed_groups, name, large, filters)
    found.ask(shapes.check_transposed_places, name, image, large, *window)
    if large is not None:
        found.written[name] = large
    asked = {Kind.INPUT_GRADIENT: image, Kind.FILTER_GRADIENT: filters}.get(operation.kind, large)
    if asked is not None:
        found.written["output"] = asked
    padding, _, strides, dilations = window

    def assemble(image: Shape, filters: Shape, large: Shape) -> Shapes:
        output, arriving = (asked or (), large) if is_gradient else (large, None)
        return Shapes(image, filters, output, arriving, None, strides, dilations, padding, found.written, "")

    found.shapes = found.ask(assemble, image, filters, large) if None not in window else None


def _resolve_forward(
    found: Resolution,
    operation: Operation,
    image: Shape | None,
    filters: Shape | None,
    stated: list[int] | None,
    window: tuple[Any, ...],
) -> None:
    """Resolve a convolution or a gradient of one; `stated` is the shape of the filters that mix channels, if any."""
    fits = found.ask(shapes.check_depth, operation, image, filters)
    pointwise = found.ask(shapes.check_pointwise, filters, stated)
    if operation is Operation.SEPARABLE_CONV2D:
        found.channels = None if pointwise is None else pointwise[-1]
    elif fits:
        found.channels = found.ask(shapes.count_channels, operation, image, filters)
    elif filters is not None and not operation.is_depthwise:
        found.channels = filters[-1]
    if pointwise is not None:
        found.written["pointwise"] = pointwise
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
        return Shapes(image, filters, output, arriving, pointwise, strides, dilations, padding, found.written, formula)

    placed = found.ask(shapes.find_places, image and image[1:-1], *window)
    found.shapes = found.ask(assemble, image, filters, found.channels, placed)
