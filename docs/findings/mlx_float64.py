"""Convolutions of float64 are computed in float32, and grouped ones are refused when they are evaluated."""

import mlx.core as mx
import numpy as np

print("mlx", mx.__version__)
mx.set_default_device(mx.cpu)  # the only device that has float64
one, small = mx.array(np.array([[[1.0]]]), mx.float64), mx.array(np.array([[[1.0 + 2.0**-40]]]), mx.float64)
came = np.asarray(mx.conv1d(small, one)).item()
print("(1 + 2^-40) · 1: comes 1 +", came - 1, "due 1 +", 2.0**-40)
wrong = came == 1
try:
    image, filters = mx.array(np.ones((1, 5, 5, 4)), mx.float64), mx.array(np.ones((4, 3, 3, 1)), mx.float64)
    said = str(np.asarray(mx.conv2d(image, filters, groups=4)).dtype)
    wrong = False
except ValueError as error:
    said = str(error)
print("grouped: comes", said, "due float64")
print("reproduced" if wrong else "not reproduced")
