"""Mistakes at the image's border: what lies in the padding, and how it is told from the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect
from conformance.defects.hooks import flat, tables
from conformance.defects.steps import places

__all__ = ["DEFECTS"]

VALUES, BOUNDS = "padding values", "bounds checks"


def _inside(at: Array, size: int) -> Array:
    return (at >= 0) & (at < size)


def _kept(find: Callable[[Array, int], Array]) -> Change:
    """Return the change by which the elements that `find` gives are met where they are in the image."""

    def met(at: Array, size: int) -> Array:
        found = find(at, size)
        return np.where(_inside(found, size), found, -1)

    return tables(met)


def _reflected(at: Array, size: int) -> Array:
    return np.where(at < 0, -at, np.where(at >= size, 2 * (size - 1) - at, at))


def _mirrored(at: Array, size: int) -> Array:
    return np.where(at < 0, -at - 1, np.where(at >= size, 2 * size - 1 - at, at))


def _ones(call: Call) -> Call:
    """Put the input between ones, far enough for every window."""
    if call.input is None or 0 in call.out_sizes:
        return call
    reach = [(max(0, -int(at.min())), max(0, int(at.max()) - size + 1)) for at, size in _axes(call)]
    padded = np.pad(call.input, ((0, 0), *reach, (0, 0)), constant_values=1)
    met = tuple(at + before for (at, _), (before, _) in zip(_axes(call), reach, strict=True))
    return replace(call, input=padded, image_shape=padded.shape, tables=met)


def _axes(call: Call) -> list[tuple[Array, int]]:
    return list(zip(places(call), call.in_sizes, strict=True))


def _against_the_other_axis(call: Call) -> Call:
    """Check every axis's places against the size of the opposite axis."""
    met = zip(places(call), call.in_sizes, call.in_sizes[::-1], strict=True)
    return replace(call, tables=tuple(np.where(_inside(at, min(size, other)), at, -1) for at, size, other in met))


def _whole_windows(call: Call) -> Call:
    """Skip a window altogether where a tap of it lies in the padding."""
    met = zip(places(call), call.in_sizes, strict=True)
    return replace(
        call, tables=tuple(np.where(_inside(at, size).all(axis=1, keepdims=True), at, -1) for at, size in met)
    )


def _pixels(met: list[Array], call: Call, axes: int) -> Array:
    """Return the flat pixel of the batch, or -1 where one of the first `axes` axes is outside, or all pixels are."""
    pixel, inside = met[0], np.ones((), bool)
    for number, (at, size) in enumerate(zip(met[1:], call.in_sizes, strict=True)):
        pixel = pixel * size + at
        inside = inside & _inside(at, size) if number < axes else inside
    return np.where(inside & _inside(pixel, call.batch * prod(call.in_sizes)), pixel, -1)


def _within_the_image(met: list[Array], call: Call) -> Array:
    """Check the address of the image only, so that the rows run into each other."""
    pixel = _pixels(met, call, 0)
    return np.where(pixel // max(1, prod(call.in_sizes)) == met[0], pixel, -1)


def _tall(met: list[Array], call: Call) -> Array:
    """Check the last axis only, so that the images lie on top of each other."""
    return np.where(_inside(met[-1], call.in_sizes[-1]), _pixels(met, call, 0), -1)


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "border-replicated",
        VALUES,
        "repeats the image's edge in the padding instead of zeros",
        tabled=_kept(lambda at, size: np.clip(at, 0, size - 1)),
    ),
    Defect(
        "border-replicated-after",
        VALUES,
        "repeats the image's last row and column in the padding after them",
        tabled=_kept(lambda at, size: np.minimum(at, size - 1)),
    ),
    Defect(
        "border-replicated-before",
        VALUES,
        "repeats the image's first row and column in the padding before them",
        tabled=_kept(lambda at, size: np.maximum(at, 0)),
    ),
    Defect("border-reflected", VALUES, "reflects the image at its edge in the padding", tabled=_kept(_reflected)),
    Defect(
        "border-mirrored",
        VALUES,
        "mirrors the image in the padding, its edge included",
        tabled=_kept(_mirrored),
    ),
    Defect(
        "border-wrapped",
        VALUES,
        "wraps around: the padding holds the opposite side of the image",
        tabled=_kept(lambda at, size: at % max(1, size)),
    ),
    Defect("border-ones", VALUES, "pads with ones instead of zeros", tabled=_ones),
    Defect(
        "border-negative-from-end",
        BOUNDS,
        "takes places before the image for places counted from its end",
        tabled=_kept(lambda at, size: np.where(at < 0, at + size, at)),
    ),
    Defect(
        "border-last-outside",
        BOUNDS,
        "takes the image's last row and column for padding",
        tabled=_kept(lambda at, size: np.where(at == size - 1, -1, at)),
    ),
    Defect(
        "border-first-outside",
        BOUNDS,
        "takes the image's first row and column for padding",
        tabled=_kept(lambda at, size: np.where(at == 0, -1, at)),
    ),
    Defect(
        "border-one-too-far",
        BOUNDS,
        "reads one row and column beyond the image's end, and finds its last ones again",
        tabled=_kept(lambda at, size: np.where(at == size, size - 1, at)),
    ),
    Defect(
        "bounds-of-the-other-axis",
        BOUNDS,
        "checks rows against the image's width and columns against its height",
        tabled=_against_the_other_axis,
    ),
    Defect(
        "bounds-whole-windows",
        BOUNDS,
        "skips a window altogether where a part of it lies in the padding",
        tabled=_whole_windows,
    ),
    Defect(
        "bounds-rows-only",
        BOUNDS,
        "checks the rows but not the columns, and reads the neighbouring row where a window passes the side",
        contract=flat(lambda met, call: _pixels(met, call, call.rank - 1)),
    ),
    Defect(
        "bounds-of-the-image-only",
        BOUNDS,
        "checks the address within the image only, so that every row runs into the next one",
        contract=flat(_within_the_image),
    ),
    Defect(
        "bounds-of-the-batch-only",
        BOUNDS,
        "checks the address within the batch only, so that rows and images run into the next one",
        contract=flat(lambda met, call: _pixels(met, call, 0)),
    ),
    Defect(
        "bounds-columns-only",
        BOUNDS,
        "checks the columns but not the rows, and reads the neighbouring image where a window passes top or bottom",
        contract=flat(_tall),
    ),
    Defect(
        "bounds-before-only",
        BOUNDS,
        "checks the top and left border only, and reads on in the next row or image at the right and bottom",
        contract=flat(
            lambda met, call: np.where(
                np.logical_and.reduce(np.broadcast_arrays(*(at >= 0 for at in met))), _pixels(met, call, 0), -1
            )
        ),
    ),
    Defect(
        "bounds-after-only",
        BOUNDS,
        "checks the bottom and right border only, and reads the row or image before at the left and top",
        contract=flat(
            lambda met, call: np.where(
                np.logical_and.reduce(
                    np.broadcast_arrays(*(at < size for at, size in zip(met[1:], call.in_sizes, strict=True)))
                ),
                _pixels(met, call, 0),
                -1,
            )
        ),
    ),
)
