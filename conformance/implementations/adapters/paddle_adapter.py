"""PaddlePaddle, dynamic graph, on the CPU: `paddle.nn.functional.conv2d`, its transpose, and `paddle.grad` of both.

They take a bias, pads of every side and images in either layout; filters are OIHW whatever the layout is, and NumPy
brings them there. Paddle needs a process without TensorFlow: imported behind it, it ends the process (SIGSEGV).

Documented limits, reported as unsupported: kernels for the CPU take float32 and float64 ("The kernel with key (CPU,
Undefined(AnyLayout), float16) of kernel `conv2d` is not registered").
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import paddle
from paddle.nn import functional

from conformance.data import Array
from conformance.implementations.framework import Framework, Geometry
from conformance.implementations.output_padding import output_padding

__all__ = ["VERSION", "namespace"]

VERSION: str = paddle.__version__

_LAYOUTS = {1: ("NLC", "NCL"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}
"""Paddle's names of channels last and channels first, by the number of spatial axes."""


class _Paddle(Framework):
    """Paddle's functions."""

    name = "Paddle"
    dtypes = frozenset({"float32", "float64"})
    takes_bias = True

    def tensor(self, array: Array) -> Any:
        return paddle.to_tensor(array)

    def array(self, tensor: Any) -> Array:
        return np.asarray(tensor.numpy())

    def convolve(self, image: Any, filters: Any, geometry: Geometry, bias: Any = None) -> Any:
        function = getattr(functional, f"conv{geometry.rank}d")
        return function(image, _swapped(filters), bias, **_options(geometry))

    def transpose(self, image: Any, filters: Any, output_shape: tuple[int, ...], geometry: Geometry) -> Any:
        beyond = output_padding(image.shape, filters.shape, output_shape, geometry)
        function = getattr(functional, f"conv{geometry.rank}d_transpose")
        return function(image, _swapped(filters), output_padding=list(beyond), **_options(geometry))

    def pull_back(self, function: Callable[[Any], Any], at: Any, arriving: Any) -> Any:
        at.stop_gradient = False
        return paddle.grad([function(at)], [at], [arriving])[0]


def _swapped(filters: Any) -> Any:
    """Return filters with their channels before their taps, the output's first; those of a transpose likewise."""
    rank = len(filters.shape) - 2
    return paddle.transpose(filters, [rank + 1, rank, *range(rank)])


def _options(geometry: Geometry) -> dict[str, Any]:
    return {
        "stride": list(geometry.strides),
        "padding": [size for pair in geometry.pads for size in pair],
        "dilation": list(geometry.dilations),
        "groups": geometry.groups,
        "data_format": _LAYOUTS[geometry.rank][geometry.channels_first],
    }


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return what Paddle offers on `device`."""
    del variant
    paddle.set_device(device)
    offered = _Paddle().namespace()
    offered.SWITCHES = {"device": device}
    return offered
