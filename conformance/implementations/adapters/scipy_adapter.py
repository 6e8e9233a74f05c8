"""SciPy: `scipy.signal.correlate`, directly, not by FFT, for every image and filter, channels included.

`correlate` of mode `valid` takes an image and a filter with their channels as one more axis, along which the filter
fits in one place only. That is what it computes; NumPy pads, spreads the filter's taps for dilations, and keeps every
n-th output for strides.

Documented limits, reported as unsupported: an operand must be as large as the other along every axis ("in 'valid' mode,
either in1 or in2 must be at least as large as the other in every dimension"), and a filter that is the larger one is
taken for the image; operands without elements give an empty array; there are no transposes and no derivatives.
`correlate` knows no strides, dilations, pads or groups: a call that names them wrongly cannot be handed to it.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import scipy
from scipy import signal

from conformance.data import Array
from conformance.implementations.framework import Framework, Geometry

__all__ = ["VERSION", "namespace"]

VERSION: str = scipy.__version__


class _SciPy(Framework):
    """SciPy's correlation."""

    name = "scipy.signal.correlate"
    dtypes = frozenset({"float32", "float64", "int32"})

    def convolve(self, image: Array, filters: Array, geometry: Geometry, bias: Array | None = None) -> Array:
        _check(image, filters, geometry)
        padded = np.pad(
            np.moveaxis(image, 1, -1) if geometry.channels_first else image, [(0, 0), *geometry.pads, (0, 0)]
        )
        spread = _spread(filters, geometry.dilations)
        if any(taps > size for taps, size in zip(spread.shape[:-2], padded.shape[1:-1], strict=True)):
            raise NotImplementedError(
                "scipy.signal.correlate takes a filter that is larger than the image for the image"
            )
        sizes = [size - taps + 1 for size, taps in zip(padded.shape[1:-1], spread.shape[:-2], strict=True)]
        every = tuple(slice(None, None, stride) for stride in geometry.strides)
        in_group, out_group = filters.shape[-2], filters.shape[-1] // geometry.groups
        output = np.empty((len(image), *sizes, filters.shape[-1]), image.dtype)
        for batch, out in np.ndindex(len(image), filters.shape[-1]):
            first = out // out_group * in_group
            source = padded[batch, ..., first : first + in_group]
            found = signal.correlate(source, spread[..., out], mode="valid", method="direct")
            output[batch, ..., out] = found[..., 0]
        kept = output[(slice(None), *every)]
        return np.ascontiguousarray(np.moveaxis(kept, -1, 1) if geometry.channels_first else kept)


def _check(image: Array, filters: Array, geometry: Geometry) -> None:
    """Refuse what SciPy cannot be asked."""
    parameters = [(geometry.strides, 1), (geometry.dilations, 1), ([pad for pair in geometry.pads for pad in pair], 0)]
    axes = {image.ndim - 2, filters.ndim - 2, len(geometry.strides), len(geometry.dilations), len(geometry.pads)}
    if len(axes) > 1 or any(min(sizes) < least for sizes, least in parameters):
        raise NotImplementedError("scipy.signal.correlate knows no strides, dilations and pads that it could refuse")
    channels = image.shape[1 if geometry.channels_first else -1]
    if (filters.shape[-2] * geometry.groups, filters.shape[-1] % geometry.groups) != (channels, 0):
        raise NotImplementedError("scipy.signal.correlate knows no groups that it could refuse")
    if 0 in (*filters.shape[:-1], channels):
        raise NotImplementedError("scipy.signal.correlate gives an empty array where an operand has no elements")


def _spread(filters: Array, dilations: tuple[int, ...]) -> Array:
    """Return the filters with zeros between their taps."""
    spread = np.zeros(
        [*((n - 1) * d + 1 for n, d in zip(filters.shape, dilations, strict=False)), *filters.shape[-2:]], filters.dtype
    )
    spread[tuple(slice(None, None, dilation) for dilation in dilations)] = filters
    return spread


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return what SciPy offers."""
    del variant
    offered = _SciPy().namespace()
    offered.SWITCHES = {"device": device, "method": "direct"}
    return offered
