"""Mistakes where work is shared out: among threads, tiles and parts of a filter, each of which must see its borders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from conformance.case import Pads
from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Defect
from conformance.defects.hooks import explicit, pads, when
from conformance.defects.operands import filter_gradient, forward, has_image, spreading
from conformance.defects.steps import contract, places

__all__ = ["DEFECTS"]

_SHARES, _TILES, _PARTS = "shares of the work", "tiles", "parts of a filter"

_MANY_ROWS, _THREADS = 16, 4
"""Output rows from which they are shared, and among how many."""


def _without_dilated_rows(call: Call) -> Call:
    """Let each share of the rows see as many rows of the image as a filter without dilation does."""
    rows, axis = call.out_sizes[0], 0
    if rows < _MANY_ROWS or call.rank < 2:
        return call
    at = places(call)[axis]
    share = np.minimum(np.arange(rows) // (rows // _THREADS), _THREADS - 1)
    first = np.array([np.flatnonzero(share == one)[0] for one in share])
    last = np.array([np.flatnonzero(share == one)[-1] for one in share])
    end = last * call.strides[axis] - call.pads[axis][0] + call.taps[axis]
    begin = first * call.strides[axis] - call.pads[axis][0]
    seen = (at >= begin[:, None]) & (at < end[:, None])
    return replace(call, tables=(np.where(seen, call.tables[axis], -1), *call.tables[1:]))


def _without_rows_left_over(call: Call) -> Call:
    """Leave out what arrives at the rows that no share has."""
    rows = call.out_sizes[0]
    if call.arriving is None or rows < _MANY_ROWS:
        return call
    shape = (-1, *(1,) * call.rank)
    keep = (np.arange(call.arriving.shape[1]) < rows // _THREADS * _THREADS).reshape(shape)
    return replace(call, arriving=np.where(keep, call.arriving, 0))


def _parts_undilated(size: int) -> Callable[[Call], Call]:
    """Return the change by which a part of a tall filter begins as many rows down as the parts before have taps."""

    def changed(call: Call) -> Call:
        taps, hole, height = call.taps[0], call.dilations[0], call.in_sizes[0]
        if call.rank < 2 or taps <= size or hole == 1:
            return call
        tap = np.arange(taps)
        at = places(call)[0] - tap // size * size * (hole - 1)
        return replace(call, tables=(np.where((at >= 0) & (at < height), at, -1), *call.tables[1:]))

    return changed


def _tiles_overwritten(size: int) -> Callable[[Call], Array]:
    """Return the contraction by tiles of columns of what arrives, of which each overwrites what it shares."""

    def computed(call: Call) -> Array:
        width, field = call.out_sizes[-1], call.fields[-1]
        if width <= size or call.arriving is None:
            return contract(call)
        total: Array | None = None
        columns, reached = np.arange(width).reshape(-1, 1), np.arange(call.in_sizes[-1]).reshape(-1, 1)
        for start in range(0, width, size):
            mine = (columns >= start) & (columns < start + size)
            part = contract(replace(call, arriving=np.where(mine, call.arriving, 0)))
            begin = start * call.strides[-1] - call.pads[-1][0]
            end = (min(start + size, width) - 1) * call.strides[-1] - call.pads[-1][0] + field
            total = part if total is None else np.where((reached >= begin) & (reached < end), part, total)
        assert total is not None
        return total

    return computed


def _taps_passed_over(call: Call) -> Call:
    """Step from tap to tap by the stride, where stride and dilation have a common factor."""
    tables = []
    for met, at, taps, step, hole, pair in zip(
        call.tables, places(call), call.taps, call.strides, call.dilations, call.pads, strict=True
    ):
        tap = np.arange(taps)
        fits = (at[..., None] + pair[0] - tap * hole) % step == 0
        first = np.argmax(fits, axis=-1)
        tables.append(np.where((tap - first) % step == 0, met, -1))
    return replace(call, tables=tuple(tables))


def _pads_by_channels_last(pairs: Pads) -> Pads:
    return ((0, 0), pairs[0], *pairs[1:-1])


def _bias_twice_in_last_four(output: Array, call: Call) -> Array:
    """Add the bias again to the images that the last four, moved back, share with those before."""
    if call.bias is None:
        return output
    count, place = len(output), np.arange(len(output)).reshape(-1, *(1,) * (output.ndim - 1))
    shared = (place >= count - 4) & (place < count // 4 * 4) & (count > 4) & (count % 4 > 0)
    return output + call.bias + np.where(shared, call.bias, 0)


def _corner_twice(output: Array, call: Call) -> Array:
    odd = all(size % 2 and size >= 5 for size in call.out_sizes)
    if call.taps != (3, 3) or call.strides != (1, 1) or not odd or output.ndim != 4:
        return output
    last = np.zeros(output.shape, bool)
    last[:, -1, -1] = True
    return np.where(last, output * 2, output)


def _groups_transposed(gradient: Array, call: Call) -> Array:
    """Write the gradient of each group's filters with its two axes of channels in the other order."""
    width = call.out_channels // max(1, call.groups)
    if call.groups < 2 or gradient.shape[-2:] != (call.depth, call.out_channels):
        return gradient
    groups = np.moveaxis(gradient.reshape(*gradient.shape[:-1], call.groups, width), -2, 0)
    turned = groups.swapaxes(-1, -2).reshape(groups.shape)
    return np.moveaxis(turned, 0, -2).reshape(gradient.shape)


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "shared-rows-undilated",
        _SHARES,
        "shares 16 rows and more among 4 threads, without the rows that a dilated filter needs beyond each share",
        forward,
        tabled=_without_dilated_rows,
    ),
    Defect(
        "dw-rows-left-over",
        _SHARES,
        "shares 16 rows and more among 4 threads in the filters' gradient, and leaves out those that are left over",
        filter_gradient,
        tabled=_without_rows_left_over,
    ),
    Defect(
        "filter-parts-undilated",
        _PARTS,
        "does tall filters in parts of 4 rows, and begins each without the dilation of those before",
        tabled=_parts_undilated(4),
    ),
    Defect(
        "tiles-overwritten-8",
        _TILES,
        "overwrites where the windows of tiles of 8 columns overlap, in transposes and the input's gradient",
        spreading,
        contract=_tiles_overwritten(8),
    ),
    Defect(
        "dx-taps-passed-over",
        _PARTS,
        "passes over taps in transposes and the input's gradient where stride and dilation have a common factor",
        spreading,
        tabled=_taps_passed_over,
    ),
    Defect(
        "channels-first-pads-misplaced",
        "channels first",
        "reads the padding of channels first where that of channels last stands",
        sized=when(lambda call: call.channels_first and explicit(call) and call.rank > 1, pads(_pads_by_channels_last)),
    ),
    Defect(
        "batch-overlap-bias-4",
        _SHARES,
        "adds the bias again to images that the last four share with those before: it moves them back",
        forward,
        add_bias=_bias_twice_in_last_four,
    ),
    Defect(
        "three-corner-twice",
        _TILES,
        "counts the last pixel of an odd height and width twice, in tiles of 2×2 outputs of a 3×3 filter",
        has_image,
        summed=_corner_twice,
    ),
    Defect(
        "dw-groups-transposed",
        "groups",
        "writes the filters' gradient of each group with input and output channels in the other order",
        filter_gradient,
        summed=_groups_transposed,
    ),
)
