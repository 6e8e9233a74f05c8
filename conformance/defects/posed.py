"""Operations that the steps do not know, each posed as one that they do, and with its mistakes.

| operation                       | posed as                                                                           |
|---------------------------------|------------------------------------------------------------------------------------|
| `bias_add`                      | a 1×1 convolution that changes nothing, with the bias                              |
| `bias_add_grad`                 | the filter gradient of a 1×1 convolution of ones                                   |
| input gradients of transposes   | the convolution that is transposed, of what arrives                                |
| filter gradients of transposes  | those of the convolution that is transposed, with the two images exchanged         |
| `separable_conv2d`              | a depthwise convolution, behind which a 1×1 convolution follows                    |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.case import Kind, Operation
from conformance.data import Array

__all__ = ["Posed", "posed"]


@dataclass(frozen=True, slots=True)
class Posed:
    """The arguments of an operation that the steps know, by the names of tf.nn.

    Attributes:
        operation: the function that is called.
        first: input, or the input's shape where its gradient is asked for.
        second: filters, or their shape.
        bias: a number per output channel, or None.
        options: the keywords.
        pointwise: filters of a 1×1 convolution of the result, which then has the bias, or None.
        is_vector: whether the result has its last axis only.
    """

    operation: Operation
    first: Any
    second: Any
    bias: Array | None
    options: dict[str, Any]
    pointwise: Array | None = None
    is_vector: bool = False


def posed(operation: Operation, leading: Sequence[Any], bias: Array | None, options: Mapping[str, Any]) -> Posed:
    """Return the call that computes `operation`.

    Args:
        operation: what is asked for.
        leading: the arguments by place.
        bias: the keyword of that name.
        options: the other keywords.
    """
    given = dict(options)
    if operation is Operation.BIAS_ADD:
        value, added = np.asarray(leading[0]), np.asarray(leading[1] if len(leading) > 1 else bias)
        same = np.eye(added.shape[0], dtype=value.dtype)[None, None]
        return Posed(Operation.CONV2D, value, same, added, given)
    if operation is Operation.BIAS_ADD_GRAD:
        return _bias_gradient(np.asarray(leading[0] if leading else given.pop("out_backprop")), given)
    if operation is Operation.SEPARABLE_CONV2D:
        image, window, pointwise = leading
        return Posed(Operation.DEPTHWISE_CONV2D, image, window, bias, given, np.asarray(pointwise))
    first, second = leading
    if operation.is_transposed and operation.kind is Kind.INPUT_GRADIENT:
        return Posed(Operation(operation.convolution), given.pop("out_backprop"), second, None, given)
    if operation.is_transposed and operation.kind is Kind.FILTER_GRADIENT:
        convolved = given.pop("out_backprop")
        gradient = Operation(f"{operation.convolution}_backprop_filter")
        return Posed(gradient, convolved, second, None, given | {"out_backprop": first})
    return Posed(operation, first, second, bias, given)


def _bias_gradient(arriving: Array, given: dict[str, Any]) -> Posed:
    axis = 1 if given.get("data_format") == "NCHW" else arriving.ndim - 1
    ones = np.ones([1 if each == axis else size for each, size in enumerate(arriving.shape)], arriving.dtype)
    sizes = (1, 1, 1, arriving.shape[axis])
    options = given | {"out_backprop": arriving}
    return Posed(Operation.CONV2D_BACKPROP_FILTER, ones, sizes, None, options, is_vector=True)
