"""Without oneDNN, the filter gradient of an empty batch or of no window is memory that nobody wrote."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow as tf

print("tensorflow", tf.__version__)
wrong = False
nn = tf.compat.v1.nn
CALLS = {
    "no window": lambda: nn.conv2d_backprop_filter(
        tf.ones([2, 3, 6, 4]), [4, 2, 4, 5], tf.ones([2, 0, 5, 5]), [1, 1, 1, 1], "VALID"
    ),
    "no image, depthwise": lambda: tf.nn.depthwise_conv2d_backprop_filter(
        tf.ones([0, 5, 6, 3]), [3, 2, 3, 4], tf.ones([0, 3, 3, 12]), [1, 2, 2, 1], "SAME"
    ),
}
for name, call in CALLS.items():
    found = 0
    for _ in range(100):
        used = tf.fill([160], 7.0) + 0  # memory of the gradient's size, written and given back
        del used
        found += int(np.count_nonzero(call().numpy()))
    print(f"{name}: comes {found} numbers that are not 0 in 100 calls, due none")
    wrong |= found > 0
print("reproduced" if wrong else "not reproduced")
