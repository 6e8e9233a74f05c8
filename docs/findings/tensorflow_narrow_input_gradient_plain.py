"""Without oneDNN, the input's gradient sums in bfloat16 or float16, tap by tap: 256 and eight ones are 256."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import tensorflow as tf

print("tensorflow", tf.__version__)
wrong = True
for dtype, large in (tf.bfloat16, 256), (tf.float16, 2048):
    filters = tf.constant([1] * 8 + [large], dtype)[None, :, None, None]
    ones = tf.ones([1, 1, 9, 1], dtype)
    came = tf.compat.v1.nn.conv2d_backprop_input([1, 1, 17, 1], filters, ones, [1, 1, 1, 1], "VALID").numpy()
    middle = float(came[0, 0, 8, 0])
    print(f"{dtype.name}: {large} and eight ones, a tap each: comes {middle}, due {large + 8}.0")
    wrong &= middle == large
print("reproduced" if wrong else "not reproduced")
