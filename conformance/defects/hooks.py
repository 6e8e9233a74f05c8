"""What defects are put together from: changes of one thing, and reading at wrong places, forward and backward.

Most mistakes read the right numbers at the wrong places. Along one axis that is an index, as of `ndarray.take`, with -1
where nothing is read. A gradient with the same mistake writes to the places that the convolution reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import TypedDict

import numpy as np

from conformance.case import Kind, Pads, Shape
from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Change, Compute, Finish
from conformance.defects.operands import on_operands
from conformance.defects.steps import contract, fitted, places

__all__ = [
    "Hooks",
    "Index",
    "arriving_changed",
    "dilations",
    "every_stride",
    "explicit",
    "filters_changed",
    "flat",
    "input_changed",
    "last",
    "less_last",
    "nothing_where",
    "out_sizes",
    "pads",
    "pairwise",
    "reading",
    "reverse",
    "same",
    "shift",
    "strides",
    "tables",
    "when",
]

Index = Callable[[int, Call], Array]
"""Given the size of an axis, where each of its elements is read: -1 for a zero."""


class Hooks(TypedDict, total=False):
    """Hooks of a `Defect` that belong together, to be written `**reading(…)`."""

    asked: Change
    summed: Finish
    finished: Finish


def explicit(call: Call) -> bool:
    """Tell whether the padding is given in numbers."""
    return not isinstance(call.padding, str)


def same(call: Call) -> bool:
    """Tell whether the padding is SAME."""
    return call.padding == "SAME"


def when(condition: Callable[[Call], bool], change: Change) -> Change:
    """Return the change where `condition` holds, and none elsewhere."""
    return lambda call: change(call) if condition(call) else call


def strides(change: Callable[[Shape], Shape]) -> Change:
    """Return the change of the strides, as `asked` with the output's sizes, as `sized` without them."""
    return lambda call: replace(call, strides=change(call.strides))


def every_stride(change: Callable[[int], int]) -> Change:
    """Return the change of each stride by itself, as `strides`."""
    return strides(lambda steps: tuple(map(change, steps)))


def dilations(change: Callable[[Shape], Shape]) -> Change:
    """Return the change of the dilations, as `asked` with the output's sizes, as `sized` without them."""
    return lambda call: replace(call, dilations=change(call.dilations))


def pads(change: Callable[[Pads], Pads]) -> Change:
    """Return the change of the pads, as `padded` with the output's sizes, as `sized` without them."""
    return lambda call: replace(call, pads=change(call.pads))


def pairwise(change: Callable[[int, int], tuple[int, int]]) -> Change:
    """Return the change of every axis's (before, after) pads."""
    return pads(lambda pairs: tuple(change(*pair) for pair in pairs))


def out_sizes(change: Callable[[Call], Shape]) -> Change:
    """Return the change of the output's sizes, for `sized`."""
    return lambda call: replace(call, out_sizes=change(call))


def tables(change: Callable[[Array, int], Array]) -> Change:
    """Return the change of what is met on every axis, for `tabled`.

    Args:
        change: given the (out_size, taps) places, counted without end to both sides, and the size of the axis; returns
            elements, and -1 for padding.
    """

    def changed(call: Call) -> Call:
        met = zip(places(call), call.in_sizes, strict=True)
        return replace(call, tables=tuple(change(*axis) for axis in met))

    return changed


def reading(part: str, axis: str, index: Index) -> Hooks:
    """Return the hooks by which `part` is read, or written, at the places that `index` gives.

    Args:
        part: `input`, `filters` or `output`.
        axis: `height`, `width` or `every` spatial one; `batch`; `channels`; of filters also `depth`, their input
            channels. An axis that the operation does not have stays as it is.
        index: the places along the axis.
    """
    taken, given_back = _by_index(part, axis, index, _take), _by_index(part, axis, index, _give_back)
    if part == "output":
        return {"asked": arriving_changed(taken), "finished": lambda *result: _if_forward(taken, *result)}
    if part == "input":
        return {"asked": input_changed(taken), "summed": lambda *result: _if_input(given_back, *result)}
    return {"asked": filters_changed(taken), "summed": lambda *result: _if_filters(given_back, *result)}


def input_changed(change: Finish) -> Change:
    """Return the change of the input's numbers where there is an input."""
    return on_operands(change, "input")


def filters_changed(change: Finish) -> Change:
    """Return the change of the filters' numbers where there are filters."""
    return on_operands(change, "filters")


def arriving_changed(change: Finish) -> Change:
    """Return the change of the numbers that go back through the convolution, where there are any."""
    return on_operands(change, "arriving")


