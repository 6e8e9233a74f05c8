"""Depthwise kernels sum float16 in float16, so that 2048 and eight ones are 2048, on processors without AVX512-FP16.

On processors with it, TensorFlow takes oneDNN's kernels for float16, which sum in float32; there, it is seen without
oneDNN: `TF_ENABLE_ONEDNN_OPTS=0`.
"""

import tensorflow as tf

print("tensorflow", tf.__version__)
dtype = tf.float16
image = tf.reshape(tf.constant([2048] + [1] * 8, dtype), [1, 3, 3, 1])
came = tf.nn.depthwise_conv2d(image, tf.ones([3, 3, 1, 1], dtype), [1, 1, 1, 1], "VALID").numpy().item()
same = tf.nn.conv2d(image, tf.ones([3, 3, 1, 1], dtype), 1, "VALID").numpy().item()
print("depthwise_conv2d: comes", came, "due 2056.0; conv2d gives", same)
wrong = came != 2056
print("reproduced" if wrong else "not reproduced")
