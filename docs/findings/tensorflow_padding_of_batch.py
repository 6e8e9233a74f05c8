"""With oneDNN, explicit padding of batch and channels is passed over, where it must be refused."""

import tensorflow as tf

print("tensorflow", tf.__version__)
image, filters = tf.ones([2, 5, 5, 3]), tf.ones([2, 2, 3, 4])
answered = 0
for padding in [[1, 0], [0, 0], [0, 0], [0, 0]], [[0, 0], [0, 0], [0, 0], [0, 2]]:
    try:
        shape = tf.nn.conv2d(image, filters, 1, padding).shape
        print(f"padding {padding}: comes {tuple(shape)}, due an error")
        answered += 1
    except tf.errors.OpError as error:
        print(f"padding {padding}: comes {type(error).__name__}")
print("reproduced" if answered == 2 else "not reproduced")
