"""Cases as ONNX models with test data, in the layout of ONNX's own backend tests.

    basic/model.onnx
    basic/test_data_set_0/input_0.pb       the image, channels first, as ONNX knows no other
    basic/test_data_set_0/input_1.pb       the filters, which are an input as the image is
    basic/test_data_set_0/input_2.pb       the bias, where the case has one
    basic/test_data_set_0/output_0.pb      the right answer: the exact sum, rounded once

A model is one node, `Conv`, `ConvTranspose` or, for int8, `ConvInteger`; `SAME` becomes the zeros that it stands for,
and a depthwise convolution one with a group a channel. What ONNX has no operator for is left out, with the reason.

Source: ONNX operators `Conv` (22), `ConvTranspose` (22), `ConvInteger` (10); ONNX, "Backend tests".
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper

from conformance.case import Case, DType, Kind, numpy_dtype
from conformance.data import Array, Operands
from conformance.implementations import Geometry, output_padding
from reference.geometry import explicit_pads

__all__ = ["left_out", "make_model", "model_files"]

_OPSET, _IR_VERSION = 22, 10
"""The first set of operators whose Conv takes bfloat16, and the oldest format of files that has it."""

_TYPES = {
    DType.FLOAT16: TensorProto.FLOAT16,
    DType.BFLOAT16: TensorProto.BFLOAT16,
    DType.FLOAT32: TensorProto.FLOAT,
    DType.FLOAT64: TensorProto.DOUBLE,
    DType.INT32: TensorProto.INT32,
    DType.INT8: TensorProto.INT8,
}
"""ONNX's numbers of the dtypes."""


def left_out(case: Case) -> str:
    """Return why no model is made of `case`; nothing where one is.

    >>> from conformance.case import Operation
    >>> shapes = {"input": (1, 5, 1), "filters": (3, 1, 1), "output": (1, 3, 1)}
    >>> left_out(Case("mine", Operation.CONV1D, **shapes, written={}, strides=(1,), dilations=(1,)))
    ''
    >>> left_out(Case("mine", Operation.CONV1D_BACKPROP_INPUT, **shapes, written={}))
    'ONNX has no operator for conv1d_backprop_input'
    """
    operation, whole = case.operation, case.dtype is DType.INT8
    if case.refuses:
        return "a call that must be refused has no output"
    if operation.kind not in (Kind.FORWARD, Kind.TRANSPOSE) or operation.is_bias or case.pointwise is not None:
        return f"ONNX has no operator for {operation}"
    if case.dtype is DType.INT32 or (whole and operation.is_transposed):
        return f"ONNX has no {operation} of {case.dtype}"
    if whole and case.bias is not None:
        return "ONNX's ConvInteger, for int8, takes no bias"
    if 0 in (*case.input, *case.filters, *case.output):
        return "ONNX does not say what becomes of arrays without elements"
    if case.data.get("filters") == "special" and case.padding != "VALID":
        return "right implementations differ in 0·Inf in the padding, and test data allow one answer"
    return ""


def model_files(case: Case, operands: Operands, value: Array) -> dict[str, bytes]:
    """Return the contents of the files of one case, by their paths in its folder.

    Args:
        case: that `left_out` has nothing against.
        operands: its arrays.
        value: the right answer, channels last.
    """
    arrays = {"X": _channels_first(operands.input), "W": _onnx_filters(case, operands.filters)}
    if operands.bias is not None:
        arrays["B"] = operands.bias
    output = _channels_first(value).astype(numpy_dtype(case.out_dtype))
    model = make_model(case, {name: array.shape for name, array in arrays.items()}, output.shape)
    checker.check_model(model, full_check=True)
    data = {f"input_{place}.pb": _tensor(*named, case.dtype) for place, named in enumerate(arrays.items())}
    data["output_0.pb"] = _tensor("Y", output, case.out_dtype)
    return {"model.onnx": _bytes(model)} | {f"test_data_set_0/{name}": _bytes(each) for name, each in data.items()}


def make_model(case: Case, inputs: dict[str, tuple[int, ...]], output: tuple[int, ...]) -> ModelProto:
    """Return the model of `case`: one node, with inputs and an output of these shapes, by ONNX's names."""
    given = [helper.make_tensor_value_info(name, _TYPES[case.dtype], shape) for name, shape in inputs.items()]
    result = helper.make_tensor_value_info("Y", _TYPES[case.out_dtype], output)
    node = helper.make_node(_operator(case), list(inputs), ["Y"], **_attributes(case))
    graph = helper.make_graph([node], case.id, given, [result], doc_string=case.why)
    opset = helper.make_opsetid("", _OPSET)
    return helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION, producer_name="conformance")


def _operator(case: Case) -> str:
    if case.operation.is_transposed:
        return "ConvTranspose"
    return "ConvInteger" if case.dtype is DType.INT8 else "Conv"


def _attributes(case: Case) -> dict[str, Any]:
    """Return the parameters in ONNX's words: all zeros before the image, then all after it; groups as a number."""
    large = case.output if case.operation.is_transposed else case.input
    sizes, taps = large[1:-1], case.filters[:-2]
    pads = explicit_pads(case.padding, sizes, taps, case.strides, case.dilations)
    attributes: dict[str, Any] = {
        "kernel_shape": taps,
        "strides": case.strides,
        "pads": [before for before, _ in pads] + [after for _, after in pads],
        "dilations": case.dilations,
        "group": large[-1] if case.operation.is_depthwise else large[-1] // case.filters[-2],
    }
    if case.operation.is_transposed:
        geometry = Geometry(case.strides, pads, case.dilations, attributes["group"], False, "EXPLICIT")
        attributes["output_padding"] = output_padding(case.input, case.filters, case.output, geometry)
    return attributes


def _onnx_filters(case: Case, filters: Array) -> Array:
    """Return filters as ONNX has them: OIHW, of a transpose IOHW."""
    if case.operation.is_depthwise:
        filters = filters.reshape(*filters.shape[:-2], 1, -1)
    return np.moveaxis(filters, (-1, -2), (0, 1))


def _channels_first(image: Array) -> Array:
    return np.moveaxis(image, -1, 1)


def _tensor(name: str, array: Array, dtype: DType) -> TensorProto:
    """Return an array with its name, as bytes row by row, little-endian on every machine."""
    stored = np.ascontiguousarray(array, numpy_dtype(dtype).newbyteorder("<"))
    return helper.make_tensor(name, _TYPES[dtype], array.shape, stored.tobytes(), raw=True)


def _bytes(message: ModelProto | TensorProto) -> bytes:
    """Return a message of ONNX as it stands in a file, the same in every run."""
    content: bytes = message.SerializeToString(deterministic=True)
    return content
