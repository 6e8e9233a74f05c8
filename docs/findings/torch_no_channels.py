"""PyTorch gives an output without channels where the image has none, and refuses filters without output channels.

Without input channels every sum is over nothing, and 0, or the bias: the output has the filters' 4 channels. Without
output channels it has no elements. A transpose without input channels is refused, where every sum is 0 too.
"""

import torch
from torch.nn import functional

print("torch", torch.__version__)
found = []
for what, call, image, filters, bias, due in [
    ("no input channels", functional.conv2d, (2, 0, 5, 6), (4, 0, 3, 2), None, (2, 4, 3, 5)),
    ("no input channels, a bias", functional.conv2d, (2, 0, 5, 6), (4, 0, 3, 2), torch.ones(4), (2, 4, 3, 5)),
    ("no output channels", functional.conv2d, (2, 3, 5, 6), (0, 3, 3, 2), None, (2, 0, 3, 5)),
    ("a transpose, no input channels", functional.conv_transpose2d, (2, 0, 5, 6), (0, 4, 3, 2), None, (2, 4, 7, 7)),
]:
    try:
        got = tuple(call(torch.zeros(image), torch.zeros(filters), bias).shape)
    except RuntimeError as error:
        got = str(error)
    print(f"{what}, due: {due}, got: {got}")
    found.append(got == (2, 0, 3, 5) if call is functional.conv2d and "input" in what else "at least 1" in str(got))
print("reproduced" if all(found) else "not reproduced")
