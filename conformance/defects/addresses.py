"""Mistakes in computing where a pixel or a tap lies in memory."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from conformance.case import Shape
from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Compute, Defect
from conformance.defects.hooks import filters_changed, flat, input_changed, pads

__all__ = ["DEFECTS"]

GROUP = "addresses"


def _by_sizes(
    sizes: Callable[[Call], Shape],
    image: Callable[[Call], int] = lambda call: prod(call.in_sizes),
    checked: bool = True,
) -> Compute:
    """Return the contraction that steps through the memory as if the image had other sizes.

    Args:
        sizes: by which rows are stepped over.
        image: how many pixels lie between an image and the next.
        checked: whether places outside the image are told from those inside.
    """

    def find(met: list[Array], call: Call) -> Array:
        address, inside = np.zeros((), int), np.ones((), bool)
        for at, size, step in zip(met[1:], call.in_sizes, sizes(call), strict=True):
            address = address * step + at
            inside = inside & (at >= 0) & (at < size)
        address = met[0] * image(call) + address
        in_memory = (address >= 0) & (address < call.batch * prod(call.in_sizes))
        return np.where(in_memory & inside if checked else in_memory, address, -1)

    return flat(find)


def _in_sizes(call: Call) -> Shape:
    return call.in_sizes


def _padded_sizes(call: Call) -> Shape:
    return tuple(size + sum(pair) for size, pair in zip(call.in_sizes, call.pads, strict=True))


def _aligned(to: int) -> Callable[[Call], Shape]:
    return lambda call: (*call.in_sizes[:-1], -(-call.in_sizes[-1] // to) * to)


def _pixels_by_output_channels(images: Array, call: Call) -> Array:
    """Read pixel p from p · output channels on, where the step is the input channels."""
    if call.groups > 1 or not images.size:
        return images
    pixels = np.arange(prod(images.shape[:-1]))[:, None] * call.out_channels
    places = (pixels + np.arange(images.shape[-1])) % images.size
    return images.ravel().take(places).reshape(images.shape)


def _taps_by(step: Callable[[Call], int]) -> Callable[[Array, Call], Array]:
    """Return the reading of the filter's rows at another step than its width."""

    def read(filters: Array, call: Call) -> Array:
        if call.rank == 1:
            return filters
        taps, width = prod(call.taps), call.taps[-1]
        rows, columns = np.divmod(np.arange(taps), width)
        places = (rows * step(call) + columns) % taps
        read_there: Array = filters.reshape(taps, *filters.shape[-2:])[places].reshape(filters.shape)
        return read_there

    return read


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "row-step-of-height",
        GROUP,
        "steps from row to row of the image by its height instead of its width",
        contract=_by_sizes(lambda call: (*call.in_sizes[:-2], *call.in_sizes[-2:][::-1])),
    ),
    Defect(
        "row-step-of-output",
        GROUP,
        "steps from row to row of the image by the output's width",
        contract=_by_sizes(lambda call: call.out_sizes),
    ),
    Defect(
        "row-step-of-padded-image",
        GROUP,
        "steps from row to row of the image by its width with the padding",
        contract=_by_sizes(_padded_sizes),
    ),
    Defect(
        "row-step-of-four",
        GROUP,
        "steps from row to row of the image by its width rounded up to a multiple of 4",
        contract=_by_sizes(_aligned(4)),
    ),
    Defect(
        "row-step-one-more",
        GROUP,
        "steps from row to row of the image by one pixel too many",
        contract=_by_sizes(lambda call: (*call.in_sizes[:-1], call.in_sizes[-1] + 1)),
    ),
    Defect(
        "image-step-of-output",
        GROUP,
        "steps from image to image by the output's size instead of the image's",
        contract=_by_sizes(_in_sizes, lambda call: prod(call.out_sizes)),
    ),
    Defect(
        "image-step-of-padded-image",
        GROUP,
        "steps from image to image by the size of the padded image, though the padding is not in memory",
        contract=_by_sizes(_in_sizes, lambda call: prod(_padded_sizes(call))),
    ),
    Defect(
        "view-of-the-unpadded-image",
        GROUP,
        "takes a view for the padded image's size of the image without padding, and so reads beyond its rows",
        sized=pads(lambda pairs: ((0, 0),) * len(pairs)),
        contract=_by_sizes(_in_sizes, checked=False),
    ),
    Defect(
        "pixel-step-of-output-channels",
        GROUP,
        "steps from pixel to pixel of the image by the number of output channels instead of input channels",
        asked=input_changed(_pixels_by_output_channels),
    ),
    Defect(
        "tap-row-step-of-height",
        GROUP,
        "steps from row to row of the filter by its height instead of its width",
        asked=filters_changed(_taps_by(lambda call: call.taps[-2])),
    ),
    Defect(
        "tap-row-step-of-image",
        GROUP,
        "steps from row to row of the filter by the image's width",
        asked=filters_changed(_taps_by(lambda call: call.in_sizes[-1])),
    ),
)
