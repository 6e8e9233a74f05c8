"""From the N-dimensional gradients to the public functions `conv2d_backprop_input`, `conv2d_backprop_filter`, ….

A gradient's file holds `input_gradient(problem, out_backprop)` or `filter_gradient(problem, out_backprop)`, in normal
form. Here is the way from the caller's arrays to that form and back, once for all ranks, layouts and short shapes. An
argument of which only the shape is known, such as `input_sizes`, becomes an array that takes no memory, so that a
gradient is checked by the very rules of its convolution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from reference.arguments import Array, PaddingLike, Problem, SizesLike, fault, prepare, spatial_rank
from reference.operations import Operation

__all__ = [
    "FILTER_GRADIENT",
    "INPUT_GRADIENT",
    "Gradient",
    "Operations",
    "blank",
    "check_output_shape",
    "documented",
    "filter_operations",
    "input_operations",
    "like_filters",
    "like_input",
    "normal_output",
]

Gradient = Callable[[Problem, Array], Array]
"""From a problem and (batch, *out_sizes, out_channels) to the shape of the problem's input, or of its filters."""

Operations = tuple[Operation, Operation, Operation]
"""The same operation for one, two and three spatial axes."""

INPUT_GRADIENT = """Return the gradient of `{convolution}` to its input. {summary}

Args:
    input_sizes: the input's shape, in the layout of `data_format`.
    {filters}: {shape}, any real dtype; not modified.
    out_backprop: what arrives at the output, in the shape that `{convolution}` returns; not modified.
    strides, padding, data_format, dilations: as given to `{convolution}`.

Returns:
    An array of shape `input_sizes` in the dtype of {filters} and out_backprop; shares no memory with them.

Raises:
    ValueError: an argument has no meaning, or the shapes do not belong together; the message names it.
"""

FILTER_GRADIENT = """Return the gradient of `{convolution}` to its filters. {summary}

Args:
    input: as given to `{convolution}`, any real dtype; not modified.
    filter_sizes: the filters' shape, {shape}.
    out_backprop: what arrives at the output, in the shape that `{convolution}` returns; not modified.
    strides, padding, data_format, dilations: as given to `{convolution}`.

Returns:
    An array of shape `filter_sizes` in the dtype of input and out_backprop; shares no memory with them.

Raises:
    ValueError: an argument has no meaning, or the shapes do not belong together; the message names it.
"""

_SHAPE = "(*filter_sizes, in_channels / groups, out_channels)"


def input_operations(input_gradient: Gradient, module: str) -> Operations:
    """Return `conv1d_backprop_input`, `conv2d_…` and `conv3d_…` of `module`, computed by `input_gradient`."""

    def of_rank(rank: int) -> Operation:
        operation = f"conv{rank}d_backprop_input"

        def backprop_input(
            input_sizes: Sequence[int],
            filters: ArrayLike,
            out_backprop: ArrayLike,
            strides: SizesLike = 1,
            padding: PaddingLike = "VALID",
            data_format: str | None = None,
            dilations: SizesLike = 1,
        ) -> Array:
            arriving = np.asarray(out_backprop)
            image = blank(operation, "input_sizes", input_sizes, arriving.dtype)
            problem = prepare(operation, image, filters, strides, padding, data_format, dilations, name="input_sizes")
            gradient = input_gradient(problem, normal_output(problem, "out_backprop", arriving))
            return like_input(problem, gradient, image.shape)

        return documented(
            backprop_input, operation, module, INPUT_GRADIENT, input_gradient, filters="filters", shape=_SHAPE
        )

    return of_rank(1), of_rank(2), of_rank(3)


