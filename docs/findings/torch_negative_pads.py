"""PyTorch crops where pads are negative and differ: `pad` does, and `conv2d` refuses them.

Other libraries have no meaning for a pad of -1 and refuse it, as `conv2d` does where pads are the same on both sides.
"""

import torch
from torch.nn import functional

print("torch", torch.__version__)
image, filters = torch.ones(2, 4, 7, 6), torch.ones(8, 4, 3, 5)
try:
    print("conv2d, due: an exception, got:", tuple(functional.conv2d(image, filters, padding=(-1, 0)).shape))
except RuntimeError as error:
    print("conv2d, due: an exception, got:", error)
shape = tuple(functional.conv2d(functional.pad(image, (0, 0, -1, 0)), filters).shape)
print(f"conv2d of pad, due: an exception, got: {shape}")
print("reproduced" if shape == (2, 8, 4, 2) else "not reproduced")
