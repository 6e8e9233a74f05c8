"""Depthwise gradients ignore the dilations under SAME: at a stride of 1 no shape tells, nothing is raised."""

import numpy as np
import tensorflow as tf

print("tensorflow", tf.__version__)
image = np.arange(1, 6, dtype=np.float32).reshape(1, 1, 5, 1)
ones, options = (
    np.ones((1, 1, 5, 1), np.float32),
    {"strides": [1, 1, 1, 1], "padding": "SAME", "dilations": [1, 1, 2, 1]},
)
came = tf.nn.depthwise_conv2d_backprop_filter(image, [1, 3, 1, 1], ones, **options).numpy().ravel().tolist()
padded = [0, 0, 1, 2, 3, 4, 5, 0, 0]
due = [float(sum(padded[tap : tap + 5])) for tap in (0, 2, 4)]
print("filter gradient, 3 taps with a hole each: comes", came, "due", due)
print("reproduced" if came != due else "not reproduced")
