"""The public boundary: every argument of a convolution checked once, and brought to one normal form.

Requirements, from which the design follows:

1. One way in for every algorithm and every number of spatial axes, so that an algorithm's file holds its idea and
   nothing else: `problem = prepare(...)`, compute, `return problem.finish(output)`.
2. The call forms of `tf.nn`, and the shorter ones of articles: images without batch or channels, one number for all
   axes, NumPy's padding modes by name.
3. A message that names the operation, the argument, what it must be and what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference import geometry
from reference.frame import framed

__all__ = [
    "ACCUMULATORS",
    "Array",
    "PaddingLike",
    "Problem",
    "SizesLike",
    "axis_sizes",
    "fault",
    "prepare",
    "spatial_rank",
]

Array = NDArray[Any]
Pairs = tuple[tuple[int, int], ...]
SizesLike = int | Sequence[int] | NDArray[Any]
PaddingLike = str | int | Sequence[Sequence[int]]

LAYOUTS = {1: "NWC", 2: "NHWC", 3: "NDHWC"}
MODES = ("full", "same", "valid")

ACCUMULATORS = {"float16": "float32", "bfloat16": "float32", "float32": "float32", "float64": "float64"}
"""In which dtype a fast algorithm multiplies and adds; integers not named here use int64 and wrap like it."""


@lru_cache
def _output_sizes(*axes: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(geometry.output_size(*axis) for axis in zip(*axes, strict=True))


@cache
def _accumulator(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(ACCUMULATORS.get(dtype.name, "int64"))


def fault(operation: str, argument: str, expected: str, actual: object, why: str = "") -> ValueError:
    """Return the error that names an argument, what it must be and what it is.

    >>> str(fault("conv2d", "strides", "1 or more", 0))
    'conv2d: strides must be 1 or more, but is 0'
    """
    reason = f" ({why})" if why else ""
    return ValueError(f"{operation}: {argument} must be {expected}, but is {actual}{reason}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One convolution in normal form: channels last, one entry of each parameter for every spatial axis.

    Attributes:
        operation: the name in messages.
        input: (batch, *in_sizes, in_channels).
        filters: (*filter_sizes, in_channels / groups, out_channels).
        strides: input elements per output step, each >= 1.
        dilations: input elements between neighbouring taps, each >= 1.
        padding: `VALID`, `SAME` or (before, after) zeros for every spatial axis.
        groups: independent convolutions side by side; input channels / filters' input channels.
        dtype: of the output.
        channels_first: whether the caller's arrays are NCHW, and the output is to be.
        squeezed: the axes of the output that the caller's shapes do not have.
    """

    operation: str
    input: Array
    filters: Array
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    padding: str | Pairs
    groups: int
    dtype: np.dtype[Any]
    channels_first: bool = False
    squeezed: tuple[int, ...] = ()

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.strides)

    @property
    def in_sizes(self) -> tuple[int, ...]:
        """The input's spatial sizes."""
        return self.input.shape[1:-1]

    @property
    def filter_sizes(self) -> tuple[int, ...]:
        """The filters' spatial sizes."""
        return self.filters.shape[:-2]

    @property
    def pads(self) -> Pairs:
        """The padding as (before, after) zeros for every spatial axis."""
        return geometry.explicit_pads(self.padding, self.in_sizes, self.filter_sizes, self.strides, self.dilations)

    @property
    def out_sizes(self) -> tuple[int, ...]:
        """The output's spatial sizes, by the size formula."""
        return _output_sizes(self.in_sizes, self.filter_sizes, self.strides, self.dilations, self.pads)

    @property
    def accumulator(self) -> np.dtype[Any]:
        """The dtype of products and sums."""
        return _accumulator(self.dtype)

    def padded_input(self) -> Array:
        """Return the input in the accumulator's dtype, zeros around it; read-only, as it may be the input itself."""
        padded = self.input.astype(self.accumulator, copy=False).view()
        if any(map(any, self.pads)):
            padded = framed(self.input, self.pads, self.accumulator)
        padded.flags.writeable = False
        return padded

    def group(self, index: int) -> Problem:
        """Return the convolution of one group alone: its input channels with its filters."""
        depth = self.filters.shape[-2]
        width = self.filters.shape[-1] // self.groups
        return replace(
            self,
            input=self.input[..., index * depth : (index + 1) * depth],
            filters=self.filters[..., index * width : (index + 1) * width],
            groups=1,
        )

    def finish(self, output: Array) -> Array:
        """Return `output`, (batch, *out_sizes, out_channels), in the dtype, layout and rank that the caller expects."""
        output = output.astype(self.dtype, copy=False)
        if self.channels_first:
            output = np.ascontiguousarray(np.moveaxis(output, -1, 1))
        return output.squeeze(self.squeezed)


