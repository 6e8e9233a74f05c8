"""Blocks of a convolution: its outputs in boxes that fit a budget of memory, each box as a matrix of dot products.

A box is computed from the part of the input that its windows see, so that neither a padded copy of the input nor its
columns exist as a whole. The dot products are linear in both operands and computed in their dtype, in an order that
nobody promises: float64 goes to BLAS, integers to NumPy's own loops.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from reference.arguments import Array, Problem
from reference.geometry import receptive_field

__all__ = ["Box", "boxes", "crop", "dot", "dot_and_size", "filter_matrix", "gather", "multiply"]

Box = tuple[slice, ...]

CACHE = 16 << 20
"""Bytes of a block that is filled and multiplied fastest, whatever the budget."""

IMAGE_COPIES, OUTPUT_COPIES, ROW_COPIES = 6, 16, 12
"""How many arrays of 8 bytes an element are alive at once at most: as large as a box's part of the input, as its part
of the output, and as the columns of the rows that are split; those are split in as many parts."""


def boxes(problem: Problem, budget: int) -> Iterator[Box]:
    """Yield slices of (batch, *out_sizes) that together cover the output once.

    Args:
        problem: gives the sizes.
        budget: bytes that the work on one box may take; a box of one position is the smallest there is.
    """
    sizes = (len(problem.input), *problem.out_sizes)
    positions = max(1, math.prod(sizes))
    while positions > 1 and footprint(problem, _box_shape(sizes, positions)) > min(budget, CACHE):
        positions = (positions + 1) // 2
    shape = _box_shape(sizes, positions)
    for corner in product(*map(range, [0] * len(sizes), sizes, shape)):
        yield tuple(
            slice(first, min(first + step, size)) for first, step, size in zip(corner, shape, sizes, strict=True)
        )


def footprint(problem: Problem, shape: tuple[int, ...]) -> int:
    """Return an upper bound of the bytes at work on a box of `shape` (batch, *positions)."""
    fields = map(receptive_field, problem.filter_sizes, problem.dilations)
    spans = [(size - 1) * step + field for size, step, field in zip(shape[1:], problem.strides, fields, strict=True)]
    channels, out_channels = problem.input.shape[-1], problem.filters.shape[-1]
    image = IMAGE_COPIES * shape[0] * math.prod(spans) * channels
    columns = max(math.prod(shape), ROW_COPIES) * math.prod(problem.filter_sizes) * channels
    return 8 * int(image + columns + OUTPUT_COPIES * math.prod(shape) * out_channels)


def _box_shape(sizes: tuple[int, ...], positions: int) -> tuple[int, ...]:
    """Return the box of at most so many positions that is as long as possible along the last axes."""
    shape: tuple[int, ...] = ()
    for size in reversed(sizes):
        length = max(1, min(size, positions))
        shape, positions = (length, *shape), positions // length
    return shape


def crop(problem: Problem, values: Array, box: Box) -> Array:
    """Return the part of the padded input that the windows of a box see, as a copy.

    Args:
        problem: gives the geometry.
        values: of the input's shape, whatever stands in its place.
        box: of the output.
    """
    shape, source, target = [box[0].stop - box[0].start], [box[0]], [slice(None)]
    for axis, place in enumerate(box[1:]):
        stride, size = problem.strides[axis], problem.in_sizes[axis]
        first = place.start * stride - problem.pads[axis][0]
        last = (place.stop - 1) * stride - problem.pads[axis][0]
        last += receptive_field(problem.filter_sizes[axis], problem.dilations[axis])
        start, stop = max(first, 0), max(0, min(last, size), first)
        shape.append(last - first)
        source.append(slice(start, stop))
        target.append(slice(start - first, stop - first))
    image = np.zeros((*shape, values.shape[-1]), values.dtype)
    image[tuple(target)] = values[tuple(source)]
    return image


def _windows(problem: Problem, image: Array) -> Array:
    """Return the read-only view (groups, batch, *positions, *filter_sizes, channels of a group) of a cropped input."""
    rank, groups = problem.rank, problem.groups
    grouped = image.reshape(*image.shape[:-1], groups, image.shape[-1] // groups)
    fields = tuple(map(receptive_field, problem.filter_sizes, problem.dilations))
    view = sliding_window_view(grouped, fields, axis=tuple(range(1, rank + 1)))
    steps = (slice(None), *(slice(None, None, step) for step in problem.strides), slice(None), slice(None))
    view = view[(*steps, *(slice(None, None, step) for step in problem.dilations))]
    return np.moveaxis(view, (rank + 1, rank + 2), (0, -1))


def filter_matrix(problem: Problem, filters: Array) -> Array:
    """Return filters as (groups, taps and channels of a group, output channels of a group)."""
    matrix = filters.reshape(math.prod(filters.shape[:-1]), problem.groups, filters.shape[-1] // problem.groups)
    return np.ascontiguousarray(np.moveaxis(matrix, 1, 0))


def dot(problem: Problem, image: Array, matrix: Array) -> Array:
    """Return the dot products of every window of a cropped input with every filter, (positions, out_channels)."""
    view = _windows(problem, image)
    if _is_depthwise(problem):
        return _slabs(problem, view, matrix, sizes=False)[0]
    return multiply(_columns(problem, view), matrix)


def dot_and_size(problem: Problem, image: Array, matrix: Array) -> tuple[Array, Array]:
    """Return the dot products and, from the same pass, those of the magnitudes."""
    view = _windows(problem, image)
    if _is_depthwise(problem):
        return _slabs(problem, view, matrix, sizes=True)
    columns = _columns(problem, view)
    total = multiply(columns, matrix)
    return total, multiply(np.abs(columns, out=columns), np.abs(matrix))


def gather(problem: Problem, image: Array, rows: Array) -> Array:
    """Return the windows of a cropped input at some positions, (groups, positions, taps and channels), a copy."""
    view = _windows(problem, image)
    places = np.unravel_index(rows, view.shape[1 : problem.rank + 2])
    picked = np.moveaxis(np.moveaxis(view, 0, problem.rank + 1)[places], 1, 0)
    return picked.reshape(problem.groups, len(rows), math.prod(picked.shape[2:]))


def multiply(columns: Array, matrix: Array) -> Array:
    """Return the products of every group's columns and filters side by side, (positions, out_channels)."""
    products = columns @ matrix
    return np.moveaxis(products, 0, 1).reshape(products.shape[1], products.shape[0] * products.shape[2])


