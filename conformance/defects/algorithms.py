"""Mistakes of fast algorithms: Winograd's in its tiles and its rounding, Fourier's without zeros behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Defect
from conformance.defects.operands import forward
from conformance.defects.steps import contract
from reference import winograd

__all__ = ["DEFECTS"]


def _is_winograd(call: Call) -> bool:
    """Tell whether it is what Winograd's algorithm is mostly written for: three taps, no strides, no dilations."""
    return set(call.taps) == {3} and set(call.strides + call.dilations) == {1}


def _odd_tile(output: Array, call: Call) -> Array:
    """Leave the last row and column zero where the output's size is odd, as a tile of 2×2 reaches beyond."""
    if not _is_winograd(call):
        return output
    result = output.copy()
    for axis, size in enumerate(call.out_sizes, start=1):
        if size % 2 and size > 1:
            np.moveaxis(result, axis, 0)[-1] = 0
    return result


def _tiles_overlap(output: Array, call: Call) -> Array:
    """Give the first two columns of each tile of four again as the other two."""
    if not _is_winograd(call):
        return output
    place = np.arange(output.shape[-2])
    return output.take(np.where(place % 4 >= 2, place - 2, place), axis=-2)


def _swapped_in_tiles(output: Array, call: Call) -> Array:
    """Exchange rows and columns within each whole tile of 2×2."""
    if not _is_winograd(call) or call.rank != 2:
        return output
    result = output.copy()
    rows, columns = (size // 2 * 2 for size in call.out_sizes)
    result[:, 0:rows:2, 1:columns:2] = output[:, 1:rows:2, 0:columns:2]
    result[:, 1:rows:2, 0:columns:2] = output[:, 0:rows:2, 1:columns:2]
    return result


def _is_finite(call: Call) -> bool:
    return all(part is None or bool(np.isfinite(part).all()) for part in (call.input, call.filters))


def _by_winograd(call: Call) -> Array:
    """Convolve by Winograd's algorithm in float32, where it can; its transforms round whole numbers too."""
    usable = _is_winograd(call) and call.rank == 2 and call.groups == 1 and _is_finite(call)
    if not usable or call.operand_dtype != np.float32 or 0 in call.image_shape + call.out_sizes:
        return contract(call)
    assert call.input is not None and call.filters is not None
    image, filters = call.input.astype(np.float32), call.filters.astype(np.float32)
    return winograd.conv2d(image, filters, padding=((0, 0), *call.pads, (0, 0))).astype(np.float64)


def _by_fourier(kind: type[np.complexfloating], whole: bool) -> Callable[[Call], Array]:
    """Return a convolution by Fourier's transform, whose numbers are rounded to `kind`; `whole` results if need be."""

    def computed(call: Call) -> Array:
        usable = call.groups == 1 and _is_finite(call) and call.operand_dtype.name in ("float32", "float64")
        if not usable or 0 in call.image_shape + call.out_sizes + call.filters_shape:
            return contract(call)
        assert call.input is not None and call.filters is not None
        axes = tuple(range(1, call.rank + 1))
        padded = np.pad(call.input, ((0, 0), *call.pads, (0, 0)))
        sizes = padded.shape[1:-1]
        dilated = np.zeros((1, *call.fields, *call.filters_shape[-2:]))
        dilated[0][tuple(slice(None, None, hole) for hole in call.dilations)] = call.filters
        image = np.fft.rfftn(padded, sizes, axes).astype(kind)
        filters = np.fft.rfftn(dilated, sizes, axes).astype(kind).conj()
        spectrum = np.einsum("n...c,m...ck->n...k", image, filters)
        found = np.fft.irfftn(spectrum, sizes, axes)
        places = tuple(slice(0, size * step, step) for size, step in zip(call.out_sizes, call.strides, strict=True))
        output = found[(slice(None), *places)]
        return np.rint(output) if whole else output

    return computed


def _wrapped(call: Call) -> Call:
    """Wrap what lies behind the image round to its beginning, zeros before it included."""
    axes = zip(call.tables, call.in_sizes, call.strides, call.dilations, call.pads, strict=True)
    tables = []
    for met, size, stride, dilation, (before, _) in axes:
        outputs, taps = met.shape
        padded = np.arange(outputs)[:, None] * stride + np.arange(taps) * dilation
        around = padded % max(1, size + before) - before
        tables.append(np.maximum(around, -1))
    return replace(call, tables=tuple(tables))


_WINOGRAD = "Winograd's algorithm"
_FOURIER = "Fourier's transform"

DEFECTS: tuple[Defect, ...] = (
    Defect(
        "winograd-odd-tile",
        _WINOGRAD,
        "leaves an odd last row or column zero where three taps meet a stride of 1, as in Winograd's tiles of 2×2",
        forward,
        summed=_odd_tile,
    ),
    Defect(
        "winograd-tiles-overlap",
        _WINOGRAD,
        "gives the first two columns of each four again as the other two where three taps meet a stride of 1",
        forward,
        summed=_tiles_overlap,
    ),
    Defect(
        "winograd-swapped-in-tiles",
        _WINOGRAD,
        "exchanges rows and columns within Winograd's tiles of 2×2",
        forward,
        summed=_swapped_in_tiles,
    ),
    Defect(
        "winograd-rounds",
        _WINOGRAD,
        "computes 3×3 filters by Winograd's algorithm in float32, which rounds where plain sums are exact",
        forward,
        contract=_by_winograd,
    ),
    Defect(
        "fourier-wraps",
        _FOURIER,
        "wraps round to the beginning at the bottom and at the right: it puts no zeros behind before it transforms",
        tabled=_wrapped,
    ),
    Defect(
        "fourier-float32",
        _FOURIER,
        "computes by Fourier's transform in float32, which rounds where plain sums are exact",
        forward,
        contract=_by_fourier(np.complex64, whole=False),
    ),
    Defect(
        "fourier-whole",
        _FOURIER,
        "rounds results to whole numbers, as after Fourier's transform of integers",
        forward,
        contract=_by_fourier(np.complex128, whole=True),
    ),
)
