"""Keras on its TensorFlow backend: `keras.ops.conv`, `depthwise_conv`, `separable_conv` and `conv_transpose`.

Layouts and groups are Keras's own, and SAME is that of TensorFlow. Explicit pads go through `keras.ops.pad`. Gradients
are what `tf.GradientTape` makes of these operations, as in Keras's own training. Documented limits, reported as
unsupported: `conv` takes strides or dilations ("`strides > 1` not supported in conjunction with `dilation_rate > 1`");
`conv_transpose` knows the paddings "valid" and "same" only, and takes no groups, and an `output_padding` that "must be
lower than the stride"; no gradients of integers. Kernels that the backend lacks are those that TensorFlow lacks.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import keras
import tensorflow as tf

from conformance.data import Array
from conformance.errors import Unavailable
from conformance.implementations.adapters.tensorflow_adapter import with_limits
from conformance.implementations.framework import Framework, Geometry, Tensor

__all__ = ["VERSION", "namespace"]

VERSION: str = keras.__version__


class _Keras(Framework):
    """Convolutions, with their transposes."""

    name = "keras.ops.conv"
    dtypes = frozenset({"bfloat16", "float16", "float32", "float64", "int32"})

    def tensor(self, array: Array) -> Tensor:
        return keras.ops.convert_to_tensor(array)

    def convolve(self, image: Tensor, filters: Tensor, geometry: Geometry, bias: Tensor | None = None) -> Tensor:
        del bias
        if any(step > 1 for step in geometry.strides) and any(step > 1 for step in geometry.dilations):
            raise NotImplementedError("`strides > 1` not supported in conjunction with `dilation_rate > 1`")
        return keras.ops.conv(_padded(image, geometry), filters, **_options(geometry))

    def transpose(self, image: Tensor, filters: Tensor, output_shape: tuple[int, ...], geometry: Geometry) -> Tensor:
        if geometry.padding == "EXPLICIT":
            raise NotImplementedError("keras.ops.conv_transpose knows the paddings 'valid' and 'same' only")
        if geometry.groups != 1:
            raise NotImplementedError("keras.ops.conv_transpose takes no groups")
        spatial = slice(2, None) if geometry.channels_first else slice(1, -1)
        spare = _output_padding(image.shape[spatial], output_shape[spatial], filters.shape[:-2], geometry)
        return keras.ops.conv_transpose(image, filters, output_padding=spare, **_options(geometry))

    def pull_back(self, function: Callable[[Tensor], Tensor], at: Tensor, arriving: Tensor) -> Tensor:
        if not at.dtype.is_floating:
            raise NotImplementedError(f"TensorFlow differentiates by no {at.dtype.name}")
        with tf.GradientTape() as tape:
            tape.watch(at)
            output = function(at)
        return tape.gradient(output, at, output_gradients=arriving)


class _Depthwise(_Keras):
    """Convolutions of every channel by itself."""

    name = "keras.ops.depthwise_conv"
    ranks = (2,)

    def convolve(self, image: Tensor, filters: Tensor, geometry: Geometry, bias: Tensor | None = None) -> Tensor:
        del bias
        *sizes, _, count = filters.shape
        own = keras.ops.reshape(filters, (*sizes, geometry.groups, count // geometry.groups))
        return keras.ops.depthwise_conv(_padded(image, geometry), own, **_options(geometry))


def _separable_conv2d(
    input: Array,
    depthwise_filter: Array,
    pointwise_filter: Array,
    strides: Sequence[int],
    padding: Any,
    data_format: str,
    dilations: Sequence[int],
) -> Tensor:
    """Call `keras.ops.separable_conv`."""
    channels_first = data_format == "NCHW"
    spatial = slice(2, None) if channels_first else slice(1, -1)
    named = isinstance(padding, str)
    pads = ((0, 0), (0, 0)) if named else tuple((low, high) for low, high in padding[spatial])
    written = padding if named else "EXPLICIT"
    geometry = Geometry(tuple(strides[spatial]), pads, tuple(dilations), 1, channels_first, written)
    image = _padded(keras.ops.convert_to_tensor(input), geometry)
    return keras.ops.separable_conv(image, depthwise_filter, pointwise_filter, **_options(geometry))


def _padded(image: Tensor, geometry: Geometry) -> Tensor:
    """Return the image with the pads that were given as numbers."""
    if geometry.padding != "EXPLICIT":
        return image
    pads = [(0, 0), (0, 0), *geometry.pads] if geometry.channels_first else [(0, 0), *geometry.pads, (0, 0)]
    return keras.ops.pad(image, pads)


def _options(geometry: Geometry) -> dict[str, Any]:
    return {
        "strides": geometry.strides,
        "padding": "valid" if geometry.padding == "EXPLICIT" else geometry.padding.lower(),
        "data_format": "channels_first" if geometry.channels_first else "channels_last",
        "dilation_rate": geometry.dilations,
    }


def _output_padding(
    sizes: Sequence[int], out_sizes: Sequence[int], filter_sizes: Sequence[int], geometry: Geometry
) -> tuple[int, ...] | None:
    """Return what Keras must add for a transpose to have `out_sizes`; None where it has them of itself.

    Raises:
        NotImplementedError: Keras gives no output of that size.
    """
    same = geometry.padding == "SAME"
    extents = [(taps - 1) * hole + 1 for taps, hole in zip(filter_sizes, geometry.dilations, strict=True)]
    axes = list(zip(sizes, extents, geometry.strides, strict=True))
    usual = tuple(n * step if same else (n - 1) * step + max(extent, step) for n, extent, step in axes)
    if tuple(out_sizes) == usual:
        return None
    least = [(n - 1) * step + (extent % 2 if same else extent) for n, extent, step in axes]
    spare = tuple(size - start for size, start in zip(out_sizes, least, strict=True))
    for amount, step, size, own in zip(spare, geometry.strides, out_sizes, usual, strict=True):
        if not 0 <= amount < step and size != own:
            raise NotImplementedError(f"output_padding must be lower than the stride, but is {spare} for this size")
    return spare


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return Keras's functions, computed by TensorFlow on `cpu` or `gpu`.

    Raises:
        Unavailable: Keras has another backend, or TensorFlow sees no such device.
    """
    del variant
    if keras.backend.backend() != "tensorflow":
        raise Unavailable(f"keras computes by {keras.backend.backend()} here, not by TensorFlow; set KERAS_BACKEND")
    if not tf.config.list_physical_devices(device.upper()):
        raise Unavailable(f"TensorFlow {tf.__version__} sees no {device.upper()} here")
    tf.get_logger().setLevel("ERROR")  # it warns of tracing often: Keras traces anew at every call that it gives to XLA
    depthwise = {name: function for name, function in vars(_Depthwise().namespace()).items() if "depthwise" in name}
    found = vars(_Keras().namespace()) | depthwise | {"separable_conv2d": _separable_conv2d}
    switches = {"device": device, "backend": f"tensorflow {tf.__version__}"}
    return SimpleNamespace(SWITCHES=switches, **{name: _placed(each, device) for name, each in found.items()})


def _placed(function: Callable[..., Any], device: str) -> Callable[..., Any]:
    """Return the function as Keras computes it on a device."""

    @functools.wraps(function)
    def placed(*operands: Any, **options: Any) -> Any:
        with keras.device(f"{device}:0"):
            return function(*operands, **options)

    return with_limits(placed)
