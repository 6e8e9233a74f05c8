"""tinygrad: `Tensor.conv2d` and `conv_transpose2d`, which serve one to three dimensions, and `Tensor.gradient`.

Images are channels first, and are permuted before and after where the case has them last; filters are (out_channels,
in_channels, *sizes). SAME is padded by the numbers that it means, in tinygrad's own argument. A device is chosen as
always in tinygrad, by the variable DEV; where that is not set and there is no clang, which tinygrad's CPU wants, it is
PYTHON, tinygrad's own interpreter, which needs some seconds a case. With clang 14, which does not compute in bfloat16,
some calls raise; with clang 19, none does. Documented limits, reported as unsupported: int8 is multiplied in int8;
integers have no derivatives.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from importlib.metadata import version
from types import SimpleNamespace

import ml_dtypes
import numpy as np

from conformance.data import Array
from conformance.implementations.framework import Framework, Geometry, Tensor
from conformance.implementations.output_padding import output_padding

if not shutil.which(os.environ.get("CC", "clang")):
    os.environ.setdefault("DEV", "PYTHON")  # read when tinygrad is imported

import tinygrad

__all__ = ["VERSION", "namespace"]

VERSION: str = version("tinygrad")


class _Tinygrad(Framework):
    """Convolutions, with their transposes and derivatives."""

    name = "tinygrad"
    dtypes = frozenset({"bfloat16", "float16", "float32", "float64", "int32"})
    takes_bias = True

    def tensor(self, array: Array) -> Tensor:
        if array.dtype == ml_dtypes.bfloat16:  # which tinygrad does not read from NumPy
            return tinygrad.Tensor(array.view(np.uint16)).bitcast(tinygrad.dtypes.bfloat16)
        return tinygrad.Tensor(array)

    def array(self, tensor: Tensor) -> Array:
        is_narrow = tensor.dtype == tinygrad.dtypes.bfloat16  # which it would give as float32
        found: Array = (tensor.bitcast(tinygrad.dtypes.uint16) if is_narrow else tensor).numpy()
        return found.view(ml_dtypes.bfloat16) if is_narrow else found

    def convolve(self, image: Tensor, filters: Tensor, geometry: Geometry, bias: Tensor | None = None) -> Tensor:
        output = _channels_first(image, geometry).conv2d(
            _own_filters(filters),
            bias,
            groups=geometry.groups,
            stride=geometry.strides,
            dilation=geometry.dilations,
            padding=_own_pads(geometry),
        )
        return _in_layout(output, geometry)

    def transpose(self, image: Tensor, filters: Tensor, output_shape: tuple[int, ...], geometry: Geometry) -> Tensor:
        spare = output_padding(image.shape, filters.shape, output_shape, geometry)
        image = _channels_first(image, geometry)
        output = image.conv_transpose2d(
            _own_filters(filters),
            groups=geometry.groups,
            stride=geometry.strides,
            dilation=geometry.dilations,
            padding=_own_pads(geometry),
            output_padding=spare,
        )
        return _in_layout(output, geometry)

    def pull_back(self, function: Callable[[Tensor], Tensor], at: Tensor, arriving: Tensor) -> Tensor:
        if not tinygrad.dtypes.is_float(at.dtype):
            raise NotImplementedError(f"tinygrad differentiates by no {at.dtype.name}")
        return function(at).gradient(at, gradient=arriving)[0]


def _own_filters(filters: Tensor) -> Tensor:
    """Return (*sizes, in, out) as (out, in, *sizes)."""
    rank = filters.ndim - 2
    return filters.permute(rank + 1, rank, *range(rank))


def _own_pads(geometry: Geometry) -> tuple[int, ...]:
    """Return the pads as tinygrad takes them: left, right, top, bottom; the last axis comes first."""
    return tuple(pad for pair in reversed(geometry.pads) for pad in pair)


def _channels_first(image: Tensor, geometry: Geometry) -> Tensor:
    return image if geometry.channels_first else image.permute(0, geometry.rank + 1, *range(1, geometry.rank + 1))


def _in_layout(output: Tensor, geometry: Geometry) -> Tensor:
    return output if geometry.channels_first else output.permute(0, *range(2, geometry.rank + 2), 1)


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return tinygrad's functions, computed on the device that it has chosen."""
    del variant
    functions = _Tinygrad().namespace()
    functions.SWITCHES = {"device": device, "DEV": tinygrad.Device.DEFAULT}
    return functions
