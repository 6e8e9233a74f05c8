"""The steps of a right convolution, forward and backward, which a defect replaces one of.

    pads → sizes → tables → contract → add the bias

The tables make it slower than any algorithm of `reference`, and general: whatever element a mistaken kernel reads can
be written into them.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from conformance.case import Kind
from conformance.data import Array
from conformance.defects.call import Call
from reference.geometry import explicit_pads, output_size

__all__ = ["add_bias", "columns", "contract", "find_pads", "find_sizes", "find_tables", "fitted", "places"]


def find_pads(call: Call) -> Call:
    """Return the call with `pads`: what its padding comes to on every side."""
    return replace(call, pads=explicit_pads(call.padding, call.in_sizes, call.taps, call.strides, call.dilations))


def find_sizes(call: Call) -> Call:
    """Return the call with `out_sizes`, by the size formula."""
    axes = zip(call.in_sizes, call.taps, call.strides, call.dilations, call.pads, strict=True)
    return replace(call, out_sizes=tuple(output_size(*axis) for axis in axes))


def find_tables(call: Call) -> Call:
    """Return the call with `tables`: which element each tap meets at each output position."""
    met = zip(places(call), call.in_sizes, strict=True)
    return replace(call, tables=tuple(np.where((axis >= 0) & (axis < size), axis, -1) for axis, size in met))


def places(call: Call) -> list[Array]:
    """Return what `tables` become, with the places before and after the input that they have -1 for."""
    axes = zip(call.out_sizes, call.taps, call.strides, call.dilations, call.pads, strict=True)
    return [_places(out, taps, step, hole, pads[0]) for out, taps, step, hole, pads in axes]


def _places(out_size: int, taps: int, stride: int, dilation: int, before: int) -> Array:
    """Return where each tap lies at each output position, counted from the input's first element.

    >>> _places(out_size=3, taps=3, stride=2, dilation=1, before=1)
    array([[-1,  0,  1],
           [ 1,  2,  3],
           [ 3,  4,  5]])
    """
    met: Array = np.arange(out_size)[:, None] * stride + np.arange(taps) * dilation - before
    return met


def columns(call: Call) -> Array:
    """Return what every window sees: (batch, *out_sizes, *taps, in_channels), zeros where a tap meets none."""
    assert call.input is not None
    seen, rank = call.input, call.rank
    for axis, met in enumerate(call.tables):
        place = 1 + 2 * axis
        nothing = np.zeros((*seen.shape[:place], 1, *seen.shape[place + 1 :]), seen.dtype)
        seen = np.concatenate([seen, nothing], axis=place).take(met, axis=place)
    outputs, taps = range(1, 2 * rank + 1, 2), range(2, 2 * rank + 1, 2)
    return seen.transpose(0, *outputs, *taps, 2 * rank + 1)


def contract(call: Call) -> Array:
    """Return the map of the convolution that the call asks for, by its tables, without a bias.

    Returns:
        (batch, *out_sizes, out_channels), or the shape of the convolution's input or filters for their gradients.
    """
    if call.kind is Kind.FORWARD:
        return _forward(call)
    return _filter_gradient(call) if call.kind is Kind.FILTER_GRADIENT else _input_gradient(call)


@np.errstate(invalid="ignore", over="ignore")
def _forward(call: Call) -> Array:
    assert call.input is not None and call.filters is not None
    output = np.moveaxis(_rows(call) @ _matrices(call, call.filters), 0, 1)
    return output.reshape(len(call.input), *call.out_sizes, call.filters.shape[-1])


@np.errstate(invalid="ignore", over="ignore")
def _filter_gradient(call: Call) -> Array:
    rows, arriving = _rows(call), _arriving_rows(call)
    gradient = rows.swapaxes(1, 2) @ arriving
    return np.moveaxis(gradient, 0, 1).reshape(call.filters_shape)


@np.errstate(invalid="ignore", over="ignore")
def _input_gradient(call: Call) -> Array:
    assert call.filters is not None
    spread = _arriving_rows(call) @ _matrices(call, call.filters).swapaxes(1, 2)
    groups, depth, positions = call.groups, call.depth, prod(call.out_sizes) * prod(call.taps)
    spread = spread.reshape(groups, call.batch, positions, depth)
    gradient = np.zeros((groups, call.batch, prod(call.in_sizes) + 1, depth), spread.dtype)
    np.add.at(np.moveaxis(gradient, 2, 0), _met(call), np.moveaxis(spread, 2, 0))
    return np.moveaxis(gradient[:, :, :-1], 0, 2).reshape(call.image_shape)


def _met(call: Call) -> Array:
    """Return the flat input element of every output position and tap, one past the last where there is none."""
    rank = call.rank
    flat, outside = np.zeros((1,) * 2 * rank, int), np.zeros((1,) * 2 * rank, bool)
    for axis, (met, size) in enumerate(zip(call.tables, call.in_sizes, strict=True)):
        shape = [1] * 2 * rank
        shape[axis], shape[rank + axis] = met.shape
        flat, outside = flat * size + met.reshape(shape), outside | (met.reshape(shape) < 0)
    return np.where(outside, prod(call.in_sizes), flat).ravel()


def _rows(call: Call) -> Array:
    """Return the windows of every group as the rows of a matrix, (groups, windows, taps · depth)."""
    seen = columns(call)
    windows, taps = prod(seen.shape[: call.rank + 1]), prod(call.taps)
    return np.moveaxis(seen.reshape(windows, taps, call.groups, call.depth), 2, 0).reshape(
        call.groups, windows, taps * call.depth
    )


def _matrices(call: Call, filters: Array) -> Array:
    """Return the filters of every group as the columns of a matrix, (groups, taps · depth, filters)."""
    width = filters.shape[-1] // call.groups
    return np.moveaxis(filters.reshape(prod(filters.shape[:-1]), call.groups, width), 1, 0)


def _arriving_rows(call: Call) -> Array:
    """Return what arrives at the outputs of every group, (groups, windows, filters)."""
    arriving = fitted(call)
    positions, width = prod(arriving.shape[:-1]), arriving.shape[-1] // call.groups
    return np.moveaxis(arriving.reshape(positions, call.groups, width), 1, 0)


def fitted(call: Call) -> Array:
    """Return what arrives, cut or filled up with zeros to the sizes that the call believes in."""
    assert call.arriving is not None
    arriving = call.arriving
    result = np.zeros((len(arriving), *call.out_sizes, arriving.shape[-1]), arriving.dtype)
    place = tuple(slice(0, min(sizes)) for sizes in zip(arriving.shape[1:-1], call.out_sizes, strict=True))
    result[(slice(None), *place)] = arriving[(slice(None), *place)]
    return result


def add_bias(output: Array, call: Call) -> Array:
    """Return the output with the bias added to its channels, if there is one."""
    return output if call.bias is None else output + call.bias