def _is_depthwise(problem: Problem) -> bool:
    return problem.groups > 1 and problem.filters.shape[-2] == 1


def _columns(problem: Problem, view: Array) -> Array:
    """Return all windows as (groups, positions, taps and channels), a copy."""
    positions = math.prod(view.shape[1 : problem.rank + 2])
    width = math.prod(view.shape[problem.rank + 2 :])
    return np.array(view, order="C").reshape(problem.groups, positions, width)


def _slabs(problem: Problem, view: Array, matrix: Array, sizes: bool) -> tuple[Array, Array]:
    """Add up one shifted slab of the input per filter offset: a channel of its own is too thin for a matrix product."""
    groups, _, channels = matrix.shape
    slabs = np.moveaxis(view[..., 0], 0, problem.rank + 1)
    shape = (*slabs.shape[: problem.rank + 1], groups, channels)
    total, size, part = np.zeros(shape, matrix.dtype), np.zeros(shape, matrix.dtype), np.empty(shape, matrix.dtype)
    for tap, offset in enumerate(np.ndindex(*problem.filter_sizes)):
        np.multiply(slabs[(..., *offset)][..., None], matrix[:, tap], out=part)
        total += part
        if sizes:
            size += np.abs(part, out=part)
    positions = math.prod(shape[:-2])
    return total.reshape(positions, groups * channels), size.reshape(positions, groups * channels)
