"""Legal ways to add products in float32: each takes (rows, K) and (K, columns), and returns (rows, columns)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise as neighbours

import numpy as np

from conformance.data import Array

Summation = Callable[[Array, Array], Array]


def _product(x: Array, w: Array, k: int) -> Array:
    return np.asarray(np.multiply.outer(x[:, k], w[k]))


def _in_order(x: Array, w: Array, order: Iterable[int]) -> Array:
    total = np.zeros((len(x), w.shape[1]), np.float32)
    for k in order:
        total += _product(x, w, k)
    return total


def sequential(x: Array, w: Array) -> Array:
    """Add from the first to the last."""
    return _in_order(x, w, range(len(w)))


def backwards(x: Array, w: Array) -> Array:
    """Add from the last to the first."""
    return _in_order(x, w, reversed(range(len(w))))


def permuted(x: Array, w: Array) -> Array:
    """Add in a random order."""
    return _in_order(x, w, np.random.default_rng(len(w)).permutation(len(w)).tolist())


def smallest_first(x: Array, w: Array) -> Array:
    """Add from the smallest filter value to the largest, as far as one order serves all outputs."""
    return _in_order(x, w, np.argsort(np.abs(w).sum(axis=1)).tolist())


def pairwise(x: Array, w: Array) -> Array:
    """Add halves, each of which adds its halves."""

    def half(first: int, last: int) -> Array:
        if last - first == 1:
            return _product(x, w, first)
        middle = (first + last) // 2
        return half(first, middle) + half(middle, last)

    return half(0, len(w))


def _added(parts: Sequence[Array]) -> Array:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def blocked(x: Array, w: Array, width: int) -> Array:
    """Add neighbours in blocks, then the blocks."""
    return _added([_in_order(x, w, range(k, min(k + width, len(w)))) for k in range(0, len(w), width)])


def in_lanes(x: Array, w: Array, width: int) -> Array:
    """Add every width-th in a lane of a vector register, then the lanes."""
    return _added([_in_order(x, w, range(k, len(w), width)) for k in range(min(width, len(w)))])


def split(x: Array, w: Array) -> Array:
    """Give a quarter of the sum to each of four workers, who use BLAS."""
    cuts = [len(w) * part // 4 for part in range(5)]
    return _added([x[:, first:last] @ w[first:last] for first, last in neighbours(cuts)])


def blas(x: Array, w: Array) -> Array:
    """Leave it to BLAS."""
    return x @ w


def in_float64(x: Array, w: Array) -> Array:
    """Add in float64, and round once."""
    return (x.astype(np.float64) @ w.astype(np.float64)).astype(np.float32)


def fused(x: Array, w: Array, lanes: int = 1) -> Array:
    """Add with one rounding for product and sum; `lanes` of them side by side."""
    totals = [np.zeros((len(x), w.shape[1]), np.float32) for _ in range(lanes)]
    wide = x.astype(np.float64), w.astype(np.float64)
    for k in range(len(w)):
        totals[k % lanes] = _multiply_add(_product(*wide, k), totals[k % lanes])
    return _added(totals)


def _multiply_add(product: Array, total: Array) -> Array:
    """Return the exact sum rounded once: in float64 to odd, which keeps float32's ties apart, then to float32."""
    wide = total.astype(np.float64)
    rounded = wide + product
    virtual = rounded - wide
    error = (wide - (rounded - virtual)) + (product - virtual)
    missed = (error != 0) & (rounded.view(np.int64) & 1 == 0)
    rounded[missed] = np.nextafter(rounded[missed], np.copysign(np.inf, error[missed]))
    return rounded.astype(np.float32)


def compensated(x: Array, w: Array) -> Array:
    """Add after Kahan, the error of each addition taken into the next."""
    total = np.zeros((len(x), w.shape[1]), np.float32)
    lost = np.zeros_like(total)
    for k in range(len(w)):
        term = _product(x, w, k) - lost
        added = total + term
        lost = (added - total) - term
        total = added
    return total


LEGAL: dict[str, Summation] = {
    "sequential": sequential,
    "backwards": backwards,
    "permuted": permuted,
    "smallest-first": smallest_first,
    "pairwise": pairwise,
    "blocked-4": partial(blocked, width=4),
    "blocked-16": partial(blocked, width=16),
    "blocked-256": partial(blocked, width=256),
    "lanes-8": partial(in_lanes, width=8),
    "split-k": split,
    "blas": blas,
    "float64": in_float64,
    "fma": fused,
    "fma-lanes-8": partial(fused, lanes=8),
    "kahan": compensated,
}
