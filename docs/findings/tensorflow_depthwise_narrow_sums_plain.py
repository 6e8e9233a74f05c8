"""Without oneDNN, depthwise kernels sum bfloat16 in bfloat16, so that 256 and eight ones are 256."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import tensorflow as tf

print("tensorflow", tf.__version__)
dtype = tf.bfloat16
image = tf.reshape(tf.constant([256] + [1] * 8, dtype), [1, 3, 3, 1])
came = float(tf.nn.depthwise_conv2d(image, tf.ones([3, 3, 1, 1], dtype), [1, 1, 1, 1], "VALID").numpy().item())
print("depthwise_conv2d without oneDNN: comes", came, "due 264.0")
wrong = came != 264
print("reproduced" if wrong else "not reproduced")
