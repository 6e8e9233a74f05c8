"""JAX: `jax.lax.conv_general_dilated` and `jax.lax.conv_transpose`, called eagerly, and `jax.vjp`.

JAX takes images in either layout and filters as HWIO; `SAME` and `VALID` are its own words, and other pads are pairs.
`conv_transpose` is called with `transpose_kernel=True`, by the same words where these give the size that is asked for.
`jax_enable_x64` is set, without which float64 is float32, and `preferred_element_type` is int32 for int8.

Documented limits, reported as unsupported: `conv_transpose` takes no groups and no output size that no padding
gives; derivatives are of floating-point numbers only ("grad requires real- or complex-valued inputs").
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax
from jax import lax
from jax import numpy as jnp

from conformance.data import Array
from conformance.errors import Unavailable
from conformance.implementations.framework import Framework, Geometry, Tensor
from reference.geometry import receptive_field

__all__ = ["VERSION", "namespace"]

VERSION: str = jax.__version__

_LAST = {1: ("NWC", "WIO", "NWC"), 2: ("NHWC", "HWIO", "NHWC"), 3: ("NDHWC", "DHWIO", "NDHWC")}
_FIRST = {1: ("NCW", "WIO", "NCW"), 2: ("NCHW", "HWIO", "NCHW"), 3: ("NCDHW", "DHWIO", "NCDHW")}

_Pads = tuple[tuple[int, int], ...]


class _Jax(Framework):
    """JAX on one device."""

    name = "JAX"
    dtypes = frozenset({"float16", "bfloat16", "float32", "float64", "int32", "int8"})

    def __init__(self, device: jax.Device) -> None:
        self._device = device

    def tensor(self, array: Array) -> Tensor:
        return jnp.asarray(array, device=self._device)

    def convolve(self, image: Tensor, filters: Tensor, geometry: Geometry, bias: Tensor | None = None) -> Tensor:
        return lax.conv_general_dilated(
            image,
            filters,
            geometry.strides,
            geometry.pads if geometry.padding == "EXPLICIT" else geometry.padding,
            rhs_dilation=geometry.dilations,
            dimension_numbers=_layout(geometry),
            feature_group_count=geometry.groups,
            preferred_element_type=jnp.int32 if image.dtype == jnp.int8 else None,
        )

    def transpose(self, image: Tensor, filters: Tensor, output_shape: tuple[int, ...], geometry: Geometry) -> Tensor:
        if geometry.groups > 1:
            raise NotImplementedError("jax.lax.conv_transpose takes no groups")
        return lax.conv_transpose(
            image,
            filters,
            geometry.strides,
            _transposed_padding(image.shape, filters.shape, output_shape, geometry),
            rhs_dilation=geometry.dilations,
            dimension_numbers=_layout(geometry),
            transpose_kernel=True,
            preferred_element_type=jnp.int32 if image.dtype == jnp.int8 else None,
        )

    def pull_back(self, function: Callable[[Tensor], Tensor], at: Tensor, arriving: Tensor) -> Tensor:
        if not jnp.issubdtype(at.dtype, jnp.floating):
            raise NotImplementedError(f"JAX has derivatives of floating-point numbers only, not {at.dtype}")
        _, back = jax.vjp(function, at)
        return back(arriving)[0]


def _layout(geometry: Geometry) -> tuple[str, str, str]:
    return (_FIRST if geometry.channels_first else _LAST)[geometry.rank]


def _transposed_padding(
    image: tuple[int, ...], filters: tuple[int, ...], output: tuple[int, ...], geometry: Geometry
) -> str | _Pads:
    """Return the padding that gives an output of that shape: a word where it does, else pads of the transpose itself.

    Raises:
        NotImplementedError: the convolution of that shape is not of the image's.
    """
    spatial = slice(2, None) if geometry.channels_first else slice(1, -1)
    fields = [receptive_field(*axis) for axis in zip(filters[:-2], geometry.dilations, strict=True)]
    axes = list(zip(image[spatial], output[spatial], fields, geometry.strides, geometry.pads, strict=True))
    beyond = [
        large + sum(pads) - (small - 1) * stride - field if small else 0 for small, large, field, stride, pads in axes
    ]
    if any(not 0 <= rest < stride for rest, stride in zip(beyond, geometry.strides, strict=True)):
        raise NotImplementedError(f"jax.lax.conv_transpose takes no output_shape, and no padding gives {output}")
    words = {
        "SAME": all(large == small * stride for small, large, _, stride, _ in axes),
        "VALID": all(large == small * stride + max(0, field - stride) for small, large, field, stride, _ in axes),
    }
    if words.get(geometry.padding):
        return geometry.padding
    pads = zip(fields, geometry.pads, beyond, strict=True)
    return tuple((field - 1 - before, field - 1 - after + rest) for field, (before, after), rest in pads)


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return what JAX offers on a device.

    Raises:
        Unavailable: JAX sees no such device.
    """
    del variant
    try:
        found = jax.devices(device)[0]
    except RuntimeError as error:
        raise Unavailable(f"JAX {VERSION} sees no {device.upper()} here") from error
    config: Any = jax.config
    config.update("jax_enable_x64", True)
    offered = _Jax(found).namespace()
    precision = str(config.jax_default_matmul_precision or "not set")
    offered.SWITCHES = {"device": device, "jax_enable_x64": "True", "jax_default_matmul_precision": precision}
    return offered
