"""Transposes add what meets at an output in float16, rounding for every tap."""

import tensorflow as tf

print("tensorflow", tf.__version__)
image = tf.constant([2048] + [1] * 8, tf.float16)[None, :, None]
came = tf.nn.conv1d_transpose(image, tf.ones([9, 1, 1], tf.float16), [1, 17, 1], 1, "VALID").numpy()[0, 8, 0]
print("2048 and eight ones, met at one output: comes", came, "due 2056.0")
wrong = came != 2056
print("reproduced" if wrong else "not reproduced")
