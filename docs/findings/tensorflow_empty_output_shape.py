"""With oneDNN, a convolution whose output has no elements comes back in the input's shape."""

import tensorflow as tf

print("tensorflow", tf.__version__)
CALLS = {
    "no image": ([0, 5, 6, 3], [3, 2, 3, 4], "VALID", (0, 3, 5, 4)),
    "no window": ([2, 3, 6, 7], [4, 2, 7, 5], "VALID", (2, 0, 5, 5)),
    "no row": ([2, 0, 6, 4], [3, 2, 4, 5], "SAME", (2, 0, 6, 5)),
}
wrong = True
for name, (image, filters, padding, due) in CALLS.items():
    shape = tuple(tf.nn.conv2d(tf.zeros(image), tf.zeros(filters), 1, padding).shape)
    print(f"{name}: {image} * {filters}, {padding}: comes {shape}, due {due}")
    wrong &= shape == tuple(image) != due
print("reproduced" if wrong else "not reproduced")
