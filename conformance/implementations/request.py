"""A call in the form of tf.nn as a record, for what is no Python: names for its operands, and the shape of its output.

Native libraries and programs are asked by such records. Nothing is checked here: where a call has no meaning, it is for
whoever is asked to refuse it, and what cannot be told of its output is told as None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.case import Kind, Operation, Shape
from conformance.data import Array
from conformance.implementations.geometry import given_beside
from reference.geometry import explicit_pads, output_size

__all__ = ["ForeignError", "Request", "foreign_function"]

Pads = tuple[tuple[int, int], ...]


class ForeignError(Exception):
    """What is asked says that it failed or that it refuses; the text is its own, as far as it has one."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call.

    Attributes:
        operation: what is asked for.
        operands: by the names `input`, `filters`, `pointwise`, `bias` and `out_backprop`, as they are handed over.
        arguments: the other arguments, by the names of tf.nn, as they are handed over.
    """

    operation: Operation
    operands: dict[str, Array]
    arguments: dict[str, Any]

    @property
    def channels_first(self) -> bool:
        """Whether images have their channels before the spatial axes."""
        return bool(self.arguments.get("data_format") == self.operation.data_formats[1])

    @property
    def strides(self) -> tuple[int, ...]:
        """Strides for the spatial axes; as many as were given, where they are for other ones."""
        return self._steps("stride" if self.operation is Operation.CONV1D else "strides")

    @property
    def dilations(self) -> tuple[int, ...]:
        """Dilations for the spatial axes; as many as were given, where they are for other ones."""
        return self._steps("dilations")

    @property
    def padding(self) -> str | Pads:
        """The padding as it was written: a word, or pairs for the spatial axes."""
        written = self.arguments.get("padding", "VALID")
        return written if isinstance(written, str) else tuple(map(tuple, written[self._spatial]))

    @property
    def groups(self) -> int | None:
        """Input channels / filters' input channels; None where there are none, or where they do not divide."""
        image, filters = self._large_image, self._filters
        if len(filters) < 2 or len(image) < 2:
            return None
        channels: int = image[self._channels]
        if self.operation.is_depthwise:
            return channels
        if channels == filters[-2] == 0:
            return 1
        return channels // filters[-2] if filters[-2] > 0 and channels % filters[-2] == 0 else None

    @property
    def pads(self) -> Pads | None:
        """The padding as zeros before and after every spatial axis of the image that is convolved, or None."""
        try:
            sizes = self._large_image[self._spatial]
            return explicit_pads(self.padding, sizes, self._filters[:-2], self.strides, self.dilations)
        except (ValueError, ZeroDivisionError):  # axes of other numbers, or a stride of 0
            return None

    @property
    def given_beside(self) -> str:
        """What is given for batch and channels, in words, though nothing can be; see `geometry.given_beside`."""
        return given_beside(self.arguments, self.operation.rank, self.channels_first)

    @property
    def output_dtype(self) -> np.dtype[Any]:
        """The dtype of what comes out: int32 for int8, whose sums leave it, otherwise that of the operands."""
        dtype = next(iter(self.operands.values())).dtype
        return np.dtype(np.int32) if dtype == np.int8 else dtype

    @property
    def output_shape(self) -> Shape | None:
        """The shape of what comes out, in the layout of the images; None where the call has none."""
        if self.given_beside:
            return None
        asked = next((self.arguments[name] for name in _SIZES if name in self.arguments), None)
        if asked is not None:
            return tuple(asked) if min(asked, default=0) >= 0 else None
        if self.operation is Operation.BIAS_ADD:
            return self.operands["input"].shape
        try:
            if self.operation is Operation.BIAS_ADD_GRAD:
                return (self.operands["out_backprop"].shape[self._channels],)
            return self._convolved
        except (ValueError, IndexError, ZeroDivisionError):  # axes of other numbers, or a stride of 0
            return None

    @property
    def _convolved(self) -> Shape:
        image, (*taps, channels, filters) = self.operands["input"].shape, self._filters
        axes = zip(image[self._spatial], taps, self.strides, self.dilations, self.pads or (), strict=True)
        spatial = tuple(output_size(*axis) for axis in axes)
        if self.operation is Operation.SEPARABLE_CONV2D:
            filters = self.operands["pointwise"].shape[-1]
        elif self.operation.is_depthwise:
            filters *= channels
        return (image[0], filters, *spatial) if self.channels_first else (image[0], *spatial, filters)

    @property
    def _spatial(self) -> slice:
        return slice(2, None) if self.channels_first else slice(1, -1)

    @property
    def _channels(self) -> int:
        return 1 if self.channels_first else -1

    @property
    def _filters(self) -> Shape:
        """The shape of the filters, those of a gradient too; nothing for biases."""
        filters = self.operands.get("filters")
        return tuple(self.arguments.get("filter_sizes", ())) if filters is None else filters.shape

    @property
    def _large_image(self) -> Shape:
        """The shape of the image that is convolved; where a transpose is asked for, that is not the one it is given."""
        if self.operation.is_transposed:
            return self._shape_of("out_backprop") or tuple(self.arguments["output_shape"])
        return self._shape_of("input") or tuple(self.arguments.get("input_sizes", ()))

    def _shape_of(self, name: str) -> Shape:
        return self.operands[name].shape if name in self.operands else ()

    def _steps(self, name: str) -> tuple[int, ...]:
        given = self.arguments.get(name, 1)
        steps = [given] * self.operation.rank if isinstance(given, int) else list(given)
        return tuple(steps if len(steps) == self.operation.rank else steps[self._spatial])


_SIZES = ("output_shape", "input_sizes", "filter_sizes")
"""The arguments that say what comes out."""


def foreign_function(operation: Operation, ask: Callable[[Request], Array]) -> Callable[..., Array]:
    """Return a function in tf.nn's call form of `operation`, bias included, that is answered by `ask`."""
    names = _leading_names(operation)

    def function(*leading: Any, bias: Array | None = None, **keywords: Any) -> Array:
        given = dict(zip(names, leading, strict=True)) | keywords
        operands = {name: given.pop(name) for name in _OPERANDS if name in given}
        return ask(Request(operation, operands if bias is None else operands | {"bias": bias}, given))

    return function


_OPERANDS = ("input", "filters", "pointwise", "bias", "out_backprop")


def _leading_names(operation: Operation) -> tuple[str, ...]:
    """Return the names of the arguments that are given by place."""
    if operation is Operation.BIAS_ADD:
        return "input", "bias"
    if operation.kind is Kind.INPUT_GRADIENT:
        return "input_sizes", "filters"
    if operation.kind is Kind.FILTER_GRADIENT:
        return "input", "filter_sizes"
    return operation.operands
