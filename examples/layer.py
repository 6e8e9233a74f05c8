"""A layer that adds its bias itself, in the same pass: an instance is judged, and is given the bias.

conformance run -i examples/layer.py:layer
"""

import numpy as np


class Layer:
    """A convolution without padding whose output begins as the bias."""

    def __call__(self, x, w, bias, strides, padding):
        """Convolve x (N, H, W, C) with w (R, S, C, K), and add the bias (K), if there is one."""
        if padding != "VALID" or x.shape[3] != w.shape[2]:
            raise NotImplementedError("neither padding nor groups")
        height, width, _, filters = w.shape
        out_height = max(0, (x.shape[1] - height) // strides[1] + 1)
        out_width = max(0, (x.shape[2] - width) // strides[2] + 1)
        y = np.zeros((len(x), out_height, out_width, filters), x.dtype)
        if bias is not None:
            y += bias
        for p in range(out_height):
            for q in range(out_width):
                top, left = p * strides[1], q * strides[2]
                y[:, p, q] += np.tensordot(x[:, top : top + height, left : left + width], w, axes=3)
        return y


layer = Layer()
