"""Paddle gives an output without channels where the image has none, and refuses filters without output channels.

Without input channels every sum is over nothing, and 0: the output has the filters' 4 channels. Without output
channels it has no elements.
"""

import numpy as np
import paddle
from paddle.nn import functional

print("paddle", paddle.__version__)
found = []
for what, image, filters, due in [
    ("no input channels", (2, 5, 6, 0), (4, 0, 3, 2), (2, 3, 5, 4)),
    ("no output channels", (2, 5, 6, 3), (0, 3, 3, 2), (2, 3, 5, 0)),
]:
    try:
        tensors = (paddle.to_tensor(np.ones(shape, np.float32)) for shape in (image, filters))
        got = tuple(functional.conv2d(*tensors, data_format="NHWC").shape)
    except ValueError as error:
        got = next(line for line in str(error).splitlines() if "size of filter" in line)
    print(f"{what}, due: {due}, got: {got}")
    found.append(got != due)
print("reproduced" if all(found) else "not reproduced")
