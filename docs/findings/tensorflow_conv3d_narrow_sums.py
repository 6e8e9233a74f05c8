"""A conv3d of float16 sums in float16, on processors without AVX512-FP16: 2048 and eight ones are 2048.

On processors with it, TensorFlow takes oneDNN's kernels for float16, which sum in float32; there, it is seen without
oneDNN: `TF_ENABLE_ONEDNN_OPTS=0`.
"""

import tensorflow as tf

print("tensorflow", tf.__version__)
image = tf.constant([2048] + [1] * 8, tf.float16)[None, :, None, None, None]
came = tf.nn.conv3d(image, tf.ones([9, 1, 1, 1, 1], tf.float16), [1] * 5, "VALID").numpy().item()
print("2048 and eight ones, met at one output: comes", came, "due 2056.0")
print("reproduced" if came != 2056 else "not reproduced")
