"""Sizes beyond 2^32 are taken for what their lower 32 bits hold."""

import tensorflow as tf

print("tensorflow", tf.__version__)
image, filters, arriving = tf.ones([2, 7, 6, 4]), tf.ones([3, 5, 4, 8]), tf.ones([2, 5, 2, 8])
options = {"strides": [1, 1, 1, 1], "padding": "VALID"}
nn, wrap = tf.compat.v1.nn, 2**32
CALLS = {
    "conv2d_transpose": lambda: tf.nn.conv2d_transpose(arriving, filters, [2, 7 + wrap, 6, 4], **options),
    "conv2d_backprop_input": lambda: nn.conv2d_backprop_input([2, 7 + wrap, 6, 4], filters, arriving, **options),
    "conv2d_backprop_filter": lambda: nn.conv2d_backprop_filter(image, [3 + wrap, 5, 4, 8], arriving, **options),
}
wrong = True
for name, call in CALLS.items():
    try:
        said = str(call().shape)
    except (tf.errors.OpError, ValueError, OverflowError) as error:
        said, wrong = type(error).__name__, False
    print(f"{name} with a size beyond 2^32: comes {said}, due an exception")
print("reproduced" if wrong else "not reproduced")
