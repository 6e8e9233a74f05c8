"""A call in the making: what was asked for, in normal form, and what the steps of a convolution have found so far.

Every map of a convolution (see `conformance.operation.Kind`) reads or writes the same elements: output position p and
tap r meet at the input element p·stride + r·dilation - before. So a convolution is known when for every axis a *table*
(out_size, taps) of such elements is, with -1 where a tap lies on the padding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from conformance.case import Case, Kind, Operation, Pads, Shape
from conformance.data import Array, Operands, laid_out
from conformance.defects.posed import Posed, posed
from reference.arguments import Problem, prepare

__all__ = ["Call", "from_arguments", "from_case"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call, channels last, with one entry of each parameter for every spatial axis.

    Numbers are float64, or int64 where the operands are integers. Shapes are those of the convolution, whichever of its
    maps is asked for: depthwise filters are (*taps, 1, channels · multiplier), and a transpose's input is `arriving`.

    Attributes:
        operation: what is asked for.
        image_shape: (batch, *in_sizes, in_channels).
        filters_shape: (*taps, in_channels / groups, out_channels).
        input: of `image_shape`; None where its gradient, or a transpose, is asked for.
        filters: of `filters_shape`; None where their gradient is asked for.
        arriving: (batch, *out_sizes, out_channels), what goes back through a gradient or a transpose; else None.
        bias: a number per output channel, or None.
        strides: input elements per output step.
        dilations: input elements between taps.
        padding: as given: `VALID`, `SAME` or pairs.
        groups: independent convolutions side by side.
        dtype: of the result.
        operand_dtype: of the operands.
        channels_first: whether the caller's arrays are, and the result is to be.
        result_shape: of what must be returned, channels last.
        raw: the caller's own arrays by name, in his memory; for mistakes in handling memory.
        then: what follows on this call, with its result as the first argument; None for nothing.
        pads: zeros (before, after) every axis; the first step.
        out_sizes: output elements along every axis; the second.
        tables: for every axis, (out_size, taps), the element that each tap meets, -1 for padding; the third.
    """

    operation: Operation
    image_shape: Shape
    filters_shape: Shape
    input: Array | None
    filters: Array | None
    arriving: Array | None
    bias: Array | None
    strides: Shape
    dilations: Shape
    padding: str | Pads
    groups: int
    dtype: np.dtype[Any]
    operand_dtype: np.dtype[Any]
    channels_first: bool
    result_shape: Shape
    raw: Mapping[str, Array] = field(default_factory=dict)
    then: Posed | None = None
    pads: Pads = ()
    out_sizes: Shape = ()
    tables: tuple[Array, ...] = ()

    @property
    def kind(self) -> Kind:
        """Which map of the convolution is asked for."""
        return self.operation.kind

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.strides)

    @property
    def batch(self) -> int:
        """The number of images."""
        return self.image_shape[0]

    @property
    def in_sizes(self) -> Shape:
        """The spatial sizes of the convolution's input."""
        return self.image_shape[1:-1]

    @property
    def taps(self) -> Shape:
        """The spatial sizes of the filters."""
        return self.filters_shape[:-2]

    @property
    def in_channels(self) -> int:
        """The channels of the convolution's input."""
        return self.image_shape[-1]

    @property
    def depth(self) -> int:
        """The input channels of a group."""
        return self.filters_shape[-2]

    @property
    def out_channels(self) -> int:
        """The channels of the convolution's output."""
        return self.filters_shape[-1]

    @property
    def fields(self) -> Shape:
        """The receptive field along every axis, holes of the dilation included."""
        return tuple((taps - 1) * step + 1 for taps, step in zip(self.taps, self.dilations, strict=True))


def from_case(case: Case, operands: Operands) -> Call:
    """Return the call that a case asks for, in its layout."""
    operation, operands = case.operation, laid_out(case, operands)
    options: dict[str, Any] = {"strides": case.strides, "padding": case.padding, "dilations": case.dilations}
    options = {} if operation.is_bias else options | {"output_shape": case.in_layout(case.output)}
    options["data_format"] = case.data_format
    if operands.out_backprop is not None:
        options["out_backprop"] = operands.out_backprop
    leading: list[Any] = [operands.input, operands.filters]
    if operation is Operation.BIAS_ADD:
        leading = [operands.input, operands.bias]
    elif operation is Operation.BIAS_ADD_GRAD:
        leading = []
    elif operation is Operation.SEPARABLE_CONV2D:
        leading.append(operands.pointwise)
    elif operation.kind is Kind.INPUT_GRADIENT:
        leading[0] = case.in_layout(case.input)
    elif operation.kind is Kind.FILTER_GRADIENT:
        leading[1] = case.filters
    return from_arguments(posed(operation, leading, operands.bias, options))


