"""Mistakes with the filters: their orientation, their taps, their layout in memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Defect
from conformance.defects.hooks import Hooks, filters_changed, less_last, nothing_where, reading, reverse, shift

__all__ = ["DEFECTS"]

ORIENTATION, TAPS, LAYOUT = "filter orientation", "filter taps", "filter layout"


def _rearranged(change: Callable[[Array], Array]) -> Hooks:
    """Return the hooks by which the filters' numbers are taken, or written, in another order of the same shape."""

    def summed(result: Array, call: Call) -> Array:
        return change(result) if call.filters is None else result

    return {"asked": filters_changed(lambda filters, call: change(filters)), "summed": summed}


def _transposed(filters: Array) -> Array:
    turned = np.moveaxis(filters, -3, 0)
    return turned if turned.shape == filters.shape else turned.reshape(filters.shape)


def _quarter_turn(filters: Array) -> Array:
    if filters.ndim < 4 or filters.shape[-4] != filters.shape[-3]:
        return filters
    return np.rot90(filters, axes=(-4, -3))


def _read_as(order: str) -> Callable[[Array], Array]:
    """Return the reading of memory, HWIO, as if its axes were in another `order`."""

    def read(filters: Array) -> Array:
        rank = filters.ndim - 2
        axes = {"I": [rank], "O": [rank + 1], "S": list(range(rank))}
        permutation = [axis for letter in order for axis in axes[letter]]
        shape = [filters.shape[axis] for axis in permutation]
        return filters.reshape(shape).transpose(np.argsort(permutation))

    return read


def _channels_swapped(filters: Array) -> Array:
    return filters.swapaxes(-1, -2) if filters.shape[-1] == filters.shape[-2] else filters


def _square_part(filters: Array) -> Array:
    """Return the filters without the columns beyond their height."""
    if filters.ndim < 4:
        return filters
    kept = filters.copy()
    kept[..., filters.shape[-4] :, :, :] = 0
    return kept


def _corner(place: int) -> Callable[[Array], Array]:
    """Return the change that drops the first or the last tap of all."""

    def changed(filters: Array) -> Array:
        kept = filters.copy()
        kept[(place,) * (filters.ndim - 2)] = 0
        return kept

    return changed


def _middle(filters: Array) -> Array:
    kept = filters.copy()
    kept[tuple(size // 2 for size in filters.shape[:-2])] = 0
    return kept


def _even_to_the_right(size: int, call: Call) -> Array:
    return shift(-1)(size, call) if size % 2 == 0 else np.arange(size)


def _first_repeated(size: int, _: Call) -> Array:
    return np.maximum(np.arange(size) - 1, 0)


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "filters-flipped",
        ORIENTATION,
        "flips the filter in both axes: it computes a convolution where a cross-correlation is due",
        **reading("filters", "every", reverse),
    ),
    Defect(
        "filters-flipped-vertically",
        ORIENTATION,
        "flips the filter upside down",
        **reading("filters", "height", reverse),
    ),
    Defect(
        "filters-flipped-horizontally",
        ORIENTATION,
        "flips the filter from left to right",
        **reading("filters", "width", reverse),
    ),
    Defect(
        "filters-transposed",
        ORIENTATION,
        "exchanges the filter's rows and columns",
        **_rearranged(_transposed),
    ),
    Defect("filters-rotated", ORIENTATION, "turns square filters by 90 degrees", **_rearranged(_quarter_turn)),
    Defect("first-tap-missing", TAPS, "leaves out the filter's first tap", **_rearranged(_corner(0))),
    Defect("last-tap-missing", TAPS, "leaves out the filter's last tap", **_rearranged(_corner(-1))),
    Defect("middle-tap-missing", TAPS, "leaves out the tap in the filter's middle", **_rearranged(_middle)),
    Defect(
        "last-filter-row-missing",
        TAPS,
        "leaves out the filter's last row",
        **reading("filters", "height", less_last),
    ),
    Defect(
        "last-filter-column-missing",
        TAPS,
        "leaves out the filter's last column",
        **reading("filters", "width", less_last),
    ),
    Defect(
        "first-filter-row-missing",
        TAPS,
        "leaves out the filter's first row",
        **reading("filters", "height", nothing_where(lambda tap, taps: tap == 0)),
    ),
    Defect(
        "first-filter-column-missing",
        TAPS,
        "leaves out the filter's first column",
        **reading("filters", "width", nothing_where(lambda tap, taps: tap == 0)),
    ),
    Defect(
        "odd-filter-column-missing",
        TAPS,
        "takes the filter's columns in pairs and leaves out the last one of an odd number",
        **reading("filters", "width", nothing_where(lambda tap, taps: (taps % 2 == 1) & (tap == taps - 1))),
    ),
    Defect(
        "taps-beyond-three-missing",
        TAPS,
        "leaves out the filter's rows and columns beyond the third",
        **reading("filters", "every", nothing_where(lambda tap, taps: tap >= 3)),
    ),
    Defect(
        "taps-beyond-four-missing",
        TAPS,
        "leaves out the filter's rows and columns beyond the fourth",
        **reading("filters", "every", nothing_where(lambda tap, taps: tap >= 4)),
    ),
    Defect(
        "taps-beyond-seven-missing",
        TAPS,
        "leaves out the filter's rows and columns beyond the seventh",
        **reading("filters", "every", nothing_where(lambda tap, taps: tap >= 7)),
    ),
    Defect(
        "taps-shifted-right",
        TAPS,
        "applies every tap one column further right, and loses the last column",
        **reading("filters", "width", shift(-1)),
    ),
    Defect(
        "taps-shifted-down",
        TAPS,
        "applies every tap one row further down, and loses the last row",
        **reading("filters", "height", shift(-1)),
    ),
    Defect(
        "even-filters-off-centre",
        TAPS,
        "applies filters of an even size one row and column too far, as if they had one more tap before",
        **reading("filters", "every", _even_to_the_right),
    ),
    Defect(
        "first-tap-repeated",
        TAPS,
        "applies the filter's first column twice and never the last",
        **reading("filters", "width", _first_repeated),
    ),
    Defect(
        "filter-width-from-height",
        TAPS,
        "takes the filter's height for its width, and leaves out the columns beyond it",
        **_rearranged(_square_part),
    ),
    Defect(
        "filters-read-as-oihw",
        LAYOUT,
        "reads the filters' memory, HWIO, as OIHW",
        **_rearranged(_read_as("OIS")),
    ),
    Defect("filters-read-as-hwoi", LAYOUT, "reads the filters' memory, HWIO, as HWOI", **_rearranged(_read_as("SOI"))),
    Defect("filters-read-as-ohwi", LAYOUT, "reads the filters' memory, HWIO, as OHWI", **_rearranged(_read_as("OSI"))),
    Defect("filters-read-as-ihwo", LAYOUT, "reads the filters' memory, HWIO, as IHWO", **_rearranged(_read_as("ISO"))),
    Defect(
        "filters-read-as-iohw",
        LAYOUT,
        "reads the filters' memory, HWIO, as IOHW",
        **_rearranged(_read_as("IOS")),
    ),
    Defect(
        "filters-read-by-columns",
        LAYOUT,
        "reads the filters' memory as if its columns came first",
        **_rearranged(lambda filters: filters.ravel().reshape(filters.shape, order="F")),
    ),
    Defect(
        "filters-channels-swapped",
        LAYOUT,
        "swaps the filters' input and output channels where their numbers are equal",
        **_rearranged(_channels_swapped),
    ),
)
