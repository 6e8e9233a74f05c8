"""OpenVINO on the CPU: a model of `Convolution`, or of its transpose `ConvolutionBackpropData`, or of groups of them.

The model is made with `openvino.opset13`, compiled and called once; filters are constants in it, as in a model that was
converted, and a bias is an `Add` behind it, which OpenVINO fuses. It computes in the precision that it chooses for the
processor, or with the variant `f32` in float32; `INFERENCE_PRECISION_HINT` among the switches says which. OpenVINO has
images as NCHW and filters as OIHW only: NumPy swaps the axes before and after.

Documented limits, reported as unsupported: what comes out has the dtype of what went in, so that there is none of int8,
which holds no sums; there are no derivatives.
"""

from __future__ import annotations

import importlib.metadata
from functools import cache
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import openvino
from openvino import opset13 as nodes

from conformance.data import Array
from conformance.implementations.framework import Framework, Geometry
from conformance.implementations.output_padding import output_padding

__all__ = ["VERSION", "namespace"]

VERSION: str = importlib.metadata.version("openvino")

_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)

_HINT = "INFERENCE_PRECISION_HINT"


@cache
def _core() -> Any:
    return openvino.Core()


class _OpenVino(Framework):
    """OpenVINO with the CPU plugin."""

    name = "OpenVINO"
    dtypes = frozenset({"float16", "bfloat16", "float32", "float64", "int32"})
    takes_bias = True

    def __init__(self, options: dict[str, str]) -> None:
        self._options = options

    def convolve(self, image: Array, filters: Array, geometry: Geometry, bias: Array | None = None) -> Array:
        source, weights = _operands(image, filters, geometry)
        make = nodes.convolution if geometry.groups == 1 else nodes.group_convolution
        node = make(source, weights, geometry.strides, *zip(*geometry.pads, strict=True), geometry.dilations)
        if bias is not None:
            node = nodes.add(node, _constant(bias.reshape(1, -1, *(1,) * geometry.rank)))
        return self._run(node, source, image, geometry)

    def transpose(self, image: Array, filters: Array, output_shape: tuple[int, ...], geometry: Geometry) -> Array:
        source, weights = _operands(image, filters, geometry)
        beyond = output_padding(image.shape, filters.shape, output_shape, geometry)
        make = nodes.convolution_backprop_data if geometry.groups == 1 else nodes.group_convolution_backprop_data
        before, after = zip(*geometry.pads, strict=True)
        node = make(
            source,
            weights,
            strides=geometry.strides,
            pads_begin=before,
            pads_end=after,
            dilations=geometry.dilations,
            output_padding=list(beyond),
        )
        return self._run(node, source, image, geometry)

    def _run(self, node: Any, source: Any, image: Array, geometry: Geometry) -> Array:
        compiled = _core().compile_model(openvino.Model([node], [source]), "CPU", self._options)
        output = compiled([_readable(image if geometry.channels_first else np.moveaxis(image, -1, 1))])[0]
        output = output.view(_BFLOAT16) if image.dtype == _BFLOAT16 else output
        return output if geometry.channels_first else np.moveaxis(output, 1, -1)


def _operands(image: Array, filters: Array, geometry: Geometry) -> tuple[Any, Any]:
    """Return the parameter that stands for the image, and the filters as a constant, in groups if there are any."""
    shape = image.shape if geometry.channels_first else (image.shape[0], image.shape[-1], *image.shape[1:-1])
    kind = openvino.Type.bf16 if image.dtype == _BFLOAT16 else image.dtype
    weights = np.moveaxis(filters, (-1, -2), (0, 1))
    if geometry.groups > 1:
        weights = weights.reshape(geometry.groups, -1, *weights.shape[1:])
    contiguous = np.ascontiguousarray(weights)  # from other memory, a float16 constant becomes one of int16
    return nodes.parameter(list(shape), kind), _constant(contiguous)


def _constant(array: Array) -> Any:
    return nodes.constant(_readable(array))


def _readable(array: Array) -> Any:
    """Return the array as OpenVINO reads it: bfloat16, which it does not know by NumPy, by its bits."""
    if array.dtype != _BFLOAT16:
        return array
    return openvino.Tensor(np.ascontiguousarray(array).view(np.uint16), array.shape, openvino.Type.bf16)


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return what OpenVINO offers, in the precision that it chooses, or in float32 where `variant` is `f32`."""
    options = {_HINT: variant} if variant else {}
    offered = _OpenVino(options).namespace()
    chosen = options.get(_HINT) or _core().get_property("CPU", _HINT).to_string()
    offered.SWITCHES = {"device": device, _HINT: chosen}
    return offered
