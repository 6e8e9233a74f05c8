"""Norms of a case's operands: what the error of algorithms that mix all products is measured by.

Over the positions of an image's and out channel's output, the fast algorithms' errors are bounded by

    spread = Σ_c ‖x_c‖₂ · max(F·‖w_ck‖₂, ‖w_ck‖₁),      F = 44.2

c being the channels that are added. Transforms keep the 2-norm of the image, by Parseval's theorem, and multiply it by
at most ‖w‖₁; this is Fourier's. Winograd's F(4×4, 3×3) multiplies pixel j by B_pj and tap r by G_pr at its point p, and
adds the product to output i by a factor a_ip. Roundings that are independent add squares: no product takes more than
Σ_p (Σ_i a_ip²)·G_pr²·B_pj² ≤ 44.2 along an axis, hence 44.2² in two, of which F is the root (`AMPLIFICATION`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from conformance.case import Case, Map
from conformance.data import Array, Operands

__all__ = ["AMPLIFICATION", "Norms", "norms_of"]

AMPLIFICATION = 44.2
"""F, of the root mean square of rounding errors, in two axes of Winograd's F(4×4, 3×3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Norms:
    """What is known of the operands as a whole; only their finite numbers count.

    Attributes:
        spread: for each image and out channel, and ‖bias‖₂ added, to broadcast over positions; None for the gradient
            of filters, and where there are not two operands: there F times the norm of Σ|x·w| itself stands.
        peaks: the sum of the largest magnitudes of the two operands.
        finite: whether there is no NaN and no infinity in any operand.
    """

    spread: Array | None = None
    peaks: float = 0.0
    finite: bool = True


def norms_of(case: Case, operands: Operands) -> Norms:
    """Return the norms of a case's operands."""
    arrays = [operands.given[name] for name in case.operation.operands]
    added = [] if operands.bias is None else [operands.bias]
    peaks = sum(float(np.abs(_finite(array)).max(initial=0)) for array in arrays)
    finite = all(bool(np.isfinite(array).all()) for array in arrays + added)
    return Norms(_spread(case, operands), peaks, finite)


@np.errstate(over="ignore")
def _spread(case: Case, operands: Operands) -> Array | None:
    """Return the spread, (batch, 1, …, out_channels)."""
    if case.operation.map is Map.TO_FILTERS or len(case.operation.operands) != 2:
        return None
    image = _finite(operands.given[case.operation.operands[0]])
    images = np.sqrt(np.sum(image**2, axis=tuple(range(1, image.ndim - 1))))
    added = _between_channels(case, operands, images.shape[1])
    spread = np.einsum("ngc,gck->ngk", images.reshape(len(image), *added.shape[:2]), added)
    spread = spread.reshape(len(image), math.prod(spread.shape[1:]))
    if operands.bias is not None:
        spread = spread + np.abs(_finite(operands.bias)) * np.sqrt(np.prod(case.output[1:-1]))
    return np.expand_dims(spread, tuple(range(1, image.ndim - 1)))


def _between_channels(case: Case, operands: Operands, channels: int) -> Array:
    """Return the filters' norms, (groups, channels in, channels out) of what the operation adds and gives."""
    filters, operation = _finite(operands.filters), case.operation
    if operation.is_depthwise:
        filters = filters.reshape(*filters.shape[:-2], 1, -1)
    axes = tuple(range(filters.ndim - 2))
    taps = np.maximum(AMPLIFICATION * np.sqrt(np.sum(filters**2, axis=axes)), np.sum(np.abs(filters), axis=axes))
    depth, width = taps.shape
    forward = operation.map is Map.TO_OUTPUT
    groups = (channels if forward else case.output[-1]) // depth if depth else 1
    grouped = taps.reshape(depth, groups, width // max(1, groups))
    return np.asarray(grouped.transpose(1, 0, 2) if forward else grouped.transpose(1, 2, 0))


def _finite(array: Array) -> Array:
    numbers = array.astype(np.float64)
    return np.where(np.isfinite(numbers), numbers, 0.0)
