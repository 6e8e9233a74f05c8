"""By XLA, the input gradient of no window has a column too many, and the filter gradient is refused."""

import tensorflow as tf

print("tensorflow", tf.__version__)


@tf.function(jit_compile=True)
def by_input(filters, arriving):
    """Return the gradient of an image of 2 columns, which filters of 3 do not fit in."""
    return tf.compat.v1.nn.conv2d_backprop_input([1, 34, 2, 5], filters, arriving, [1, 2, 2, 1], "VALID")


@tf.function(jit_compile=True)
def by_filter(image, arriving):
    """Return the gradient of filters of 4 rows for an image of 3."""
    return tf.compat.v1.nn.conv2d_backprop_filter(image, [4, 2, 4, 5], arriving, [1, 1, 1, 1], "VALID")


came = tuple(by_input(tf.ones([4, 3, 5, 6]), tf.ones([1, 16, 0, 6])).shape)
print("conv2d_backprop_input: comes", came, "due (1, 34, 2, 5)")
wrong = came != (1, 34, 2, 5)
try:
    print(
        "conv2d_backprop_filter: comes",
        by_filter(tf.ones([2, 3, 6, 4]), tf.ones([2, 0, 5, 5])).shape,
        "due (4, 2, 4, 5)",
    )
except tf.errors.InvalidArgumentError as error:
    print("conv2d_backprop_filter: comes", " ".join(str(error).split())[:90], "due zeros of shape (4, 2, 4, 5)")
print("reproduced" if wrong else "not reproduced")
