"""The input gradient of a transpose with an output_padding has a column too few."""

import mlx.core as mx

print("mlx", mx.__version__)
image, filters = mx.ones((2, 5, 4, 3)), mx.ones((6, 4, 2, 3))


def transpose(x):
    """Return the transpose, with an output of (2, 16, 9, 6)."""
    return mx.conv_transpose2d(x, filters, (3, 2), (0, 0), (1, 1), (0, 1))


output = transpose(image)
came = mx.vjp(transpose, [image], [mx.ones(output.shape)])[1][0].shape
print("gradient of an image of", image.shape, "comes", came, "due", image.shape)
wrong = came != image.shape
print("reproduced" if wrong else "not reproduced")
