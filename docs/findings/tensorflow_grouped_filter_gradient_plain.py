"""Without oneDNN, the filter gradient takes grouped filters for those of one group."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import tensorflow as tf

print("tensorflow", tf.__version__)
wrong = False
try:
    arriving = tf.ones([2, 5, 5, 9])
    came = tf.compat.v1.nn.conv2d_backprop_filter(tf.ones([2, 7, 7, 6]), [3, 3, 2, 9], arriving, [1, 1, 1, 1], "VALID")
    said = str(came.shape)
except tf.errors.InvalidArgumentError as error:
    said = str(error).split("}} ")[-1][:90]
    wrong = True
print(f"comes {said!r}, due a gradient of shape (3, 3, 2, 9)")
print("reproduced" if wrong else "not reproduced")
