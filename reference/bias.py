"""The bias of a layer: one number per channel added to every element of that channel, and its gradient.

    output[n, p, k] = value[n, p, k] + bias[k]         d_bias[k] = sum over n, p of  G[n, p, k]

>>> bias_add([[1, 2, 3], [4, 5, 6]], [10, 20, 30])
array([[11, 22, 33],
       [14, 25, 36]])
>>> bias_add_grad([[1, 2, 3], [4, 5, 6]])
array([5, 7, 9])
>>> bias_add([[[1, 2, 3], [4, 5, 6]]], [10, 20], data_format="NCHW")
array([[[11, 12, 13],
        [24, 25, 26]]])
>>> bias_add_grad([[[1, 2, 3], [4, 5, 6]]], data_format="NCHW")
array([ 6, 15])
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference.arguments import Array, accumulator, fault

__all__ = ["bias_add", "bias_add_grad"]


def bias_add(value: ArrayLike, bias: ArrayLike, data_format: str | None = None) -> Array:
    """Add a bias to every position.

    Args:
        value: (batch, *sizes, channels), at least two axes, any real dtype; not modified.
        bias: (channels,); not modified.
        data_format: `N…C` for channels last, `NC…` for channels first; `NHWC` and `NCHW` stand for any rank.

    Returns:
        An array of value's shape in the dtype of both; shares no memory with them.

    Raises:
        ValueError: an argument has no meaning; the message names it.

    Source: TensorFlow API documentation, `tf.nn.bias_add`.
    """
    values, numbers = np.asarray(value), np.asarray(bias)
    axis = _channel_axis("bias_add", "value", values, data_format)
    if numbers.shape != (values.shape[axis],):
        why = f"value has shape {values.shape}, its channels on axis {axis}"
        raise fault("bias_add", "bias.shape", str((values.shape[axis],)), numbers.shape, why)
    for name, array in {"value": values, "bias": numbers}.items():
        accumulator("bias_add", name, array.dtype)
    return np.asarray(values + numbers.reshape(-1, *(1,) * (values.ndim - 1 - axis)))


def bias_add_grad(out_backprop: ArrayLike, data_format: str | None = None) -> Array:
    """Return the gradient of `bias_add` to its bias: what arrives, summed over batch and positions.

    Args:
        out_backprop: (batch, *sizes, channels), at least two axes, any real dtype; not modified.
        data_format: as given to `bias_add`.

    Returns:
        (channels,) in the dtype of out_backprop, added up in the accumulator's; shares no memory with it.

    Raises:
        ValueError: an argument has no meaning; the message names it.

    Source: TensorFlow API documentation, `tf.raw_ops.BiasAddGrad`.
    """
    arriving = np.asarray(out_backprop)
    axis = _channel_axis("bias_add_grad", "out_backprop", arriving, data_format)
    others = tuple(other for other in range(arriving.ndim) if other != axis)
    wide = accumulator("bias_add_grad", "out_backprop", arriving.dtype)
    return np.asarray(arriving.sum(axis=others, dtype=wide).astype(arriving.dtype))


def _channel_axis(operation: str, name: str, array: Array, data_format: str | None) -> int:
    if array.ndim < 2:
        raise fault(operation, name, "an array of at least 2 axes", f"one of {array.ndim}", f"shape {array.shape}")
    layout = data_format or "NHWC"
    if layout.startswith("NC"):
        return 1
    if layout.startswith("N") and layout.endswith("C"):
        return array.ndim - 1
    raise fault(operation, "data_format", "'N…C' or 'NC…'", repr(data_format))
