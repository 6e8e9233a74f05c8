"""Convolution in NumPy, to be read and to be believed.

The functions here have the names and the call forms of `tf.nn` (gradients: of `tf.compat.v1.nn`). The algorithms behind
`conv2d` have a module each; `reference.naive` and `reference.naive_gradients` are the definition of all.
"""

from reference.bias import bias_add, bias_add_grad
from reference.depthwise import (
    depthwise_conv2d,
    depthwise_conv2d_backprop_filter,
    depthwise_conv2d_backprop_input,
    separable_conv2d,
)
from reference.fast import conv1d, conv2d, conv3d
from reference.gradients import (
    conv1d_backprop_filter,
    conv1d_backprop_input,
    conv2d_backprop_filter,
    conv2d_backprop_input,
    conv3d_backprop_filter,
    conv3d_backprop_input,
)
from reference.transposes import (
    conv1d_transpose,
    conv1d_transpose_backprop_filter,
    conv1d_transpose_backprop_input,
    conv2d_transpose,
    conv2d_transpose_backprop_filter,
    conv2d_transpose_backprop_input,
    conv3d_transpose,
    conv3d_transpose_backprop_filter,
    conv3d_transpose_backprop_input,
)

__all__ = [
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
]
