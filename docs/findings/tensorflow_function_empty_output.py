"""In a tf.function, a filter that is larger than the image by one row is refused; eagerly, it gives an empty output."""

import tensorflow as tf

print("tensorflow", tf.__version__)
image, filters = tf.zeros([2, 3, 6, 7]), tf.zeros([4, 2, 7, 5])
print("eager: comes", tf.nn.conv2d(image, filters, 1, "VALID").shape, "due (2, 0, 5, 5)")
wrong = False
try:
    tf.function(lambda x, w: tf.nn.conv2d(x, w, 1, "VALID"))(image, filters)
except ValueError as error:
    print("tf.function: comes", str(error).splitlines()[-1].strip()[:80], "due (2, 0, 5, 5)")
    wrong = True
print("reproduced" if wrong else "not reproduced")
