"""TensorFlow, eager, on the device that it chooses: `tf.nn` itself, and `tf.compat.v1.nn` for gradients.

`tf.nn` has no gradients of `conv1d` and `conv3d` in their call form; they are what `tf.GradientTape` makes of these.
Documented limits, reported as unsupported: `conv1d` and `conv3d` take no explicit padding, and `conv3d` no groups; the
filter gradient of a dilated convolution has no CPU kernel ("Current CPU implementations do not yet support dilation
rates larger than 1"); no operation takes int8 ("Value for attr 'T' of int8 is not in the list of allowed values").
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

__all__ = [
    "VERSION",
    "bias_add",
    "conv1d",
    "conv1d_backprop_filter",
    "conv1d_backprop_input",
    "conv1d_transpose",
    "conv2d",
    "conv2d_backprop_filter",
    "conv2d_backprop_input",
    "conv2d_transpose",
    "conv3d",
    "conv3d_backprop_filter",
    "conv3d_backprop_input",
    "conv3d_transpose",
    "depthwise_conv2d",
    "depthwise_conv2d_backprop_filter",
    "depthwise_conv2d_backprop_input",
]

VERSION: str = tf.__version__

bias_add = tf.nn.bias_add


def _without_int8(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function`, refusing int8, which it has no kernel for."""

    @functools.wraps(function)
    def refusing(*operands: Any, **options: Any) -> Any:
        if any(getattr(operand, "dtype", None) == "int8" for operand in operands):
            raise NotImplementedError("TensorFlow's convolutions take float16 to float64, bfloat16 and int32, not int8")
        return function(*operands, **options)

    return refusing


conv2d = _without_int8(tf.nn.conv2d)
depthwise_conv2d = _without_int8(tf.nn.depthwise_conv2d)
conv1d_transpose = _without_int8(tf.nn.conv1d_transpose)
conv2d_transpose = _without_int8(tf.nn.conv2d_transpose)
conv3d_transpose = _without_int8(tf.nn.conv3d_transpose)
conv2d_backprop_input = _without_int8(tf.compat.v1.nn.conv2d_backprop_input)


@_without_int8
def conv1d(input: Any, filters: Any, stride: int, padding: Any, **options: Any) -> Any:
    """Call `tf.nn.conv1d`."""
    _refuse_pairs("conv1d", padding)
    return tf.nn.conv1d(input, filters, stride, padding, **options)


@_without_int8
def conv3d(input: Any, filters: Any, strides: Any, padding: Any, **options: Any) -> Any:
    """Call `tf.nn.conv3d`."""
    _refuse_pairs("conv3d", padding)
    if input.shape[-1] != filters.shape[-2]:
        raise NotImplementedError("tf.nn.conv3d takes no groups: in_channels must match between input and filters")
    return tf.nn.conv3d(input, filters, strides, padding, **options)


@_without_int8
def conv2d_backprop_filter(
    input: Any, filter_sizes: Any, out_backprop: Any, strides: Any, padding: Any, **options: Any
) -> Any:
    """Call `tf.compat.v1.nn.conv2d_backprop_filter`."""
    if any(step != 1 for step in options.get("dilations", [])):
        raise NotImplementedError("TensorFlow has no filter gradient of a dilated conv2d on the CPU")
    return tf.compat.v1.nn.conv2d_backprop_filter(input, filter_sizes, out_backprop, strides, padding, **options)


def _depthwise_gradient(gradient: Callable[..., Any]) -> Callable[..., Any]:
    """Return a depthwise gradient of `tf.nn`, which takes dilations of all four axes, unlike its convolution."""

    def with_four(*operands: Any, dilations: Any, **options: Any) -> Any:
        return gradient(*operands, dilations=[1, *dilations, 1], **options)

    return _without_int8(with_four)


depthwise_conv2d_backprop_input = _depthwise_gradient(tf.nn.depthwise_conv2d_backprop_input)
depthwise_conv2d_backprop_filter = _depthwise_gradient(tf.nn.depthwise_conv2d_backprop_filter)


def _gradients(convolve: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the gradients of `convolve` by its input and by its filters, in the call forms of conv2d's."""

    def by_input(input_sizes: Any, filters: Any, out_backprop: Any, strides: Any, **options: Any) -> Any:
        image = tf.zeros(input_sizes, out_backprop.dtype)
        return _gradient(lambda: convolve(image, filters, strides, **options), image, out_backprop)

    def by_filter(input: Any, filter_sizes: Any, out_backprop: Any, strides: Any, **options: Any) -> Any:
        filters = tf.zeros(filter_sizes, out_backprop.dtype)
        return _gradient(lambda: convolve(input, filters, strides, **options), filters, out_backprop)

    return _without_int8(by_input), _without_int8(by_filter)


def _gradient(convolve: Callable[[], Any], source: Any, out_backprop: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(source)
        output = convolve()
    return tape.gradient(output, source, output_gradients=tf.constant(out_backprop))


def _refuse_pairs(operation: str, padding: Any) -> None:
    if not isinstance(padding, str):
        raise NotImplementedError(f"tf.nn.{operation} takes no explicit padding")


conv1d_backprop_input, conv1d_backprop_filter = _gradients(conv1d)
conv3d_backprop_input, conv3d_backprop_filter = _gradients(conv3d)
