"""Mistakes of convolutions in one and in three dimensions, which two dimensions do not show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from conformance.case import Operation
from conformance.data import Array
from conformance.defects import axes
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect, Finish
from conformance.defects.operands import altered, forward, has_image, on_operands

__all__ = ["DEFECTS"]


def _one(operation: Operation) -> bool:
    return operation.rank == 1


def _three(operation: Operation) -> bool:
    return operation.rank == 3


def _one_forward(operation: Operation) -> bool:
    return _one(operation) and forward(operation)


def _three_forward(operation: Operation) -> bool:
    return _three(operation) and forward(operation)


def _image_of_other_rank(operation: Operation) -> bool:
    return operation.rank != 2 and has_image(operation)


def _depth_of(name: str, change: Callable[[Call], object]) -> Change:
    """Return the change of a parameter's entry for the depth."""
    return lambda call: altered(call, **{name: (change(call), *getattr(call, name)[1:])})


def _reordered(name: str, *order: int) -> Change:
    """Return the change that takes a parameter's entries in another order."""
    return lambda call: altered(call, **{name: tuple(getattr(call, name)[axis] for axis in order)})


def _constant(name: str, value: object) -> Change:
    return lambda call: altered(call, **{name: (value,) * call.rank})


def _images(change: Callable[[Array], Array]) -> Change:
    """Return the change of what has a batch, an image and channels: the input, and what arrives."""
    return on_operands(lambda part, call: change(part), "input", "arriving")


def _filters(change: Callable[[Array], Array]) -> Change:
    return on_operands(lambda part, call: change(part), "filters")


def _only_slice(place: Callable[[int], int]) -> Change:
    """Return the change that keeps one slice of the filters along the depth."""

    def kept(filters: Array) -> Array:
        chosen = np.arange(len(filters)) == place(len(filters))
        return np.where(chosen.reshape(-1, *(1,) * (filters.ndim - 1)), filters, 0)

    return _filters(kept)


def _last_slice_lost(output: Array, call: Call) -> Array:
    result = output.copy()
    result[:, -1:] = 0
    return result


def _first_slice_only(output: Array, call: Call) -> Array:
    return np.repeat(output[:, :1], output.shape[1], axis=1)


def _without_sizes_of_one(output: Array, call: Call) -> Array:
    """Drop spatial axes of size 1."""
    ones = tuple(axis for axis in range(1, output.ndim - 1) if output.shape[axis] == 1)
    return np.squeeze(output, ones)


def _with_height(output: Array, call: Call) -> Array:
    return output[:, None]


def _without_channels_of_one(output: Array, call: Call) -> Array:
    return output[..., 0] if output.shape[-1] == 1 else output


def _named(
    group: str,
    operations: Callable[[Operation], bool],
    changes: tuple[tuple[str, str, Change], ...],
    size: bool = False,
) -> tuple[Defect, ...]:
    """Return defects that change what was asked, or, where the output has the right `size`, what is met there."""
    if size:
        return tuple(Defect(name, group, mistake, operations, sized=change) for name, mistake, change in changes)
    return tuple(Defect(name, group, mistake, operations, asked=change) for name, mistake, change in changes)


def _returned(
    group: str, changes: tuple[tuple[str, str, Callable[[Operation], bool], Finish], ...]
) -> tuple[Defect, ...]:
    return tuple(Defect(name, group, mistake, where, finished=change) for name, mistake, where, change in changes)


_ONE = _named(
    "one dimension",
    _one,
    (
        ("one-unstrided", "ignores the stride in one dimension", _constant("strides", 1)),
        ("one-undilated", "ignores the dilation in one dimension", _constant("dilations", 1)),
        ("one-unpadded", "ignores the padding in one dimension", lambda call: replace(call, padding="VALID")),
        ("one-flipped", "flips the filter in one dimension", _filters(lambda part: axes.flipped(part, (0,)))),
        (
            "one-channels-first",
            "reads sequences as (batch, channels, width) in one dimension",
            _images(lambda part: axes.read_as(part, 1, 2)),
        ),
        (
            "one-filters-channels-first",
            "reads filters as (channels, width, filters) in one dimension",
            _filters(lambda part: axes.read_as(part, 0, 1)),
        ),
        ("one-reversed", "reads sequences backwards in one dimension", _images(lambda part: axes.flipped(part, (1,)))),
        (
            "one-batch-as-height",
            "reads sequences as (width, batch, channels) in one dimension",
            _images(lambda part: axes.read_as(part, 0, 1)),
        ),
    ),
) + _named(
    "one dimension",
    _one,
    (
        ("one-dense", "moves on by 1 whatever the stride, in one dimension", _constant("strides", 1)),
        (
            "one-padded-behind",
            "puts all padding behind the sequence in one dimension",
            axes.believing_before(lambda before, after, field, step, left: 0),
        ),
        (
            "one-padded-first",
            "puts all padding before the sequence in one dimension",
            axes.believing_before(lambda before, after, field, step, left: before + after),
        ),
        ("one-exchanged", "exchanges stride and dilation in one dimension", axes.exchanged),
    ),
    size=True,
)

