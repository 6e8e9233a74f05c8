"""Filters without input or output channels are refused, where sums over nothing are 0."""

import tensorflow as tf

print("tensorflow", tf.__version__)
wrong = True
for image, filters, due in ([2, 5, 6, 0], [3, 2, 0, 4], (2, 3, 5, 4)), ([2, 5, 6, 3], [3, 2, 3, 0], (2, 3, 5, 0)):
    try:
        said = str(tf.nn.conv2d(tf.zeros(image), tf.zeros(filters), 1, "VALID").shape)
    except tf.errors.InvalidArgumentError as error:
        said = str(error).split("}} ")[-1][:80]
        wrong &= "filter" in said
    print(f"{image} * {filters}: comes {said!r}, due zeros of shape {due}")
print("reproduced" if wrong else "not reproduced")