def _if_forward(change: Finish, result: Array, call: Call) -> Array:
    return change(result, call) if call.kind is Kind.FORWARD else result


def _if_input(change: Finish, result: Array, call: Call) -> Array:
    return change(result, call) if call.input is None else result


def _if_filters(change: Finish, result: Array, call: Call) -> Array:
    return change(result, call) if call.filters is None else result


def _by_index(part: str, axis: str, index: Index, step: Callable[[Array, Array, int], Array]) -> Finish:
    def changed(array: Array, call: Call) -> Array:
        for place in _axes(part, axis, call.rank):
            array = step(array, index(array.shape[place], call), place)
        return array

    return changed


def _axes(part: str, axis: str, rank: int) -> list[int]:
    first = 0 if part == "filters" else 1
    spatial = list(range(first, first + rank))
    places = {"every": spatial, "height": spatial[:-1][-1:], "width": spatial[-1:], "channels": [first + rank]}
    return (places | {"batch": [0]} | ({"depth": [rank], "channels": [rank + 1]} if part == "filters" else {}))[axis]


def _take(array: Array, index: Array, axis: int) -> Array:
    nothing = np.zeros((*array.shape[:axis], 1, *array.shape[axis + 1 :]), array.dtype)
    return np.concatenate([array, nothing], axis).take(index, axis)


def _give_back(array: Array, index: Array, axis: int) -> Array:
    """Return the adjoint of `_take`: what each place was read for, summed."""
    moved = np.moveaxis(array, axis, 0)
    result = np.zeros((len(moved) + 1, *moved.shape[1:]), array.dtype)
    np.add.at(result, index, moved)
    given_back: Array = np.moveaxis(result[:-1], 0, axis)
    return given_back


def reverse(size: int, _: Call) -> Array:
    """Give the places in reverse order."""
    return np.arange(size)[::-1]


def last(size: int, _: Call) -> Array:
    """Give the last place for all."""
    return np.full(size, size - 1)


def less_last(size: int, _: Call) -> Array:
    """Give every place but the last, which is a zero."""
    places = np.arange(size)
    return np.where(places == size - 1, -1, places)


def shift(by: int) -> Index:
    """Return the index that gives the place `by` further, and zeros beyond the end."""

    def index(size: int, _: Call) -> Array:
        places = np.arange(size) + by
        return np.where((places >= 0) & (places < size), places, -1)

    return index


def nothing_where(missing: Callable[[Array, int], Array]) -> Index:
    """Return the index that gives every place but those that `missing` marks, given all places and their number."""
    return lambda size, _: np.where(missing(np.arange(size), size), -1, np.arange(size))


def flat(find: Callable[[list[Array], Call], Array]) -> Compute:
    """Return a contraction by one table for all axes and the whole batch, as of kernels that add up flat addresses.

    Args:
        find: given the image's index and the unbounded places of every axis, shaped to be broadcast against each other
            as (batch, *out_sizes, *taps); returns the flat pixel of the batch that each tap meets, -1 for padding.
    """

    def contracted(call: Call) -> Array:
        rank, images = call.rank, call.batch
        met = [np.arange(images).reshape(-1, *[1] * 2 * rank)]
        for axis, places_of_axis in enumerate(places(call)):
            shape = [1] * (1 + 2 * rank)
            shape[1 + axis], shape[1 + rank + axis] = places_of_axis.shape
            met.append(places_of_axis.reshape(shape))
        pixels = np.broadcast_to(find(met, call), (images, *call.out_sizes, *call.taps))
        return _in_one_dimension(call, pixels.reshape(images * prod(call.out_sizes), prod(call.taps)))

    return contracted


def _in_one_dimension(call: Call, pixels: Array) -> Array:
    """Contract as a 1-D call whose only axis holds all pixels of the batch."""
    size, filters_shape = call.batch * prod(call.in_sizes), (prod(call.taps), call.depth, call.out_channels)
    result = contract(
        replace(
            call,
            image_shape=(1, size, call.in_channels),
            filters_shape=filters_shape,
            input=None if call.input is None else call.input.reshape(1, size, call.in_channels),
            filters=None if call.filters is None else call.filters.reshape(filters_shape),
            arriving=None if call.arriving is None else fitted(call).reshape(1, len(pixels), call.out_channels),
            strides=(1,),
            out_sizes=(len(pixels),),
            tables=(pixels,),
        )
    )
    forward = (call.batch, *call.out_sizes, call.out_channels)
    shapes = {Kind.FORWARD: forward, Kind.FILTER_GRADIENT: call.filters_shape}
    return result.reshape(shapes.get(call.kind, call.image_shape))
