"""Mistakes with the layout of images and of the output."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Defect
from conformance.defects.hooks import input_changed, reading, reverse, shift

__all__ = ["DEFECTS"]

SHAPE, OUTPUT, INPUT = "output shape", "output layout", "input layout"


def _exchanged(images: Array) -> Array:
    """Return the images with their last two spatial axes exchanged."""
    return images.swapaxes(-3, -2) if images.ndim > 3 else images


def _exchanged_in_place(images: Array) -> Array:
    """Return the numbers in the order of the exchanged axes, in the shape as it was."""
    return _exchanged(images).reshape(images.shape)


def _squares_exchanged(images: Array) -> Array:
    turned = _exchanged(images)
    return turned if turned.shape == images.shape else images


def _channels_first_in_memory(images: Array) -> Array:
    return np.moveaxis(images, -1, 1).reshape(images.shape)


def _read_channels_first(images: Array) -> Array:
    """Read the memory as if the channels came before the pixels."""
    return np.moveaxis(images.reshape(len(images), images.shape[-1], *images.shape[1:-1]), 1, -1)


def _columns_first(images: Array) -> Array:
    return images.ravel().reshape(images.shape, order="F")


def _on_input(change: Callable[[Array], Array]) -> Callable[[Call], Call]:
    return input_changed(lambda images, call: change(images))


def _as_if_last(images: Array, call: Call) -> Array:
    """Read channels-first memory as if it were channels last."""
    return np.moveaxis(images, -1, 1).reshape(images.shape) if call.channels_first else images


def _batch_behind_pixels(output: Array) -> tuple[int, ...]:
    return (*output.shape[1:-1], len(output), output.shape[-1])


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "output-channels-first",
        SHAPE,
        "returns the output as NCHW instead of NHWC",
        returned=lambda output, call: output if call.channels_first else np.moveaxis(output, -1, 1),
    ),
    Defect(
        "output-channels-last",
        SHAPE,
        "returns the output as NHWC where NCHW is asked for",
        returned=lambda output, call: np.moveaxis(output, 1, -1) if call.channels_first else output,
    ),
    Defect(
        "output-transposed",
        SHAPE,
        "exchanges the output's height and width",
        finished=lambda output, call: _exchanged(output),
    ),
    Defect("output-flat", SHAPE, "returns the output without its shape", returned=lambda output, call: output.ravel()),
    Defect(
        "output-flat-images",
        SHAPE,
        "returns every image's output as one row of numbers",
        returned=lambda output, call: output.reshape(len(output), -1) if output.size else output,
    ),
    Defect(
        "output-squeezed",
        SHAPE,
        "drops the output's axes of size 1",
        returned=lambda output, call: np.squeeze(output),
    ),
    Defect(
        "output-one-channel-dropped",
        SHAPE,
        "drops the axis of the output's channels where there is one channel",
        returned=lambda output, call: output[..., 0] if output.shape[-1] == 1 else output,
    ),
    Defect(
        "output-one-image-dropped",
        SHAPE,
        "drops the batch axis where there is one image",
        returned=lambda output, call: output[0] if len(output) == 1 else output,
    ),
    Defect(
        "output-first-image",
        SHAPE,
        "returns the first image of the batch, without the batch axis",
        returned=lambda output, call: output[0] if len(output) else output,
    ),
    Defect(
        "output-first-image-as-batch",
        SHAPE,
        "returns the first image of the batch only",
        returned=lambda output, call: output[:1],
    ),
    Defect("output-batched-again", SHAPE, "returns one axis too many", returned=lambda output, call: output[None]),
    Defect(
        "output-batch-last",
        SHAPE,
        "returns the batch as the output's last axis",
        returned=lambda output, call: np.moveaxis(output, 0, -1),
    ),
    Defect(
        "output-padded",
        SHAPE,
        "returns the output with the padding of the input around it",
        finished=lambda output, call: np.pad(output, ((0, 0), *call.pads, (0, 0))) if call.arriving is None else output,
    ),
    Defect(
        "output-transposed-in-memory",
        OUTPUT,
        "writes the output column by column, in the shape of one that is written row by row",
        finished=lambda output, call: _exchanged_in_place(output),
    ),
    Defect(
        "output-channels-first-in-memory",
        OUTPUT,
        "writes the output channels first, and reshapes it to NHWC instead of transposing it",
        finished=lambda output, call: _channels_first_in_memory(output),
    ),
    Defect(
        "output-pixels-before-images",
        OUTPUT,
        "writes the outputs of all images pixel by pixel, and reshapes them as if image came after image",
        finished=lambda output, call: np.moveaxis(output, 0, -2).reshape(output.shape),
    ),
    Defect(
        "output-images-before-pixels",
        OUTPUT,
        "writes the outputs image by image, and reshapes them as if pixel came after pixel",
        finished=lambda output, call: np.moveaxis(output.reshape(_batch_behind_pixels(output)), -2, 0),
    ),
    Defect(
        "output-read-channels-first",
        OUTPUT,
        "writes the output channels last, and takes the memory for channels first",
        finished=lambda output, call: _read_channels_first(output),
    ),
    Defect(
        "output-columns-first",
        OUTPUT,
        "returns the output's numbers in the order of Fortran's memory",
        finished=lambda output, call: _columns_first(output),
    ),
    Defect("output-upside-down", OUTPUT, "returns the output upside down", **reading("output", "height", reverse)),
    Defect(
        "output-mirrored",
        OUTPUT,
        "returns the output's columns from right to left",
        **reading("output", "width", reverse),
    ),
    Defect(
        "output-turned",
        OUTPUT,
        "returns the output turned by 180 degrees",
        **reading("output", "every", reverse),
    ),
    Defect(
        "output-one-row-down",
        OUTPUT,
        "writes the output one row too far down, and zeros into the first row",
        **reading("output", "height", shift(-1)),
    ),
    Defect(
        "output-one-column-right",
        OUTPUT,
        "writes the output one column too far right, and zeros into the first column",
        **reading("output", "width", shift(-1)),
    ),
    Defect(
        "input-transposed-in-memory",
        INPUT,
        "reads the images' memory column by column, though it lies row by row",
        asked=_on_input(lambda images: _exchanged(images.reshape(_exchanged(images).shape))),
    ),
    Defect(
        "input-squares-transposed",
        INPUT,
        "exchanges the rows and columns of square images",
        asked=_on_input(_squares_exchanged),
    ),
    Defect(
        "input-read-channels-first",
        INPUT,
        "reads the images' memory, NHWC, as NCHW",
        asked=_on_input(_read_channels_first),
    ),
    Defect(
        "input-channels-first-in-memory",
        INPUT,
        "turns the images' memory from NHWC to NCHW, and reads it as NHWC",
        asked=_on_input(_channels_first_in_memory),
    ),
    Defect(
        "input-columns-first",
        INPUT,
        "reads the images' numbers in the order of Fortran's memory",
        asked=_on_input(_columns_first),
    ),
    Defect("input-upside-down", INPUT, "reads the images upside down", **reading("input", "height", reverse)),
    Defect(
        "input-mirrored", INPUT, "reads the images' columns from right to left", **reading("input", "width", reverse)
    ),
    Defect(
        "input-one-row-down",
        INPUT,
        "reads every image one row too far down: its first row is lost",
        **reading("input", "height", shift(1)),
    ),
    Defect(
        "input-one-column-right",
        INPUT,
        "reads every image one column too far right: its first column is lost",
        **reading("input", "width", shift(1)),
    ),
    Defect(
        "data-format-ignored",
        INPUT,
        "reads channels-first images as if they were channels last",
        asked=input_changed(_as_if_last),
    ),
)
