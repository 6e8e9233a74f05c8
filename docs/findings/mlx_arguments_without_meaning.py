"""Pads below 0, which crop, and an output_padding of a whole stride are answered."""

import mlx.core as mx

print("mlx", mx.__version__)
image, filters = mx.ones((2, 7, 6, 4)), mx.ones((8, 3, 5, 4))
cropped = mx.conv_general(image, filters, padding=([-1, 0], [0, 0]))
mx.eval(cropped)
print("a pad of -1: comes", cropped.shape, "due an exception")
longer = mx.conv_transpose2d(mx.ones((2, 5, 4, 3)), mx.ones((6, 4, 2, 3)), (3, 2), output_padding=(3, 1))
mx.eval(longer)
print("a stride of 3 with an output_padding of 3: comes", longer.shape, "due an exception")
wrong = cropped.shape == (2, 4, 2, 8) and longer.shape == (2, 19, 9, 6)
print("reproduced" if wrong else "not reproduced")
