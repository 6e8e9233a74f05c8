"""The public boundary: every argument of a convolution checked once, and brought to one normal form.

Requirements, from which the design follows:

1. One way in for every algorithm and every number of spatial axes, so that an algorithm's file holds its idea and
   nothing else: `problem = prepare(...)`, compute, `return problem.finish(output)`.
2. The call forms of `tf.nn`, and the shorter ones of articles: images without batch or channels, one number for all
   axes, NumPy's padding modes by name.
3. A message that names the operation, the argument, what it must be and what it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference import geometry
from reference.checks import (
    ACCUMULATORS,
    LAYOUTS,
    PaddingLike,
    Pairs,
    Shape,
    SizesLike,
    accumulator,
    axis_sizes,
    check_shape,
    count_groups,
    explicit_padding,
    fault,
    is_channels_first,
    named_padding,
    spatial_rank,
)
from reference.frame import framed
from reference.memory import Memory

__all__ = [
    "ACCUMULATORS",
    "Array",
    "PaddingLike",
    "Pairs",
    "Problem",
    "Shape",
    "SizesLike",
    "accumulator",
    "axis_sizes",
    "fault",
    "prepare",
    "spatial_rank",
]

Array = NDArray[Any]


@lru_cache(maxsize=4096)
def _extents(
    in_sizes: Shape, filter_sizes: Shape, strides: Shape, dilations: Shape, padding: str | Pairs
) -> tuple[Pairs, Shape, bool]:
    """Return the pads and the output's size of every spatial axis, and whether there are any pads."""
    pads = geometry.explicit_pads(padding, in_sizes, filter_sizes, strides, dilations)
    axes = zip(in_sizes, filter_sizes, strides, dilations, pads, strict=True)
    return pads, tuple(geometry.output_size(*axis) for axis in axes), any(map(any, pads))


@dataclass(slots=True)  # not frozen: that would double the time of making one, a microsecond of each call
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
        return self._extents[0]

    @property
    def out_sizes(self) -> tuple[int, ...]:
        """The output's spatial sizes, by the size formula."""
        return self._extents[1]

    @property
    def _extents(self) -> tuple[Pairs, Shape, bool]:
        return _extents(self.input.shape[1:-1], self.filters.shape[:-2], self.strides, self.dilations, self.padding)

    @property
    def accumulator(self) -> np.dtype[Any]:
        """The dtype of products and sums."""
        return accumulator(self.operation, "input", self.dtype)

    def padded_input(self, memory: Memory | None = None) -> Array:
        """Return the input in the accumulator's dtype, zeros around it; read-only, as it may be the input itself.

        Args:
            memory: for the copy, where one is made.
        """
        pads, _, padding = self._extents
        if padding:
            padded = framed(self.input, pads, self.accumulator, memory)
        else:
            padded = self.input.astype(self.accumulator, copy=False).view()
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
    channels_first = is_channels_first(operation, data_format, rank)
    steps = axis_sizes(operation, "strides", strides, rank, channels_first)
    holes = axis_sizes(operation, "dilations", dilations, rank, channels_first)
    pads = explicit_padding(operation, padding, rank, channels_first)
    image, window = np.asarray(input), np.asarray(filters)
    form = _form(operation, name, image.shape, image.dtype, window.shape, window.dtype, holes, pads, data_format)
    if form.repeats:
        window = np.broadcast_to(window[..., None], (*window.shape, form.repeats))
    image = image.reshape(form.image_shape)
    return Problem(
        operation,
        np.moveaxis(image, 1, -1) if channels_first else image,
        window.reshape(form.window_shape),
        steps,
        holes,
        form.padding,
        form.groups,
        form.dtype,
        channels_first,
        form.squeezed,
    )


class _Form(NamedTuple):
    """What shapes and parameters alone decide."""

    image_shape: Shape
    window_shape: Shape
    repeats: int
    padding: str | Pairs
    groups: int
    dtype: np.dtype[Any]
    squeezed: Shape


@lru_cache(maxsize=1024)
def _form(
    operation: str,
    name: str,
    image: Shape,
    image_dtype: np.dtype[Any],
    window: Shape,
    window_dtype: np.dtype[Any],
    dilations: Shape,
    padding: str | Pairs,
    data_format: str | None,
) -> _Form:
    """Check shapes and dtypes, and return the normal form of arrays that have them; remembered for the next call."""
    rank = len(dilations)
    channels_first = is_channels_first(operation, data_format, rank)
    check_shape(operation, name, image, rank)
    check_shape(operation, "filters", window, rank)
    accumulator(operation, name, image_dtype)
    accumulator(operation, "filters", window_dtype)
    if channels_first and min(len(image), len(window)) < rank + 2:
        raise fault(
            operation, "data_format", repr(LAYOUTS[rank]), repr(data_format), "shapes without batch or channels"
        )
    squeezed = ((0,) if len(image) < rank + 2 else ()) + ((rank + 1,) if len(window) < rank + 2 else ())
    repeats = image[-1] if len(window) == rank < len(image) else 0
    window = (*window, repeats) if len(window) == rank < len(image) else window
    image = (1,) * (len(image) < rank + 2) + image + (1,) * (len(image) == rank)
    window += (1,) * (rank + 2 - len(window))
    last = (image[0], *image[2:], image[1]) if channels_first else image
    return _Form(
        image_shape=image,
        window_shape=window,
        repeats=repeats,
        padding=named_padding(operation, padding, last[1:-1], window[:-2], dilations),
        groups=count_groups(operation, last, window, name),
        dtype=np.result_type(image_dtype, window_dtype),
        squeezed=squeezed,
    )