def prepare(
    operation: str,
    input: ArrayLike,
    filters: ArrayLike,
    strides: SizesLike,
    padding: PaddingLike,
    data_format: str | None,
    dilations: SizesLike,
    name: str = "input",
) -> Problem:
    """Check the arguments of a convolution, and return the problem in normal form.

    Args:
        operation: `conv1d`, `conv2d`, `conv3d`, or what is made of them: the digit is the number of spatial axes.
        input: (batch, *in_sizes, in_channels); without the batch, or without batch and channels, as articles write it.
        filters: (*filter_sizes, in_channels / groups, out_channels); without the output channels, or without both. One
            filter without channels over an input with channels is repeated over them.
        strides: input elements per output step, >= 1: one number, one per spatial axis, or tf.nn's list with 1 for
            batch and channels.
        padding: `VALID`, `SAME`, a number, pairs per spatial axis, pairs for every axis, or NumPy's `full`, `same`,
            `valid`.
        data_format: the channels' place, `NHWC` or `NCHW` (`NWC`, `NDHWC`, … for other ranks).
        dilations: input elements between taps, >= 1, in the forms of `strides`.
        name: what the caller calls `input`, in messages; a transpose convolves its output, for example.

    Raises:
        ValueError: an argument has no meaning; the message names it.
    """
    rank = spatial_rank(operation)
    channels_first = _channels_first(operation, data_format, rank)
    image, window = np.asarray(input), np.asarray(filters)
    _check_rank(operation, name, image, rank)
    _check_rank(operation, "filters", window, rank)
    if channels_first and min(image.ndim, window.ndim) < rank + 2:
        raise fault(
            operation, "data_format", repr(LAYOUTS[rank]), repr(data_format), "shapes without batch or channels"
        )
    squeezed = ((0,) if image.ndim < rank + 2 else ()) + ((rank + 1,) if window.ndim < rank + 2 else ())
    if window.ndim == rank and image.ndim > rank:
        window = np.broadcast_to(window[..., None], (*window.shape, image.shape[-1]))
    image = image.reshape((1,) * (image.ndim < rank + 2) + image.shape + (1,) * (image.ndim == rank))
    window = window.reshape(window.shape + (1,) * (rank + 2 - window.ndim))
    if channels_first:
        image = np.moveaxis(image, 1, -1)
    sizes = axis_sizes(operation, "dilations", dilations, rank, channels_first)
    return Problem(
        operation=operation,
        input=image,
        filters=window,
        strides=axis_sizes(operation, "strides", strides, rank, channels_first),
        dilations=sizes,
        padding=_padding(operation, padding, image.shape[1:-1], window.shape[:-2], sizes, channels_first),
        groups=_groups(operation, image, window, name),
        dtype=np.result_type(image, window),
        channels_first=channels_first,
        squeezed=squeezed,
    )


def spatial_rank(operation: str) -> int:
    """Return the number of spatial axes, the digit in the operation's name.

    >>> spatial_rank("conv3d_transpose"), spatial_rank("depthwise_conv2d")
    (3, 2)
    """
    return int(operation[operation.index("conv") + len("conv")])


