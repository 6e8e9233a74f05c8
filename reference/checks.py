"""The checks of a convolution's arguments, one function for each, and the error that all of them raise.

`reference.arguments.prepare` calls them, once for every form of call: nothing here looks at the elements of an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reference import geometry

__all__ = [
    "ACCUMULATORS",
    "LAYOUTS",
    "PaddingLike",
    "Pairs",
    "Shape",
    "SizesLike",
    "accumulator",
    "axis_sizes",
    "check_shape",
    "count_groups",
    "explicit_padding",
    "fault",
    "is_channels_first",
    "named_padding",
    "spatial_rank",
]

Pairs = tuple[tuple[int, int], ...]
Shape = tuple[int, ...]
SizesLike = int | Sequence[int] | NDArray[Any]
PaddingLike = str | int | Sequence[Sequence[int]]

LAYOUTS = {1: "NWC", 2: "NHWC", 3: "NDHWC"}
MODES = ("full", "same", "valid")

ACCUMULATORS = {"float16": "float32", "bfloat16": "float32", "float32": "float32", "float64": "float64"}
"""In which dtype a fast algorithm multiplies and adds; integers and bools use int64 and wrap like it."""


def fault(operation: str, argument: str, expected: str, actual: object, why: str = "") -> ValueError:
    """Return the error that names an argument, what it must be and what it is.

    >>> str(fault("conv2d", "strides", "1 or more", 0))
    'conv2d: strides must be 1 or more, but is 0'
    """
    reason = f" ({why})" if why else ""
    return ValueError(f"{operation}: {argument} must be {expected}, but is {actual}{reason}")


@cache
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


@cache
def accumulator(operation: str, name: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of products and sums of numbers of `dtype`.

    >>> accumulator("conv2d", "input", np.dtype(np.float16)), accumulator("conv2d", "input", np.dtype(np.uint8))
    (dtype('float32'), dtype('int64'))
    """
    if dtype.name not in ACCUMULATORS and dtype.kind not in "iub":
        raise fault(operation, name, f"of {', '.join(ACCUMULATORS)}, integers or bools", f"of {dtype.name}")
    return np.dtype(ACCUMULATORS.get(dtype.name, "int64"))


def is_channels_first(operation: str, data_format: str | None, rank: int) -> bool:
    """Return whether the caller's arrays have their channels before the spatial axes."""
    last = LAYOUTS[rank]
    if data_format is None or data_format == last:
        return False
    first = f"NC{last[1:-1]}"
    if data_format != first:
        raise fault(operation, "data_format", f"{last!r} or {first!r}", repr(data_format))
    return True


def check_shape(operation: str, name: str, shape: Shape, rank: int) -> None:
    """Refuse images and filters of too few or too many axes, and filters without elements."""
    if not rank <= len(shape) <= rank + 2:
        expected = f"an array of {rank} to {rank + 2} axes"
        raise fault(operation, name, expected, f"one of {len(shape)}", f"shape {shape}")
    if name == "filters" and 0 in shape[:rank]:
        raise fault(operation, name, "at least 1 in every spatial axis", f"of shape {shape}")


def explicit_padding(operation: str, padding: PaddingLike, rank: int, channels_first: bool) -> str | Pairs:
    """Return numbers as one (before, after) pair for every spatial axis, and a name as it is."""
    if isinstance(padding, str):
        return padding
    pairs = [(padding, padding)] * rank if isinstance(padding, int) else [tuple(pair) for pair in padding]
    if len(pairs) == rank + 2:
        outer = (pairs[0], pairs.pop(1 if channels_first else -1))
        pairs = pairs[1:] if outer == ((0, 0), (0, 0)) else []
    if len(pairs) != rank or not all(len(pair) == 2 and min(pair) >= 0 for pair in pairs):
        raise _padding_fault(operation, padding, rank)
    return tuple((int(before), int(after)) for before, after in pairs)


def named_padding(
    operation: str, padding: str | Pairs, in_sizes: Shape, filter_sizes: Shape, dilations: Shape
) -> str | Pairs:
    """Return NumPy's modes as pairs; `VALID`, `SAME` and pairs as they are."""
    if not isinstance(padding, str) or padding in ("VALID", "SAME"):
        return padding
    if padding not in MODES:
        raise _padding_fault(operation, padding, len(in_sizes))
    mode: Literal["full", "same", "valid"] = padding  # type: ignore[assignment]
    axes = zip(in_sizes, filter_sizes, dilations, strict=True)
    return tuple(geometry.numpy_mode_pads(mode, *axis) for axis in axes)


def _padding_fault(operation: str, padding: PaddingLike, rank: int) -> ValueError:
    expected = f"'VALID', 'SAME', a number >= 0, (before, after) pairs for {rank} or {rank + 2} axes, or one of {MODES}"
    return fault(operation, "padding", expected, repr(padding))


def count_groups(operation: str, image: Shape, window: Shape, name: str) -> int:
    """Return how many independent convolutions the channels of image and filters, in normal form, stand for."""
    in_channels, depth, out_channels = image[-1], window[-2], window[-1]
    axis = f"filters.shape[{len(window) - 2}]"
    if in_channels == depth == 0:
        return 1
    if depth == 0 or in_channels == 0 or in_channels % depth:
        raise fault(operation, axis, f"a divisor of {name}'s {in_channels} channels", depth)
    groups = in_channels // depth
    if out_channels % groups:
        why = f"{name} has {in_channels} channels, {axis} is {depth}"
        expected = f"a multiple of groups={groups}"
        raise fault(operation, f"filters.shape[{len(window) - 1}]", expected, out_channels, why)
    return groups
