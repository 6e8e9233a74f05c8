"""A convolution cut into smaller ones: images, and rows of outputs, each piece a problem of its own.

What an algorithm copies for a piece lies in the memory that the copy for the piece before had (`reference.memory`):
without pieces, the columns of a batch would be fresh pages each time, which cost more than the copy. Pieces
can be shared among threads, which helps where the algorithm spends its time in functions of NumPy that release the
interpreter's lock and use no threads of their own: `einsum` and copies, not matrix products.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import pairwise
from math import prod

from reference.arguments import Problem
from reference.geometry import receptive_field

__all__ = ["THREADS", "Part", "for_each", "pieces"]

Part = tuple[tuple[slice, slice], Problem]
"""Images and rows of the output, and the problem that computes them."""

THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor:
    """Return threads that stay, as starting them takes as long as a small convolution."""
    return ThreadPoolExecutor(THREADS)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has the pool, but not its threads


def for_each(function: Callable[[Sequence[Part]], None], parts: Sequence[Part], shared: bool) -> None:
    """Call a function with all parts; where `shared` is true, in every thread with a stretch of neighbouring ones.

    The calling thread takes the first stretch: it is awake already.
    """
    threads = THREADS if shared else 1
    bounds = [len(parts) * thread // threads for thread in range(threads + 1)]
    own, *others = (parts[start:stop] for start, stop in pairwise(bounds))
    waiting = [_pool().submit(function, stretch) for stretch in others]
    function(own)
    for stretch in waiting:
        stretch.result()


def pieces(problem: Problem, positions: int) -> Iterator[Part]:
    """Yield the images and rows of the output that a piece computes, and the piece.

    >>> from reference.arguments import prepare
    >>> problem = prepare("conv1d", [[[0]] * 5] * 3, [[[1]], [[1]]], 1, "VALID", None, 1)
    >>> [place for place, piece in pieces(problem, 8)]
    [(slice(0, 2, None), slice(0, 4, None)), (slice(2, 3, None), slice(0, 4, None))]
    """
    height, *inner = problem.out_sizes
    rows = max(1, min(height, positions // max(1, prod(inner))))
    rows = -(-height // -(-height // rows)) if height else 1  # as many in every piece, not a rest of one row
    images = max(1, positions // max(1, prod(problem.out_sizes))) if rows == height else 1
    for image in range(0, len(problem.input), images):
        for row in range(0, height, rows):
            place = slice(image, min(image + images, len(problem.input))), slice(row, min(row + rows, height))
            yield place, _piece(problem, *place)


def _piece(problem: Problem, images: slice, rows: slice) -> Problem:
    """Return the problem of some images and rows: the input that their windows see, and the zeros that they see."""
    field, stride = receptive_field(problem.filter_sizes[0], problem.dilations[0]), problem.strides[0]
    (before, _), *inner = problem.pads
    start, stop = rows.start * stride - before, (rows.stop - 1) * stride - before + field
    first, last = max(start, 0), min(stop, problem.in_sizes[0])
    if first >= last:
        first, last, stop = 0, 0, stop - start
        start = 0
    return replace(problem, input=problem.input[images, first:last], padding=((first - start, stop - last), *inner))
