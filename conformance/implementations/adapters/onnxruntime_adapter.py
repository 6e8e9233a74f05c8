"""ONNX Runtime on the CPU: a model of one node, `Conv` or `ConvTranspose` or, for int8, `ConvInteger`.

The model is made with `onnx.helper` and run by `InferenceSession.run` with the default options. Its filters, and its
bias, are inputs of the model, or with the variant `initializer` constants in it: those ONNX Runtime packs and lays out
anew when it loads the model, for other kernels. ONNX knows images as NCHW and filters as OIHW only, so that NumPy swaps
the axes before and after, without copying.

Documented limits, reported as unsupported: the CPU provider has kernels of `Conv` and `ConvTranspose` for float32, and
for float16 by way of float32, but none for float64 and bfloat16 ("Could not find an implementation for Conv"), and the
operator is not defined for int32 ("Type 'tensor(int32)' of input parameter (x) of operator (Conv) in node () is
invalid"); ONNX has no transpose of int8, and no bias in `ConvInteger`; the inference runtime has no derivatives.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from conformance.data import Array
from conformance.implementations.framework import Framework, Geometry
from conformance.implementations.output_padding import output_padding

__all__ = ["VERSION", "namespace"]

VERSION: str = onnxruntime.__version__

_OPSET, _IR_VERSION = 22, 10
"""The newest versions of Conv, and the oldest file format that has them."""

_SILENT = 4
"""Of ONNX Runtime's log levels: what it has to say of a failure is in the exception."""

Attributes = tuple[tuple[str, Any], ...]
"""Of a node, by name."""

Inputs = tuple[tuple[str, np.dtype[Any], tuple[int, ...]], ...]
"""Name, dtype and shape of each."""


class _OnnxRuntime(Framework):
    """ONNX Runtime, with filters as inputs of the model or as constants in it."""

    name = "ONNX Runtime"
    dtypes = frozenset({"float16", "float32", "int8"})
    takes_bias = True

    def __init__(self, constant: bool) -> None:
        self._constant = constant

    def convolve(self, image: Array, filters: Array, geometry: Geometry, bias: Array | None = None) -> Array:
        weights = np.moveaxis(filters, (-1, -2), (0, 1))
        if image.dtype != np.int8:
            return self._run("Conv", image, weights, _attributes(geometry), geometry, bias)
        if bias is not None:
            raise NotImplementedError("ONNX's ConvInteger takes no bias")
        return self._run("ConvInteger", image, weights, _attributes(geometry), geometry)

    def transpose(self, image: Array, filters: Array, output_shape: tuple[int, ...], geometry: Geometry) -> Array:
        if image.dtype == np.int8:
            raise NotImplementedError("ONNX has no transpose of a convolution of int8")
        beyond = output_padding(image.shape, filters.shape, output_shape, geometry)
        weights = np.moveaxis(filters, (-1, -2), (0, 1))
        attributes = (*_attributes(geometry), ("output_padding", beyond))
        return self._run("ConvTranspose", image, weights, attributes, geometry)

    def _run(
        self,
        kind: str,
        image: Array,
        filters: Array,
        attributes: Attributes,
        geometry: Geometry,
        bias: Array | None = None,
    ) -> Array:
        operands = {"X": image if geometry.channels_first else np.moveaxis(image, -1, 1), "W": filters}
        if bias is not None:
            operands["B"] = bias
        names = ["X"] if self._constant else list(operands)
        given = {name: operands[name] for name in names}
        constants = {name: each for name, each in operands.items() if name not in given}
        inputs = tuple((name, each.dtype, each.shape) for name, each in given.items())
        session = _load(kind, attributes, inputs, constants) if constants else _remembered(kind, attributes, inputs)
        (output,) = session.run(None, given)
        return output if geometry.channels_first else np.moveaxis(output, 1, -1)


def _attributes(geometry: Geometry) -> Attributes:
    """Return what Conv and its like are told, in their words."""
    before, after = zip(*geometry.pads, strict=True)
    return (
        ("strides", geometry.strides),
        ("pads", before + after),
        ("dilations", geometry.dilations),
        ("group", geometry.groups),
    )


def _load(kind: str, attributes: Attributes, inputs: Inputs, constants: dict[str, Array]) -> Any:
    """Return a session that runs one node of `kind` on inputs of these shapes, and on constants."""
    given = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(dtype), shape)
        for name, dtype, shape in inputs
    ]
    result = TensorProto.INT32 if kind == "ConvInteger" else given[0].type.tensor_type.elem_type
    node = helper.make_node(kind, [*(each.name for each in given), *constants], ["Y"], **dict(attributes))
    held = [numpy_helper.from_array(each, name) for name, each in constants.items()]
    graph = helper.make_graph([node], kind, given, [helper.make_tensor_value_info("Y", result, None)], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


@lru_cache(maxsize=2)
def _remembered(kind: str, attributes: Attributes, inputs: Inputs) -> Any:
    """Return a session without constants: the same for a case's later calls, as a user would keep it."""
    return _load(kind, attributes, inputs, {})


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return what ONNX Runtime offers: filters are inputs, or constants where `variant` is `initializer`."""
    offered = _OnnxRuntime(variant == "initializer").namespace()
    filters = "initializer" if variant == "initializer" else "input"
    offered.SWITCHES = {"device": device, "provider": "CPUExecutionProvider", "filters": filters}
    return offered
