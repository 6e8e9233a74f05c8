"""Mistakes with the batch."""

from __future__ import annotations

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Defect
from conformance.defects.hooks import input_changed, last, nothing_where, reading, reverse, shift

__all__ = ["DEFECTS"]

GROUP = "batch"


def _first(size: int, _: Call) -> Array:
    return np.zeros(size, int)


def _summed(images: Array, _: Call) -> Array:
    return np.broadcast_to(images.sum(axis=0), images.shape)


def _interleaved(images: Array, _: Call) -> Array:
    """Read the memory as if the batch lay between the pixels and their channels."""
    return np.moveaxis(images.reshape(*images.shape[1:-1], len(images), images.shape[-1]), -2, 0)


def _innermost(images: Array, _: Call) -> Array:
    """Read the memory as if the batch were its last axis."""
    return np.moveaxis(images.reshape(*images.shape[1:], len(images)), -1, 0)


def _channels_outermost(images: Array, _: Call) -> Array:
    return images.reshape(images.shape[-1], *images.shape[1:-1], len(images)).swapaxes(0, -1)


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "batch-first-image",
        GROUP,
        "convolves the first image of the batch for all of them",
        **reading("input", "batch", _first),
    ),
    Defect(
        "batch-last-image",
        GROUP,
        "convolves the last image of the batch for all of them",
        **reading("input", "batch", last),
    ),
    Defect("batch-reversed", GROUP, "returns the images in reverse order", **reading("output", "batch", reverse)),
    Defect(
        "batch-turned",
        GROUP,
        "returns every image one place too early, and the first one last",
        **reading("output", "batch", lambda size, call: np.roll(np.arange(size), -1)),
    ),
    Defect(
        "batch-last-zero",
        GROUP,
        "leaves the output of the last of several images zero",
        **reading("output", "batch", nothing_where(lambda place, size: (place == size - 1) & (size > 1))),
    ),
    Defect(
        "batch-first-only",
        GROUP,
        "computes the first image and leaves the output of the others zero",
        **reading("output", "batch", nothing_where(lambda place, size: place > 0)),
    ),
    Defect(
        "batch-odd-zero",
        GROUP,
        "computes images in pairs and leaves the last one of an odd number zero",
        **reading("output", "batch", nothing_where(lambda place, size: (place == size - 1) & (size % 2 == 1))),
    ),
    Defect(
        "batch-beyond-two-zero",
        GROUP,
        "computes two images and leaves the output of further ones zero",
        **reading("output", "batch", nothing_where(lambda place, size: place >= 2)),
    ),
    Defect(
        "batch-last-dropped",
        GROUP,
        "reads zeros for the last of several images",
        **reading("input", "batch", nothing_where(lambda place, size: (place == size - 1) & (size > 1))),
    ),
    Defect(
        "batch-one-too-far",
        GROUP,
        "reads the next image for every one, and zeros for the last",
        **reading("input", "batch", shift(1)),
    ),
    Defect("batch-summed", GROUP, "convolves the sum of all images for each", asked=input_changed(_summed)),
    Defect(
        "batch-between-pixels",
        GROUP,
        "reads the images' memory, NHWC, as HWNC",
        asked=input_changed(_interleaved),
    ),
    Defect("batch-innermost", GROUP, "reads the images' memory, NHWC, as HWCN", asked=input_changed(_innermost)),
    Defect(
        "batch-and-channels-swapped",
        GROUP,
        "reads the images' memory, NHWC, as CHWN",
        asked=input_changed(_channels_outermost),
    ),
)
