"""A convolution of channels-first images, as PyTorch has it, and the few lines that let it be judged.

conformance run -i examples/channels_first.py:conv2d
"""

import numpy as np


def convolve(x, w, stride, padding):
    """Convolve x (N, C, H, W) with w (O, I, R, S); padding is (top, left) zeros, and as many at the other ends."""
    x = np.pad(x, [(0, 0), (0, 0), (padding[0], padding[0]), (padding[1], padding[1])])
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    return np.einsum("ncpqrs,ocrs->nopq", windows, w)


def conv2d(input, filters, strides, padding):
    """Call it as tf.nn.conv2d is called."""
    (top, bottom), (left, right) = {"VALID": [(0, 0)] * 2, "SAME": [(0, 1)] * 2}.get(str(padding), padding[1:3])
    fits = input.shape[1] + 2 * top >= filters.shape[0] and input.shape[2] + 2 * left >= filters.shape[1]
    if (top, left) != (bottom, right) or input.shape[3] != filters.shape[2] or input.itemsize < 4 or not fits:
        raise NotImplementedError("as many zeros before as after, no groups, no narrow numbers, a window that fits")
    y = convolve(input.transpose(0, 3, 1, 2), filters.transpose(3, 2, 0, 1), strides[1:3], (top, left))
    return y.transpose(0, 2, 3, 1)
