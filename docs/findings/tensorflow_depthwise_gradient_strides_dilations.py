"""Depthwise gradients of strides beside dilations ignore the dilations."""

import numpy as np
import tensorflow as tf

print("tensorflow", tf.__version__)
image = np.arange(9.0 * 10).reshape(1, 9, 10, 1)
arriving = np.ones((1, 2, 2, 1))
options = {"strides": [1, 5, 5, 1], "padding": "VALID", "dilations": [1, 3, 3, 1]}
came = tf.nn.depthwise_conv2d_backprop_filter(image, [2, 1, 1, 1], arriving, **options).numpy().ravel()
due = [sum(image[0, 5 * p + 3 * r, 5 * q, 0] for p in range(2) for q in range(2)) for r in range(2)]
print("comes", came.tolist(), "due", [float(number) for number in due])
wrong = came.tolist() != due
print("reproduced" if wrong else "not reproduced")