def filter_operations(filter_gradient: Gradient, module: str) -> Operations:
    """Return `conv1d_backprop_filter`, `conv2d_…` and `conv3d_…` of `module`, computed by `filter_gradient`."""

    def of_rank(rank: int) -> Operation:
        operation = f"conv{rank}d_backprop_filter"

        def backprop_filter(
            input: ArrayLike,
            filter_sizes: Sequence[int],
            out_backprop: ArrayLike,
            strides: SizesLike = 1,
            padding: PaddingLike = "VALID",
            data_format: str | None = None,
            dilations: SizesLike = 1,
        ) -> Array:
            arriving = np.asarray(out_backprop)
            filters = blank(operation, "filter_sizes", filter_sizes, arriving.dtype)
            problem = prepare(operation, input, filters, strides, padding, data_format, dilations)
            gradient = filter_gradient(problem, normal_output(problem, "out_backprop", arriving))
            return like_filters(problem, gradient, filters.shape)

        return documented(backprop_filter, operation, module, FILTER_GRADIENT, filter_gradient, shape=_SHAPE)

    return of_rank(1), of_rank(2), of_rank(3)


def blank(operation: str, name: str, sizes: Sequence[int], dtype: DTypeLike) -> Array:
    """Return an array that stands for one of which only shape and dtype are known; it takes no memory.

    >>> blank("conv2d_backprop_input", "input_sizes", [1, 1000, 1000, 64], "float32").strides
    (0, 0, 0, 0)
    """
    rank = spatial_rank(operation)
    shape = np.asarray(sizes)
    if shape.ndim != 1 or shape.dtype.kind not in "iu" or not rank <= len(shape) <= rank + 2 or shape.min() < 0:
        raise fault(operation, name, f"a shape of {rank} to {rank + 2} numbers >= 0", sizes)
    most = np.iinfo(np.intp).max // np.dtype(dtype).itemsize
    if math.prod(shape.tolist()) > most:
        raise fault(operation, name, f"a shape of at most {most:,} elements", sizes)
    return np.broadcast_to(np.zeros((), dtype), shape.tolist())


def normal_output(problem: Problem, name: str, output: Array) -> Array:
    """Return `output`, the argument `name`, which must be shaped as the convolution's output, in normal form.

    Returns:
        A view (batch, *out_sizes, out_channels).
    """
    check_output_shape(problem, f"{name}.shape", output.shape)
    if problem.channels_first:
        output = np.moveaxis(output, 1, -1)
    return output.reshape(len(problem.input), *problem.out_sizes, problem.filters.shape[-1])


def check_output_shape(problem: Problem, name: str, shape: tuple[int, ...]) -> None:
    """Raise the error that names the argument unless `shape` is that of the output, as the caller sees it."""
    batch, channels = len(problem.input), problem.filters.shape[-1]
    full = (batch, channels, *problem.out_sizes) if problem.channels_first else (batch, *problem.out_sizes, channels)
    expected = tuple(size for axis, size in enumerate(full) if axis not in problem.squeezed)
    if shape != expected:
        image, filters = problem.input.shape, problem.filters.shape
        why = f"the convolution of {image} with filters {filters}, channels last"
        raise fault(problem.operation, name, str(expected), shape, why)


def like_input(problem: Problem, gradient: Array, shape: Sequence[int]) -> Array:
    """Return an input gradient in normal form as the caller has the input: its dtype, layout and `shape`."""
    if problem.channels_first:
        gradient = np.moveaxis(gradient, -1, 1)
    return np.ascontiguousarray(gradient, dtype=problem.dtype).reshape(shape)


def like_filters(problem: Problem, gradient: Array, shape: Sequence[int]) -> Array:
    """Return a filter gradient in normal form as the caller has the filters.

    Filters without channels are repeated over the input's, so their gradient is the sum over these.
    """
    if len(shape) == problem.rank:
        gradient = gradient.sum(axis=-2)
    return np.ascontiguousarray(gradient, dtype=problem.dtype).reshape(shape)


def documented(
    function: Operation, operation: str, module: str, text: str, core: Callable[..., Array], **words: str
) -> Operation:
    """Return `function` as `operation` of `module`.

    Args:
        function: gets the name, the module and the docstring.
        operation: its name.
        module: where it can be imported from.
        text: the docstring, with `words`, `{summary}` and `{convolution}`, of which it is a gradient, to fill in.
        core: computes; the first line of its docstring is the summary.
        words: by the names in `text`.
    """
    function.__name__ = function.__qualname__ = operation
    function.__module__ = module
    summary = (core.__doc__ or "").split("\n", 1)[0]
    function.__doc__ = text.format(convolution=operation.split("_backprop")[0], summary=summary, **words)
    return function
