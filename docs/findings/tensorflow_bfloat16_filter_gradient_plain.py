"""Without oneDNN, the filter gradient sums bfloat16 image by image in bfloat16, so that 256 and eight ones are 256."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import tensorflow as tf

print("tensorflow", tf.__version__)
image = tf.constant([256] + [1] * 8, tf.bfloat16)[:, None, None, None]
ones = tf.ones([9, 1, 1, 1], tf.bfloat16)
came = tf.compat.v1.nn.conv2d_backprop_filter(image, [1, 1, 1, 1], ones, [1, 1, 1, 1], "VALID").numpy().item()
print("256 and eight ones, an image each: comes", float(came), "due 264.0")
wrong = float(came) != 264
print("reproduced" if wrong else "not reproduced")
