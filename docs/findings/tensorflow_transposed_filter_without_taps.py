"""With oneDNN, a transpose with filters of height 0 is answered, where a convolution with them is refused."""

import tensorflow as tf

print("tensorflow", tf.__version__)
image, filters = tf.ones([2, 5, 4, 3]), tf.zeros([0, 2, 6, 3])
try:
    came = str(tf.nn.conv2d_transpose(image, filters, [2, 16, 9, 6], 1, "VALID").shape)
except (tf.errors.OpError, ValueError) as error:
    came = type(error).__name__
print("comes", came, "due an exception")
wrong = came == "(2, 16, 9, 6)"
print("reproduced" if wrong else "not reproduced")
