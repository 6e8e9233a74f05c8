"""A student's convolution in NumPy: loops over everything, and right.

conformance run -i examples/student.py:conv2d
"""

import numpy as np


def conv2d(x, w, strides, padding, dilations):
    """Convolve x (N, H, W, C) with w (R, S, C, K), as tf.nn.conv2d is called."""
    _, step_down, step_right, _ = strides
    _, apart_down, apart_right, _ = dilations
    batch, height, width, channels = x.shape
    filter_height, filter_width, filter_channels, filters = w.shape
    if channels != filter_channels or x.itemsize < 4:
        raise NotImplementedError("neither groups, nor numbers that are too narrow to add up in")
    top, bottom = pads(height, filter_height, step_down, apart_down, padding, 1)
    left, right = pads(width, filter_width, step_right, apart_right, padding, 2)
    x = np.pad(x, [(0, 0), (top, bottom), (left, right), (0, 0)])
    reach_down = (filter_height - 1) * apart_down + 1
    reach_right = (filter_width - 1) * apart_right + 1
    out_height = max(0, (height + top + bottom - reach_down) // step_down + 1)
    out_width = max(0, (width + left + right - reach_right) // step_right + 1)
    y = np.zeros((batch, out_height, out_width, filters), x.dtype)
    for p in range(out_height):
        for q in range(out_width):
            for r in range(filter_height):
                for s in range(filter_width):
                    pixels = x[:, p * step_down + r * apart_down, q * step_right + s * apart_right]
                    y[:, p, q] += pixels @ w[r, s]
    return y


def pads(size, filter_size, step, apart, padding, axis):
    """Return how many zeros stand before and after the pixels of an axis."""
    if padding == "VALID":
        return 0, 0
    if padding == "SAME":
        out_size = -(-size // step)
        total = max(0, (out_size - 1) * step + (filter_size - 1) * apart + 1 - size)
        return total // 2, total - total // 2
    return padding[axis]
