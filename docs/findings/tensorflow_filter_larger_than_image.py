"""Eagerly, a filter larger than the image by more than its stride is refused, one larger by less is not."""

import tensorflow as tf

print("tensorflow", tf.__version__)


def shape(rows: int) -> str:
    """Return the shape that comes of an image of 3 rows, or what is said."""
    try:
        return str(tf.nn.conv2d(tf.zeros([2, 3, 6, 4]), tf.zeros([rows, 2, 4, 5]), 2, "VALID").shape)
    except tf.errors.InvalidArgumentError as error:
        return str(error).split("}} ")[-1][:60]


near, far = shape(4), shape(9)
print("filters of 4 rows, stride 2: comes", near)
print("filters of 9 rows, stride 2: comes", far)
print("due: an empty output for both, or an exception for both")
wrong = ("negative" in far) != ("negative" in near)
print("reproduced" if wrong else "not reproduced")
