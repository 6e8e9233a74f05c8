"""The gradients of a dilated depthwise convolution raise an error of the kernel."""

import numpy as np
import tensorflow as tf

print("tensorflow", tf.__version__)
wrong = True
image, filters, arriving = np.ones((2, 8, 9, 5)), np.ones((3, 4, 5, 1)), np.ones((2, 2, 3, 5))
options = {"strides": [1, 1, 1, 1], "padding": "VALID", "dilations": [1, 3, 2, 1]}
by_input = tf.nn.depthwise_conv2d_backprop_input, image.shape, filters
by_filter = tf.nn.depthwise_conv2d_backprop_filter, image, filters.shape
for gradient, first, second in (by_input, by_filter):
    first, second, last = (
        np.asarray(part, np.float32) if isinstance(part, np.ndarray) else part for part in (first, second, arriving)
    )
    try:
        said = str(gradient(first, second, last, **options).shape)
        wrong = False
    except tf.errors.OpError as error:
        said = str(error).split("}} ")[-1][:90]
    print(f"{gradient.__name__}: comes {said!r}, due a gradient")
print("reproduced" if wrong else "not reproduced")
