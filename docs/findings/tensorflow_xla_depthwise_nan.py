"""By XLA, the filter gradient of a depthwise convolution of multiplier 2 carries a NaN to other channels."""

import tensorflow as tf

print("tensorflow", tf.__version__)


@tf.function(jit_compile=True)
def gradient(image, arriving):
    """Return the gradient of filters of 1×1, two a channel."""
    return tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
        input=image, filter_sizes=[1, 1, 3, 2], out_backprop=arriving, strides=[1, 1, 1, 1], padding="VALID"
    )


image = tf.ones([1, 1, 2, 3])
arriving = tf.constant([[[[float("nan"), 1, 1, 1, 1, 1], [1] * 6]]])
came = gradient(image, arriving).numpy().ravel().tolist()
print("NaN arrives in the first of six outputs: comes", came, "due", [float("nan"), *[2.0] * 5])
wrong = came[1:] != [2] * 5
print("reproduced" if wrong else "not reproduced")
