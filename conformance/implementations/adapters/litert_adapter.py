"""LiteRT, by `ai_edge_litert.interpreter`: a model of one `tf.nn` operation, made by TensorFlow's converter.

As in a trained model, filters and bias are constants, so that each call is converted anew. SAME and VALID are LiteRT's
own; explicit pads are a `tf.pad` before, and images with channels first are transposed before and after, in the model.
Documented limits, reported as unsupported: models compute in float32 unless they are quantized; transposes take no
explicit padding, no groups and no dilations; `conv3d` takes no groups; there are no derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import tensorflow as tf
from ai_edge_litert import __version__ as _version
from ai_edge_litert.interpreter import Interpreter

from conformance.data import Array
from conformance.implementations.framework import Framework, Geometry, Tensor

__all__ = ["VERSION", "namespace"]

VERSION: str = _version

_CONVOLUTIONS = {1: tf.nn.conv1d, 2: tf.nn.conv2d, 3: tf.nn.conv3d}
_TRANSPOSES = {1: tf.nn.conv1d_transpose, 2: tf.nn.conv2d_transpose, 3: tf.nn.conv3d_transpose}


class _LiteRT(Framework):
    """Convolutions and their transposes, a model each."""

    name = "LiteRT"
    takes_bias = True

    def convolve(self, image: Tensor, filters: Tensor, geometry: Geometry, bias: Tensor | None = None) -> Tensor:
        if geometry.rank == 3 and geometry.groups != 1:
            raise NotImplementedError("tf.nn.conv3d takes no groups")

        def model(given: Any) -> Any:
            padded, padding = _padded(_channels_last(given, geometry), geometry)
            steps = {"stride" if geometry.rank == 1 else "strides": _every_axis(geometry.strides)}
            convolve = _CONVOLUTIONS[geometry.rank]
            output = convolve(padded, filters, padding=padding, dilations=_every_axis(geometry.dilations), **steps)
            return _in_layout(output if bias is None else tf.nn.bias_add(output, bias), geometry)

        return _run(model, image)

    def transpose(self, image: Tensor, filters: Tensor, output_shape: tuple[int, ...], geometry: Geometry) -> Tensor:
        if geometry.padding == "EXPLICIT":
            raise NotImplementedError("transposes in LiteRT know the paddings VALID and SAME only")
        if geometry.groups != 1 or any(step != 1 for step in geometry.dilations):
            raise NotImplementedError("transposes in LiteRT take no groups and no dilations")
        shape = (output_shape[0], *output_shape[2:], output_shape[1]) if geometry.channels_first else output_shape

        def model(given: Any) -> Any:
            transpose = _TRANSPOSES[geometry.rank]
            steps = _every_axis(geometry.strides)
            output = transpose(_channels_last(given, geometry), filters, shape, steps, padding=geometry.padding)
            return _in_layout(output, geometry)

        return _run(model, image)


class _Depthwise(_LiteRT):
    """Convolutions of every channel by itself."""

    ranks = (2,)

    def convolve(self, image: Tensor, filters: Tensor, geometry: Geometry, bias: Tensor | None = None) -> Tensor:
        *sizes, _, count = filters.shape
        own = filters.reshape(*sizes, geometry.groups, count // geometry.groups)

        def model(given: Any) -> Any:
            padded, padding = _padded(_channels_last(given, geometry), geometry)
            steps = _every_axis(geometry.strides)
            output = tf.nn.depthwise_conv2d(padded, own, steps, padding, dilations=geometry.dilations)
            return _in_layout(output if bias is None else tf.nn.bias_add(output, bias), geometry)

        return _run(model, image)


def _run(model: Callable[[Any], Any], image: Array) -> Array:
    """Return what the model gives for an image: it is converted, and then interpreted."""
    traced = tf.function(model, input_signature=[tf.TensorSpec(image.shape, image.dtype)], autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced.get_concrete_function()])
    interpreter = Interpreter(model_content=converter.convert())
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    output: Array = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return output


def _every_axis(steps: tuple[int, ...]) -> Any:
    return steps[0] if len(steps) == 1 else [1, *steps, 1]


def _padded(image: Tensor, geometry: Geometry) -> tuple[Tensor, str]:
    """Return the image with the pads that were given as numbers, and the padding that is left to do."""
    if geometry.padding != "EXPLICIT":
        return image, geometry.padding
    return tf.pad(image, [(0, 0), *geometry.pads, (0, 0)]), "VALID"


def _channels_last(image: Tensor, geometry: Geometry) -> Tensor:
    return tf.transpose(image, [0, *range(2, geometry.rank + 2), 1]) if geometry.channels_first else image


def _in_layout(output: Tensor, geometry: Geometry) -> Tensor:
    rank = geometry.rank
    return tf.transpose(output, [0, rank + 1, *range(1, rank + 1)]) if geometry.channels_first else output


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return LiteRT's functions, computed on the CPU."""
    del variant
    functions = _LiteRT().namespace()
    functions.depthwise_conv2d = _Depthwise().namespace().depthwise_conv2d
    functions.SWITCHES = {
        "device": device,
        "delegate": "XNNPACK, as the interpreter chooses",
        "converter": f"tensorflow {tf.__version__}",
    }
    return functions
