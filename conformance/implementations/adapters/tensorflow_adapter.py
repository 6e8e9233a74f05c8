"""TensorFlow's functions: `tf.nn` itself, and `tf.compat.v1.nn` for gradients; tensorflow_modes_adapter runs them.

`tf.nn` has no gradients of `conv1d`, `conv3d` and the transposes in their call form; they are what `tf.GradientTape`
makes of these. Documented limits, reported as unsupported: `conv1d` and `conv3d` take no explicit padding, and `conv3d`
and its transpose no groups; `depthwise_conv2d` takes no strides beside dilations; no operation takes int8, and few take
int32 ("Value for attr 'T' of int32 is not in the list of allowed values"); `tf.GradientTape` gives no gradients by it.

Further limits of the kernels for the CPU, in its own words: "Current CPU implementations do not yet support dilation
rates larger than 1", of gradients and transposes with explicit padding, and of all of them without oneDNN; "Gradients
for grouped convolutions are not supported on CPU", of the same; "The Conv2D op currently only supports the NHWC tensor
format on the CPU", but for oneDNN's kernels, which take float32 and bfloat16; and without oneDNN "Current
implementation only supports equal length strides in the row and column dimensions", of depthwise convolutions, and "CPU
implementation of Conv3D currently only supports dilated rates of 1".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import tensorflow as tf

__all__ = [
    "VERSION",
    "bias_add",
    "bias_add_grad",
    "conv1d",
    "conv1d_backprop_filter",
    "conv1d_backprop_input",
    "conv1d_transpose",
    "conv1d_transpose_backprop_filter",
    "conv1d_transpose_backprop_input",
    "conv2d",
    "conv2d_backprop_filter",
    "conv2d_backprop_input",
    "conv2d_transpose",
    "conv2d_transpose_backprop_filter",
    "conv2d_transpose_backprop_input",
    "conv3d",
    "conv3d_backprop_filter",
    "conv3d_backprop_input",
    "conv3d_transpose",
    "conv3d_transpose_backprop_filter",
    "conv3d_transpose_backprop_input",
    "depthwise_conv2d",
    "depthwise_conv2d_backprop_filter",
    "depthwise_conv2d_backprop_input",
    "separable_conv2d",
    "with_limits",
]

VERSION: str = tf.__version__


_NO_KERNEL = re.compile(
    r"only support(s|ed)\b.*\bN(D?)HWC\b|(attr 'T' of|has DataType) \w+ (is )?not in (the )?list"
    "|Expected string for argument 'padding'|not supported on CPU|not yet support dilation"
    "|only supports (equal length strides|dilated rates of 1)"
)
"""What TensorFlow says where a kernel takes no NCHW, in each kernel in words of its own, not the dtype, no explicit
padding, no groups, no dilations, or no unequal strides."""


def with_limits(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function`, raising `NotImplementedError` where TensorFlow lacks a kernel."""

    @functools.wraps(function)
    def refusing(*operands: Any, **options: Any) -> Any:
        if any(getattr(operand, "dtype", None) == "int8" for operand in operands):
            raise NotImplementedError("TensorFlow's convolutions take float16 to float64, bfloat16 and int32, not int8")
        try:
            return function(*operands, **options)
        except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError, TypeError) as error:
            said = [line for line in str(error).splitlines() if _NO_KERNEL.search(line)]
            if not said:
                raise
            reason = re.sub(r"\{\{.*?\}\} |\s*(\[Op:|; NodeDef| for '\{\{node).*", "", said[0])
            raise NotImplementedError(f"TensorFlow has no such kernel: {reason}") from error

    return refusing


bias_add = with_limits(tf.nn.bias_add)
conv2d = with_limits(tf.nn.conv2d)
separable_conv2d = with_limits(tf.nn.separable_conv2d)
conv1d_transpose = with_limits(tf.nn.conv1d_transpose)
conv2d_transpose = with_limits(tf.nn.conv2d_transpose)
conv2d_backprop_input = with_limits(tf.compat.v1.nn.conv2d_backprop_input)
conv2d_backprop_filter = with_limits(tf.compat.v1.nn.conv2d_backprop_filter)


@with_limits
def bias_add_grad(out_backprop: Any, data_format: str = "NHWC") -> Any:
    """Call the gradient of `tf.nn.bias_add` by its bias."""
    return tf.raw_ops.BiasAddGrad(out_backprop=out_backprop, data_format=data_format)


