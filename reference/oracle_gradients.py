"""The oracle for gradients: each is posed as convolutions, and those are answered exactly.

*Filter gradient.* It sums over images and output positions. With channels and batch exchanged, the input convolved with
the arriving gradient, strides and dilations exchanged too, is that sum:

    d_filters[r, c, k] = sum over p, n of  input[n, r·dilation + p·stride - before, c] · G[n, p, k]

*Input gradient.* An input element x (counted from the start of the padding) meets tap r where x - r·dilation is a
multiple of the stride. All x of one remainder meet the same taps, every (stride / gcd(stride, dilation))-th one, so for
each remainder the gradient is a convolution of G, unstrided, with these taps reversed. No zeros are inserted between
the elements of G: they would make sums longer than they are, and Inf in the filters would meet them.

Transposes are input gradients. So every operation has the dot length of its own, and its own proof of equality.

>>> from reference.arguments import prepare
>>> problem = prepare("conv1d", np.zeros((1, 6, 1)), np.array([[[1.0]], [[2.0]]]), 3, "VALID", None, 1)
>>> answer = input_gradient(problem, np.array([[[10.0], [20.0]]]))
>>> answer.value.ravel().tolist(), answer.terms
([10.0, 20.0, 0.0, 20.0, 40.0, 0.0], 1)

Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", chapter 4 (2016).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import gcd
from typing import Any

import numpy as np

from reference.arguments import Array, Pairs, Problem, Shape
from reference.oracle import BUDGET, Exact, convolve

__all__ = ["filter_gradient", "input_gradient"]


def filter_gradient(problem: Problem, out_backprop: Array, budget: int = BUDGET) -> Exact:
    """Return the exact gradient by the filters, rounded once to the problem's dtype.

    Args:
        problem: the convolution; of its filters only the shape is read.
        out_backprop: (batch, *out_sizes, out_channels), what arrives at the output; not modified.
        budget: bytes that the work may take beside arguments and result.
    """
    width = problem.filters.shape[-1] // max(1, problem.groups)
    parts = []
    for index in range(problem.groups if out_backprop.size else 0):
        columns = slice(index * width, (index + 1) * width)
        answer = convolve(_as_convolution(problem.group(index), out_backprop[..., columns]), budget=budget)
        parts.append(((..., columns), answer))
    return _joined(problem, problem.filters.shape, parts, lambda array: np.moveaxis(array, 0, -2))


def input_gradient(problem: Problem, out_backprop: Array, budget: int = BUDGET) -> Exact:
    """Return the exact gradient by the input, rounded once to the problem's dtype.

    Args:
        problem: the convolution; of its input only the shape is read.
        out_backprop: (batch, *out_sizes, out_channels), what arrives at the output; not modified.
        budget: bytes that the work may take beside arguments and result.
    """
    parts = []
    for axes in product(*(_remainders(problem, axis) for axis in range(problem.rank))):
        inside, padding = _framing([axis.seen for axis in axes], problem.out_sizes)
        part = replace(
            problem,
            input=out_backprop[:, *inside],
            filters=_transposed(problem)[tuple(axis.taps for axis in axes)],
            strides=(1,) * problem.rank,
            dilations=tuple(axis.step for axis in axes),
            padding=padding,
        )
        parts.append(((slice(None), *(axis.elements for axis in axes)), convolve(part, budget=budget)))
    return _joined(problem, problem.input.shape, parts, lambda array: array)


@dataclass(frozen=True, slots=True)
class _Remainder:
    """The input elements of one axis that have one remainder by the stride, and the convolution that they need.

    Attributes:
        elements: which elements of the input.
        taps: which taps meet them, the last first.
        step: elements of the arriving gradient between these taps.
        seen: the first element of the arriving gradient that the windows cover, and the one past the last.
    """

    elements: slice
    taps: slice
    step: int
    seen: tuple[int, int]


def _remainders(problem: Problem, axis: int) -> Iterator[_Remainder]:
    """Yield the remainders of one axis that have elements and taps; all other elements have the gradient 0."""
    size, taps = problem.in_sizes[axis], problem.filter_sizes[axis]
    stride, dilation, before = problem.strides[axis], problem.dilations[axis], problem.pads[axis][0]
    period = stride // gcd(stride, dilation)
    step = period * dilation // stride
    for tap in range(min(period, taps)):
        start = (tap * dilation - before) % stride
        count, further = len(range(start, size, stride)), (taps - 1 - tap) // period
        if count:
            newest = (start + before - tap * dilation) // stride
            last_first = slice(tap + further * period, tap - 1 if tap else None, -period)
            seen = (newest - further * step, newest + count)
            yield _Remainder(slice(start, size, stride), last_first, step, seen)


def _transposed(problem: Problem) -> Array:
    """Return the filters from output to input channels: (*filter_sizes, out_channels / groups, in_channels)."""
    *sizes, depth, out_channels = problem.filters.shape
    width = out_channels // max(1, problem.groups)
    split = problem.filters.reshape(*sizes, depth, problem.groups, width)
    return split.swapaxes(-3, -1).reshape(*sizes, width, problem.groups * depth)


def _as_convolution(problem: Problem, out_backprop: Array) -> Problem:
    """Return the convolution, of one group, that gives a filter gradient as (in_channels, *filter_sizes, k)."""
    axes = zip(problem.pads, problem.out_sizes, problem.strides, problem.filter_sizes, problem.dilations, strict=True)
    seen = [(-pads[0], (p - 1) * s + (r - 1) * d + 1 - pads[0]) for pads, p, s, r, d in axes]
    inside, padding = _framing(seen, problem.in_sizes)
    return replace(
        problem,
        input=problem.input[:, *inside].swapaxes(0, -1),
        filters=np.moveaxis(out_backprop, 0, -2),
        strides=problem.dilations,
        dilations=problem.strides,
        padding=padding,
    )


def _framing(seen: Sequence[tuple[int, int]], sizes: Sequence[int]) -> tuple[tuple[slice, ...], Pairs]:
    """Return, for every axis, what of `sizes` elements windows over `seen` cover, and the zeros before and after."""
    inside, pads = [], []
    for (first, past), size in zip(seen, sizes, strict=True):
        before = min(max(0, -first), past - first)
        part = slice(min(max(0, first), size), min(max(0, past), size))
        inside.append(part)
        pads.append((before, past - first - before - (part.stop - part.start)))
    return tuple(inside), tuple(pads)


def _joined(
    problem: Problem, shape: Shape, parts: Sequence[tuple[Any, Exact]], arranged: Callable[[Array], Array]
) -> Exact:
    """Return the parts in their places, zeros elsewhere, with what can be proven of all of them."""
    value, magnitude = np.zeros(shape, problem.dtype), np.zeros(shape)
    for place, part in parts:
        value[place], magnitude[place] = arranged(part.value), arranged(part.magnitude)
    answers = [part for _, part in parts]
    terms = max((part.terms for part in answers), default=0)
    quantum = min((part.quantum for part in answers if part.peak), default=1.0)
    return Exact(value, magnitude, terms, quantum, max((part.peak for part in answers), default=0.0))
