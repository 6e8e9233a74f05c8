"""Transposes add what meets at an output in float16, rounding for every tap, on processors without AVX512-FP16.

On processors with it, TensorFlow takes oneDNN's kernels for float16, which sum in float32; there, it is seen without
oneDNN: `TF_ENABLE_ONEDNN_OPTS=0`.
"""

import tensorflow as tf

print("tensorflow", tf.__version__)
image = tf.constant([2048] + [1] * 8, tf.float16)[None, :, None]
came = tf.nn.conv1d_transpose(image, tf.ones([9, 1, 1], tf.float16), [1, 17, 1], 1, "VALID").numpy()[0, 8, 0]
print("2048 and eight ones, met at one output: comes", came, "due 2056.0")
wrong = came != 2056
print("reproduced" if wrong else "not reproduced")