_THREE = _named(
    "depth",
    _three,
    (
        (
            "depth-stride-of-height",
            "takes the height's stride for the depth",
            _depth_of("strides", lambda call: call.strides[1]),
        ),
        ("depth-unstrided", "ignores the depth's stride", _depth_of("strides", lambda call: 1)),
        (
            "depth-dilation-of-height",
            "takes the height's dilation for the depth",
            _depth_of("dilations", lambda call: call.dilations[1]),
        ),
        ("depth-undilated", "ignores the depth's dilation", _depth_of("dilations", lambda call: 1)),
        ("depth-reversed", "reads the depth backwards", _images(lambda part: axes.flipped(part, (1,)))),
        ("depth-filter-flipped", "flips the filters along the depth", _filters(lambda part: axes.flipped(part, (0,)))),
        ("depth-first-slice", "uses the first slice of the filters along the depth only", _only_slice(lambda size: 0)),
        (
            "depth-middle-slice",
            "uses the middle slice of the filters along the depth only",
            _only_slice(lambda size: size // 2),
        ),
        (
            "depth-last-slice",
            "leaves the last slice of the filters along the depth out",
            _filters(lambda part: np.concatenate([part[:-1], 0 * part[-1:]]) if len(part) > 1 else part),
        ),
        (
            "depth-filters-summed",
            "uses the filters' sum over the depth for each slice",
            _filters(lambda part: np.repeat(part.sum(axis=0, keepdims=True), len(part), axis=0)),
        ),
        (
            "depth-one-slice-for-all",
            "reads the first slice of the depth for all slices",
            _images(lambda part: np.repeat(part[:, :1], part.shape[1], axis=1)),
        ),
        (
            "depth-as-channels",
            "reads depth and channels in the other order",
            _images(lambda part: axes.read_as(part, 1, 4)),
        ),
        ("depth-as-width", "reads depth and width in the other order", _images(lambda part: axes.read_as(part, 1, 3))),
        (
            "depth-as-height",
            "reads depth and height in the other order",
            _images(lambda part: axes.read_as(part, 1, 2)),
        ),
        ("depth-as-batch", "reads batch and depth in the other order", _images(lambda part: axes.read_as(part, 0, 1))),
        (
            "depth-filters-as-width",
            "reads the filters' depth and width in the other order",
            _filters(lambda part: axes.read_as(part, 0, 2)),
        ),
        (
            "three-strides-reversed",
            "takes three strides in the order width, height, depth",
            _reordered("strides", 2, 1, 0),
        ),
        (
            "three-strides-hw",
            "swaps the strides of height and width in three dimensions",
            _reordered("strides", 0, 2, 1),
        ),
        (
            "three-dilations-reversed",
            "takes three dilations in the order width, height, depth",
            _reordered("dilations", 2, 1, 0),
        ),
        ("three-dilations-dh", "swaps the dilations of depth and height", _reordered("dilations", 1, 0, 2)),
    ),
) + _named(
    "depth",
    _three,
    (
        (
            "depth-padding-of-height",
            "takes the height's padding for the depth",
            _depth_of("pads", lambda call: call.pads[1]),
        ),
        ("depth-unpadded", "ignores the depth's padding", _depth_of("pads", lambda call: (0, 0))),
        (
            "depth-padded-first",
            "puts the depth's odd padding in front",
            _depth_of("pads", lambda call: call.pads[0][::-1]),
        ),
        ("three-padding-reversed", "takes three pads in the order width, height, depth", _reordered("pads", 2, 1, 0)),
        (
            "depth-moves-with-height",
            "moves on along the depth by the height's stride",
            _depth_of("strides", lambda call: call.strides[1]),
        ),
        ("three-dense", "moves on by 1 whatever the strides in three dimensions", _constant("strides", 1)),
        ("three-undilated", "ignores the dilations in three dimensions", _constant("dilations", 1)),
    ),
    size=True,
)

_RESULTS = _returned(
    "rank of the result",
    (
        (
            "depth-result-last-lost",
            "leaves the last slice of the result along the depth 0",
            _three_forward,
            _last_slice_lost,
        ),
        (
            "depth-result-first-only",
            "gives the first slice of the result for the whole depth",
            _three_forward,
            _first_slice_only,
        ),
        (
            "result-sizes-of-one",
            "drops axes of size 1 from the result in one and three dimensions",
            _image_of_other_rank,
            _without_sizes_of_one,
        ),
        ("one-with-height", "returns a height of 1 beside the width in one dimension", _one_forward, _with_height),
        (
            "result-one-channel",
            "drops the channels of the result where there is one, in one and three dimensions",
            _image_of_other_rank,
            _without_channels_of_one,
        ),
    ),
)

DEFECTS: tuple[Defect, ...] = (*_ONE, *_THREE, *_RESULTS)
