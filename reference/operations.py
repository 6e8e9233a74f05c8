"""From one N-dimensional core to the public functions `conv1d`, `conv2d` and `conv3d`.

An algorithm's file holds `convolve(problem)` and the line `conv1d, conv2d, conv3d = operations(convolve)`. Checking the
arguments, layouts and short shapes is done here, once, in the same way for all.
"""

from __future__ import annotations

from collections.abc import Callable

from numpy.typing import ArrayLike

from reference.arguments import Array, PaddingLike, Problem, SizesLike, prepare

__all__ = ["Operation", "operations"]

Operation = Callable[..., Array]

_DOCSTRING = """Convolve {images} with filters. {summary}

Args:
    input: (batch, {sizes}, in_channels), any real dtype; not modified.
    filters: ({windows}, in_channels / groups, out_channels); not modified.
    {strides}: {axes}, input elements per output step, each >= 1.
    padding: `VALID`, `SAME`, a number, or (before, after) pairs; see `reference.arguments.prepare`.
    data_format: {formats}.
    dilations: {axes}, input elements between neighbouring taps, each >= 1.

Returns:
    (batch, {outputs}, out_channels) in the inputs' dtype; shares no memory with them.

Raises:
    ValueError: an argument has no meaning; the message names it.
"""


def operations(convolve: Callable[[Problem], Array]) -> tuple[Operation, Operation, Operation]:
    """Return `conv1d`, `conv2d` and `conv3d` with the call forms of `tf.nn`, computed by `convolve`.

    Args:
        convolve: takes a problem in normal form, returns (batch, *out_sizes, out_channels). The first line of its
            docstring tells how it computes.
    """

    def run(
        operation: str,
        input: ArrayLike,
        filters: ArrayLike,
        strides: SizesLike,
        padding: PaddingLike,
        data_format: str | None,
        dilations: SizesLike,
    ) -> Array:
        problem = prepare(operation, input, filters, strides, padding, data_format, dilations)
        return problem.finish(convolve(problem))

    def conv1d(
        input: ArrayLike,
        filters: ArrayLike,
        stride: SizesLike = 1,
        padding: PaddingLike = "VALID",
        data_format: str | None = "NWC",
        dilations: SizesLike = 1,
    ) -> Array:
        return run("conv1d", input, filters, stride, padding, data_format, dilations)

    def conv2d(
        input: ArrayLike,
        filters: ArrayLike,
        strides: SizesLike = 1,
        padding: PaddingLike = "VALID",
        data_format: str | None = "NHWC",
        dilations: SizesLike = 1,
    ) -> Array:
        return run("conv2d", input, filters, strides, padding, data_format, dilations)

    def conv3d(
        input: ArrayLike,
        filters: ArrayLike,
        strides: SizesLike = 1,
        padding: PaddingLike = "VALID",
        data_format: str | None = "NDHWC",
        dilations: SizesLike = 1,
    ) -> Array:
        return run("conv3d", input, filters, strides, padding, data_format, dilations)

    return _document(conv1d, convolve, 1), _document(conv2d, convolve, 2), _document(conv3d, convolve, 3)


def _document(operation: Operation, convolve: Callable[[Problem], Array], rank: int) -> Operation:
    """Return `operation` with a docstring of its own, as a function of the algorithm's module."""
    axes = ["depth", "height", "width"][3 - rank :]
    operation.__doc__ = _DOCSTRING.format(
        images=["sequences", "images", "volumes"][rank - 1],
        summary=(convolve.__doc__ or "").split("\n", 1)[0],
        sizes=", ".join(f"in_{axis}" for axis in axes),
        windows=", ".join(f"filter_{axis}" for axis in axes),
        strides="stride" if rank == 1 else "strides",
        axes={1: "a number", 2: "(vertical, horizontal)", 3: "(depth, vertical, horizontal)"}[rank],
        formats={1: "`NWC` or `NCW`", 2: "`NHWC` or `NCHW`", 3: "`NDHWC` or `NCDHW`"}[rank],
        outputs=", ".join(f"out_{axis}" for axis in axes),
    )
    operation.__module__ = convolve.__module__
    operation.__qualname__ = operation.__name__
    return operation
