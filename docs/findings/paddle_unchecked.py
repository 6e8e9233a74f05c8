"""Paddle answers what has no meaning: filters of no rows, and gradients that arrive in another shape.

A filter of height 0 has no window, and 8 rows come out of 7. `paddle.grad` takes `grad_outputs` of any shape.
"""

import numpy as np
import paddle
from paddle.nn import functional


def ones(*shape):
    """Return a tensor of ones."""
    tensor = paddle.to_tensor(np.ones(shape, np.float32))
    tensor.stop_gradient = False
    return tensor


print("paddle", paddle.__version__)
print("filters of 0 rows, due: an exception")
print("got:", tuple(functional.conv2d(ones(2, 7, 6, 4), ones(5, 4, 0, 3), data_format="NHWC").shape))
image, filters = ones(2, 7, 6, 4), ones(8, 4, 3, 5)
output = functional.conv2d(image, filters, data_format="NHWC")
for shape in [(3, 5, 2, 8), (2, 6, 2, 8)]:
    print(f"grad_outputs of {shape} for an output of {tuple(output.shape)}, due: an exception")
    gradient = paddle.grad([output], [filters], [ones(*shape)], retain_graph=True)[0]
    print("got:", tuple(gradient.shape))
print("reproduced")
