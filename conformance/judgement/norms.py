"""Norms of a case's operands: what the error of algorithms that mix all products is measured by.

The 2-norm over positions, of each image's and out channel's output, never exceeds (Young's inequality, then the
triangle inequality over channels)

    ‖Σ|x·w|‖₂ ≤ Σ_c ‖x_c‖₂ · ‖w_ck‖₁

and this is what a transform keeps: by Parseval's theorem Fourier's does, and Winograd's up to a constant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from conformance.case import Case
from conformance.data import Array, Operands

__all__ = ["Norms", "largest_magnitude", "norms_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Norms:
    """What is known of the operands as a whole; only their finite numbers count.

    Attributes:
        spread: Σ_c ‖x_c‖₂·‖w_ck‖₁ + ‖bias‖₂ for each image and out channel, to broadcast over positions; None where
            the operation is no forward convolution, in which case the norm of Σ|x·w| itself stands for it.
        peaks: the sum of the largest magnitudes of the two operands.
        finite: whether there is no NaN and no infinity in any operand.
    """

    spread: Array | None = None
    peaks: float = 0.0
    finite: bool = True


def norms_of(case: Case, operands: Operands) -> Norms:
    """Return the norms of a case's operands."""
    given = [operands.input, operands.filters, operands.bias]
    arrays = [array for array in given if array is not None]
    peaks = sum(largest_magnitude(array) for array in arrays[:2])
    finite = all(bool(np.isfinite(array).all()) for array in arrays)
    forward = not case.operation.endswith(("transpose", "backprop_input", "backprop_filter"))
    return Norms(_spread(case, operands) if forward else None, peaks, finite)


@np.errstate(over="ignore")
def _spread(case: Case, operands: Operands) -> Array:
    """Return Σ_c ‖x_c‖₂·‖w_ck‖₁ + ‖bias‖₂, (batch, 1, …, out_channels)."""
    image, filters = (_finite(part) for part in (operands.input, operands.filters))
    if case.operation.startswith("depthwise"):
        filters = filters.reshape(*filters.shape[:-2], 1, -1)
    depth, out_channels = filters.shape[-2:]
    groups = image.shape[-1] // depth if depth else 1
    images = np.sqrt(np.sum(image**2, axis=tuple(range(1, image.ndim - 1)))).reshape(len(image), groups, depth)
    taps = np.sum(np.abs(filters), axis=tuple(range(filters.ndim - 2))).reshape(depth, groups, out_channels // groups)
    spread = np.einsum("ngc,cgk->ngk", images, taps).reshape(len(image), out_channels)
    if operands.bias is not None:
        spread = spread + np.abs(_finite(operands.bias)) * np.sqrt(np.prod(case.output[1:-1]))
    return np.asarray(spread.reshape(len(image), *(1,) * (image.ndim - 2), out_channels))


def largest_magnitude(array: Array) -> float:
    """Return the largest magnitude of the finite numbers in an array; 0 where there are none."""
    return float(np.abs(_finite(array)).max(initial=0))


def _finite(array: Array) -> Array:
    numbers = array.astype(np.float64)
    return np.where(np.isfinite(numbers), numbers, 0.0)
