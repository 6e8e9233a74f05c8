"""A filter larger than the image by less than its stride gives a window, which reads past the image."""

import mlx.core as mx
import numpy as np

print("mlx", mx.__version__)
output = mx.conv2d(mx.ones((1, 3, 5, 1)), mx.ones((1, 4, 1, 1)), stride=2)
print("an image of 3 rows, filters of 4, stride 2: comes", output.shape, np.asarray(output).ravel(), "due (1, 0, 3, 1)")
wrong = output.shape == (1, 1, 3, 1)
print("reproduced" if wrong else "not reproduced")