@with_limits
def conv1d(input: Any, filters: Any, stride: int, padding: Any, **options: Any) -> Any:
    """Call `tf.nn.conv1d`."""
    _refuse_pairs("conv1d", padding)
    return tf.nn.conv1d(input, filters, stride, padding, **options)


@with_limits
def conv3d(input: Any, filters: Any, strides: Any, padding: Any, **options: Any) -> Any:
    """Call `tf.nn.conv3d`."""
    _refuse_pairs("conv3d", padding)
    if input.shape[1 if options.get("data_format") == "NCDHW" else -1] != filters.shape[-2]:
        raise NotImplementedError("tf.nn.conv3d takes no groups: in_channels must match between input and filters")
    return tf.nn.conv3d(input, filters, strides, padding, **options)


@with_limits
def conv3d_transpose(input: Any, filters: Any, output_shape: Any, strides: Any, padding: Any, **options: Any) -> Any:
    """Call `tf.nn.conv3d_transpose`."""
    if output_shape[1 if options.get("data_format") == "NCDHW" else -1] != filters.shape[-2]:
        raise NotImplementedError("tf.nn.conv3d_transpose takes no groups: out_channels must be those of the filters")
    return tf.nn.conv3d_transpose(input, filters, output_shape, strides, padding, **options)


@with_limits
def depthwise_conv2d(input: Any, filter: Any, strides: Any, padding: Any, **options: Any) -> Any:
    """Call `tf.nn.depthwise_conv2d`."""
    if any(step != 1 for step in strides) and any(step != 1 for step in options.get("dilations", [])):
        raise NotImplementedError("tf.nn.depthwise_conv2d takes no strides beside dilations")
    return tf.nn.depthwise_conv2d(input, filter, strides, padding, **options)


def _depthwise_gradient(gradient: Callable[..., Any]) -> Callable[..., Any]:
    """Return a depthwise gradient of `tf.nn`, which takes dilations of all four axes, unlike its convolution."""

    def with_four(*operands: Any, dilations: Any, **options: Any) -> Any:
        return gradient(*operands, dilations=[1, *dilations, 1], **options)

    return with_limits(with_four)


depthwise_conv2d_backprop_input = _depthwise_gradient(tf.nn.depthwise_conv2d_backprop_input)
depthwise_conv2d_backprop_filter = _depthwise_gradient(tf.nn.depthwise_conv2d_backprop_filter)


def _gradients(convolve: Callable[..., Any], transposes: bool = False) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the gradients of `convolve` by its input and by its filters, in the call forms of conv2d's.

    Args:
        convolve: is called with input, filters and strides; `transposes`, with the output's shape before the strides.
        transposes: whether it is a transpose.
    """

    def called(image: Any, filters: Any, strides: Any, out_backprop: Any, options: dict[str, Any]) -> Any:
        shape = (out_backprop.shape,) if transposes else ()
        return convolve(image, filters, *shape, strides, **options)

    def by_input(input_sizes: Any, filters: Any, out_backprop: Any, strides: Any, **options: Any) -> Any:
        image = tf.zeros(input_sizes, out_backprop.dtype)
        return _gradient(lambda: called(image, filters, strides, out_backprop, options), image, out_backprop)

    def by_filter(input: Any, filter_sizes: Any, out_backprop: Any, strides: Any, **options: Any) -> Any:
        filters = tf.zeros(filter_sizes, out_backprop.dtype)
        return _gradient(lambda: called(input, filters, strides, out_backprop, options), filters, out_backprop)

    return with_limits(by_input), with_limits(by_filter)


def _gradient(convolve: Callable[[], Any], source: Any, out_backprop: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(source)
        output = convolve()
    gradient = tape.gradient(output, source, output_gradients=tf.convert_to_tensor(out_backprop))
    if gradient is None:
        raise NotImplementedError(f"tf.GradientTape gives no gradients by arrays of {source.dtype.name}")
    return gradient


def _refuse_pairs(operation: str, padding: Any) -> None:
    if not isinstance(padding, str):
        raise NotImplementedError(f"tf.nn.{operation} takes no explicit padding")


conv1d_backprop_input, conv1d_backprop_filter = _gradients(conv1d)
conv3d_backprop_input, conv3d_backprop_filter = _gradients(conv3d)
conv1d_transpose_backprop_input, conv1d_transpose_backprop_filter = _gradients(tf.nn.conv1d_transpose, transposes=True)
conv2d_transpose_backprop_input, conv2d_transpose_backprop_filter = _gradients(tf.nn.conv2d_transpose, transposes=True)
conv3d_transpose_backprop_input, conv3d_transpose_backprop_filter = _gradients(conv3d_transpose, transposes=True)
