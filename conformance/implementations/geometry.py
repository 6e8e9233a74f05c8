"""The parameters of a convolution, an entry for every spatial axis, from a call in the form of tf.nn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.case import Operation
from reference.geometry import explicit_pads

__all__ = ["Geometry", "geometry_of", "given_beside"]


@dataclass(frozen=True, slots=True)
class Geometry:
    """The parameters of a convolution, one entry for every spatial axis; of a transpose, those of what is transposed.

    Attributes:
        strides: input elements per output step.
        pads: (before, after) zeros round the input.
        dilations: input elements between neighbouring taps.
        groups: convolutions side by side.
        channels_first: whether the images handed over and expected back are NCHW, not NHWC.
        padding: `VALID`, `SAME` or `EXPLICIT`, as it was written; `pads` holds for all three.
    """

    strides: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    dilations: tuple[int, ...]
    groups: int
    channels_first: bool
    padding: str

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.strides)

    @property
    def is_symmetric(self) -> bool:
        """Whether every axis has as many zeros before as after."""
        return all(before == after for before, after in self.pads)


def geometry_of(
    operation: Operation,
    large: tuple[int, ...],
    filters: tuple[int, ...],
    strides: Any,
    padding: Any,
    data_format: str,
    dilations: Any,
) -> Geometry:
    """Return the parameters of a call in the form of tf.nn.

    Args:
        operation: which is called.
        large: the shape of the larger image: the input of a convolution, the output of a transpose.
        filters: the shape of the filters, as tf.nn takes them.
        strides: a number, one for every spatial axis, or one for every axis; `dilations` likewise.
        padding: `VALID`, `SAME`, or a pair for every axis.
        data_format: of the images.
        dilations: see `strides`.

    Raises:
        NotImplementedError: a framework cannot be asked that: what is wrong would be lost on the way to it.

    >>> geometry_of(Operation.CONV2D, (2, 7, 9, 6), (3, 3, 2, 4), [1, 2, 1, 1], "SAME", "NHWC", 1).pads
    ((1, 1), (1, 1))
    """
    _check_askable(operation, padding, data_format)
    rank, channels_first = operation.rank, data_format == operation.data_formats[1]
    spatial = slice(2, None) if channels_first else slice(1, -1)
    beside = given_beside({"strides": strides, "dilations": dilations, "padding": padding}, rank, channels_first)
    if beside:
        raise NotImplementedError(f"there is no asking for {beside}")
    steps, holes = (_by_axis(sizes, rank, spatial) for sizes in (strides, dilations))
    named = padding if isinstance(padding, str) else tuple((int(low), int(high)) for low, high in padding[spatial])
    pads = explicit_pads(named, large[spatial], filters[:-2], steps, holes)
    channels = large[1 if channels_first else -1]
    if operation.is_depthwise and channels != filters[-2]:
        raise NotImplementedError(f"groups are one a channel: no asking for filters of {filters[-2]} on {channels}")
    groups = channels if operation.is_depthwise else channels // max(filters[-2], 1)
    written = padding if isinstance(padding, str) else "EXPLICIT"
    return Geometry(steps, pads, holes, max(groups, 1), channels_first, written)


def _check_askable(operation: Operation, padding: Any, data_format: str) -> None:
    """Refuse what would be lost, or taken for something else, on the way to the parameters of a framework.

    What a framework can be asked without meaning, such as a stride of 0, it must refuse itself.
    """
    if data_format not in operation.data_formats:
        raise NotImplementedError(f"there is no asking for a data_format of {data_format!r}")
    is_word = isinstance(padding, str)
    if (padding not in ("VALID", "SAME")) if is_word else len(padding) != operation.rank + 2:
        raise NotImplementedError(f"there is no asking for a padding of {padding!r} in {operation.rank} dimensions")


def given_beside(arguments: Mapping[str, Any], rank: int, channels_first: bool) -> str:
    """Return what arguments give for batch and channels, in words; nothing where that is 1, and no padding.

    Args:
        arguments: by the names of tf.nn.
        rank: the number of spatial axes.
        channels_first: whether the lists for all axes have the channels before these.

    >>> given_beside({"strides": [2, 1, 1, 1], "padding": "SAME"}, rank=2, channels_first=False)
    'strides of batch and channels, [2, 1]'
    """
    places = (0, 1 if channels_first else rank + 1)
    for name, other in (("stride", 1), ("strides", 1), ("dilations", 1), ("padding", [0, 0])):
        values = arguments.get(name, 1)
        if isinstance(values, str | int) or len(values) != rank + 2:
            continue
        given = [values[place] if other == 1 else list(values[place]) for place in places]
        if given != [other, other]:
            return f"{name} of batch and channels, {given}"
    return ""


def _by_axis(sizes: Any, rank: int, spatial: slice) -> tuple[int, ...]:
    """Return strides or dilations for the spatial axes, from a number, one for each, or one for every axis."""
    values = [sizes] * rank if isinstance(sizes, int) else list(sizes)
    return tuple(int(size) for size in (values if len(values) == rank else values[spatial]))
