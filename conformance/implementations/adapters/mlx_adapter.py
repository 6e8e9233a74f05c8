"""MLX: `mlx.core.conv1d` to `conv3d` and their transposes, and `conv_general` where the pads of an axis differ.

Images are channels last, and are transposed before and after where the case has them first; filters are (out_channels,
*sizes, in_channels). SAME is padded by the numbers that it means. Gradients are those of `mlx.core.vjp`. Documented
limits, reported as unsupported: "Cannot convert DLPack arrays with negative strides to mlx array"; "Convolution
currently only supports floating point types"; "Can only handle groups != 1 in 1D or 2D convolutions", and of transposes
"Only the default groups=1"; transposes take the same pad on both sides of an axis, and no negative `output_padding`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import ml_dtypes
import mlx.core as mx
import numpy as np

from conformance.data import Array
from conformance.errors import Unavailable
from conformance.implementations.framework import Framework, Geometry, Tensor
from conformance.implementations.output_padding import output_padding

__all__ = ["VERSION", "namespace"]

VERSION: str = mx.__version__

_CONVOLUTIONS = {1: mx.conv1d, 2: mx.conv2d, 3: mx.conv3d}
_TRANSPOSES = {1: mx.conv_transpose1d, 2: mx.conv_transpose2d, 3: mx.conv_transpose3d}


class _MLX(Framework):
    """Convolutions, with their transposes and derivatives."""

    name = "MLX"
    dtypes = frozenset({"bfloat16", "float16", "float32", "float64"})

    def tensor(self, array: Array) -> Tensor:
        if min(array.strides, default=0) < 0:
            raise NotImplementedError("MLX cannot convert DLPack arrays with negative strides to mlx array")
        return mx.array(array, getattr(mx, array.dtype.name))  # without the dtype, float64 would become float32

    def array(self, tensor: Tensor) -> Array:
        if tensor.dtype == mx.bfloat16:  # which the buffers that NumPy reads cannot name
            return np.asarray(tensor.view(mx.uint16)).view(ml_dtypes.bfloat16)
        return np.asarray(tensor)

    def convolve(self, image: Tensor, filters: Tensor, geometry: Geometry, bias: Tensor | None = None) -> Tensor:
        del bias
        self._check_groups(geometry)
        weights = mx.moveaxis(filters, -1, 0)
        before, after = zip(*geometry.pads, strict=True)
        steps, holes = geometry.strides, geometry.dilations
        image = _channels_last(image, geometry)
        if geometry.is_symmetric:
            convolve = _CONVOLUTIONS[geometry.rank]
            given = (steps[0], before[0], holes[0]) if geometry.rank == 1 else (steps, before, holes)
            return _in_layout(convolve(image, weights, *given, groups=geometry.groups), geometry)
        padding = (list(before), list(after))
        output = mx.conv_general(image, weights, steps, padding, kernel_dilation=holes, groups=geometry.groups)
        return _in_layout(output, geometry)

    def transpose(self, image: Tensor, filters: Tensor, output_shape: tuple[int, ...], geometry: Geometry) -> Tensor:
        if geometry.groups != 1:
            raise NotImplementedError("transposes of MLX take no groups: only the default groups=1 is supported")
        if not geometry.is_symmetric:
            raise NotImplementedError("transposes of MLX take the same pad on both sides of an axis")
        spare = output_padding(image.shape, filters.shape, output_shape, geometry)
        if min(spare) < 0:
            raise NotImplementedError(f"MLX takes no output_padding of {spare}, as an output of {output_shape} needs")
        image, pads = _channels_last(image, geometry), tuple(before for before, _ in geometry.pads)
        steps = [geometry.strides, pads, geometry.dilations, spare]
        given = [each[0] for each in steps] if geometry.rank == 1 else steps
        output = _TRANSPOSES[geometry.rank](image, mx.moveaxis(filters, -2, 0), *given)
        return _in_layout(output, geometry)

    def pull_back(self, function: Callable[[Tensor], Tensor], at: Tensor, arriving: Tensor) -> Tensor:
        return mx.vjp(function, [at], [arriving])[1][0]

    @staticmethod
    def _check_groups(geometry: Geometry) -> None:
        if geometry.groups != 1 and geometry.rank == 3:
            raise NotImplementedError("MLX can only handle groups != 1 in 1D or 2D convolutions")


def _channels_last(image: Tensor, geometry: Geometry) -> Tensor:
    return mx.moveaxis(image, 1, -1) if geometry.channels_first else image


def _in_layout(output: Tensor, geometry: Geometry) -> Tensor:
    return mx.moveaxis(output, -1, 1) if geometry.channels_first else output


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return MLX's functions, computed on `cpu` or `gpu`.

    Raises:
        Unavailable: MLX sees no such device.
    """
    del variant
    chosen = mx.Device(getattr(mx, device))
    if not mx.is_available(chosen):
        raise Unavailable(f"MLX {VERSION} sees no {device.upper()} here")
    mx.set_default_device(chosen)
    functions = _MLX().namespace()
    functions.SWITCHES = {"device": device}
    return functions
