"""Without oneDNN, the filter gradient adds the images up in bfloat16 or float16: 256 and eight ones are 256."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import tensorflow as tf

print("tensorflow", tf.__version__)
wrong = True
for dtype, large in (tf.bfloat16, 256), (tf.float16, 2048):
    image = tf.constant([large] + [1] * 8, dtype)[:, None, None, None]
    ones = tf.ones([9, 1, 1, 1], dtype)
    came = tf.compat.v1.nn.conv2d_backprop_filter(image, [1, 1, 1, 1], ones, [1, 1, 1, 1], "VALID").numpy().item()
    print(f"{dtype.name}: {large} and eight ones, an image each: comes {float(came)}, due {large + 8}.0")
    wrong &= float(came) == large
print("reproduced" if wrong else "not reproduced")
