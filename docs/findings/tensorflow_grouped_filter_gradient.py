"""The filter gradient takes grouped filters for those of one group, with explicit padding or in float64."""

import tensorflow as tf

print("tensorflow", tf.__version__)
wrong = True
for dtype, padding, size in (tf.float32, [[0, 0], [1, 1], [1, 1], [0, 0]], 7), (tf.float64, "VALID", 5):
    image, arriving = tf.ones([2, 7, 7, 6], dtype), tf.ones([2, size, size, 9], dtype)
    try:
        came = tf.compat.v1.nn.conv2d_backprop_filter(image, [3, 3, 2, 9], arriving, [1, 1, 1, 1], padding)
        said, wrong = str(came.shape), False
    except tf.errors.InvalidArgumentError as error:
        said = str(error).split("}} ")[-1][:90]
    print(f"{dtype.name}, {padding}: comes {said!r}, due a gradient of shape (3, 3, 2, 9)")
print("reproduced" if wrong else "not reproduced")