def from_arguments(asked: Posed) -> Call:
    """Return the call that is made with the arguments of tf.nn.

    Raises:
        ValueError: an argument has no meaning; the message of `reference` names it.
    """
    operation, first, second, bias, options = asked.operation, asked.first, asked.second, asked.bias, asked.options
    arriving = _arriving(operation, first, options)
    image, window = _image(operation, first, arriving, options), _window(operation, second, arriving)
    problem = prepare(
        operation.convolution,
        image,
        window,
        options.get("strides", options.get("stride", 1)),
        options.get("padding", "VALID"),
        options.get("data_format"),
        options.get("dilations", 1),
    )
    if arriving is not None and problem.channels_first:
        arriving = np.moveaxis(arriving, 1, -1)
    _check_arriving(operation, problem, arriving)
    call = _call(operation, problem, arriving, bias, {"first": first, "second": second, "bias": bias} | options)
    if asked.is_vector:
        return replace(call, result_shape=call.filters_shape[-1:])
    if asked.pointwise is None:
        return call
    then = Posed(Operation.CONV2D, None, asked.pointwise, bias, {"data_format": options.get("data_format")})
    return replace(call, bias=None, then=then)


def _arriving(operation: Operation, first: Any, options: Mapping[str, Any]) -> Array | None:
    if operation.kind is Kind.FORWARD:
        return None
    return np.asarray(first if operation.kind is Kind.TRANSPOSE else options["out_backprop"])


def _image(operation: Operation, first: Any, arriving: Array | None, options: Mapping[str, Any]) -> Array:
    """Return the convolution's input, or an array of its shape that takes no memory."""
    if operation.kind in (Kind.FORWARD, Kind.FILTER_GRADIENT) or arriving is None:
        return np.asarray(first)
    shape = options["output_shape"] if operation.kind is Kind.TRANSPOSE else first
    return np.broadcast_to(np.zeros((), arriving.dtype), tuple(shape))


def _window(operation: Operation, second: Any, arriving: Array | None) -> Array:
    """Return the convolution's filters, depthwise ones with a depth of 1, or an array of their shape."""
    if operation.kind is Kind.FILTER_GRADIENT and arriving is not None:
        window = np.broadcast_to(np.zeros((), arriving.dtype), tuple(second))
    else:
        window = np.asarray(second)
    if operation.is_depthwise:
        window = window.reshape(*window.shape[:-2], 1, window.shape[-2] * window.shape[-1])
    return window


def _check_arriving(operation: Operation, problem: Problem, arriving: Array | None) -> None:
    """Refuse what goes back through a convolution if its output has another shape."""
    shape = (len(problem.input), *problem.out_sizes, problem.filters.shape[-1])
    if arriving is not None and arriving.shape != shape:
        name = "input" if operation.kind is Kind.TRANSPOSE else "out_backprop"
        raise ValueError(f"{operation}: {name} must be of shape {shape}, but is of {arriving.shape}")


def _call(operation: Operation, problem: Problem, arriving: Array | None, bias: Any, raw: dict[str, Any]) -> Call:
    kind, number = operation.kind, np.dtype(np.int64 if problem.dtype.kind in "iu" else np.float64)
    image, window = problem.input, problem.filters
    out_channels = window.shape[-1]
    filters_shape = window.shape
    if operation.is_depthwise and kind is Kind.FILTER_GRADIENT:
        filters_shape = (*window.shape[:-2], image.shape[-1], out_channels // max(1, image.shape[-1]))
    results = {Kind.FORWARD: (len(image), *problem.out_sizes, out_channels), Kind.FILTER_GRADIENT: filters_shape}
    return Call(
        operation=operation,
        image_shape=image.shape,
        filters_shape=window.shape,
        input=image.astype(number) if kind in (Kind.FORWARD, Kind.FILTER_GRADIENT) else None,
        filters=None if kind is Kind.FILTER_GRADIENT else window.astype(number),
        arriving=None if arriving is None else arriving.astype(number),
        bias=None if bias is None else np.asarray(bias).astype(number),
        strides=problem.strides,
        dilations=problem.dilations,
        padding=problem.padding,
        groups=problem.groups,
        dtype=np.dtype(np.int32) if problem.dtype == np.int8 else problem.dtype,
        operand_dtype=problem.dtype,
        channels_first=problem.channels_first,
        result_shape=results.get(kind, image.shape),
        raw={name: part for name, part in raw.items() if isinstance(part, np.ndarray)},
    )