def axis_sizes(operation: str, name: str, value: SizesLike, rank: int, channels_first: bool = False) -> tuple[int, ...]:
    """Return strides or dilations as one number >= 1 for every spatial axis.

    >>> axis_sizes("conv2d", "strides", [1, 2, 3, 1], 2)
    (2, 3)
    """
    if type(value) is int and value >= 1:
        return (value,) * rank
    values = list(value) if isinstance(value, Sequence | np.ndarray) else [value] * rank
    whole = all(isinstance(size, int | np.integer) and not isinstance(size, bool) for size in values)
    if whole and len(values) == rank + 2:
        outer = (values[0], values.pop(1 if channels_first else -1))
        values = values[1:] if outer == (1, 1) else []
    if not whole or len(values) != rank or min(values) < 1:
        expected = f"a number >= 1, {rank} of them, or {rank + 2} with 1 for batch and channels"
        raise fault(operation, name, expected, value)
    return tuple(int(size) for size in values)


def _channels_first(operation: str, data_format: str | None, rank: int) -> bool:
    last = LAYOUTS[rank]
    first = f"NC{last[1:-1]}"
    if data_format not in (None, last, first):
        raise fault(operation, "data_format", f"{last!r} or {first!r}", repr(data_format))
    return data_format == first


def _check_rank(operation: str, name: str, array: Array, rank: int) -> None:
    if not rank <= array.ndim <= rank + 2:
        expected = f"an array of {rank} to {rank + 2} axes"
        raise fault(operation, name, expected, f"one of {array.ndim}", f"shape {array.shape}")
    if name == "filters" and 0 in array.shape[:rank]:
        raise fault(operation, name, "at least 1 in every spatial axis", f"of shape {array.shape}")


def _padding(
    operation: str,
    padding: PaddingLike,
    in_sizes: tuple[int, ...],
    filter_sizes: tuple[int, ...],
    dilations: tuple[int, ...],
    channels_first: bool,
) -> str | Pairs:
    rank = len(in_sizes)
    if isinstance(padding, str):
        if padding in ("VALID", "SAME"):
            return padding
        if padding in MODES:
            mode: Literal["full", "same", "valid"] = padding  # type: ignore[assignment]
            axes = zip(in_sizes, filter_sizes, dilations, strict=True)
            return tuple(geometry.numpy_mode_pads(mode, *axis) for axis in axes)
    else:
        pairs = [(padding, padding)] * rank if isinstance(padding, int) else [tuple(pair) for pair in padding]
        if len(pairs) == rank + 2:
            outer = (pairs[0], pairs.pop(1 if channels_first else -1))
            pairs = pairs[1:] if outer == ((0, 0), (0, 0)) else []
        if len(pairs) == rank and all(len(pair) == 2 and min(pair) >= 0 for pair in pairs):
            return tuple((int(before), int(after)) for before, after in pairs)
    expected = f"'VALID', 'SAME', a number >= 0, (before, after) pairs for {rank} or {rank + 2} axes, or one of {MODES}"
    raise fault(operation, "padding", expected, repr(padding))


def _groups(operation: str, image: Array, window: Array, name: str) -> int:
    in_channels, depth, out_channels = image.shape[-1], window.shape[-2], window.shape[-1]
    axis = f"filters.shape[{window.ndim - 2}]"
    if in_channels == depth == 0:
        return 1
    if depth == 0 or in_channels == 0 or in_channels % depth:
        raise fault(operation, axis, f"a divisor of {name}'s {in_channels} channels", depth)
    groups: int = in_channels // depth
    if out_channels % groups:
        why = f"{name} has {in_channels} channels, {axis} is {depth}"
        expected = f"a multiple of groups={groups}"
        raise fault(operation, f"filters.shape[{window.ndim - 1}]", expected, out_channels, why)
    return groups
