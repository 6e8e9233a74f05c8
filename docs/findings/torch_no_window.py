"""PyTorch refuses an image in which no window fits, where the output is empty.

An image of 3 rows has no window of 4: the output has 0 rows, as the formula of the documentation gives it. An empty
batch, whose output has no elements either, is answered.
"""

import torch
from torch.nn import functional

print("torch", torch.__version__)
answer = functional.conv2d(torch.zeros(0, 7, 5, 6), torch.zeros(5, 7, 4, 2))
print(f"an empty batch, due: (0, 5, 2, 5), got: {tuple(answer.shape)}")
found = []
for what, image, filters, due in [
    ("3 rows, filters of 4", (2, 7, 3, 6), (5, 7, 4, 2), (2, 5, 0, 5)),
    ("no rows, filters of 3", (2, 4, 0, 6), (5, 4, 3, 2), (2, 5, 0, 5)),
    ("3x4, filters of 6x7", (2, 5, 3, 4), (8, 5, 6, 7), (2, 8, 0, 0)),
]:
    try:
        got = str(tuple(functional.conv2d(torch.zeros(image), torch.zeros(filters)).shape))
    except RuntimeError as error:
        got = str(error)
    print(f"{what}, due: {due}, got: {got}")
    found.append("Kernel size can't be greater than actual input size" in got)
print("reproduced" if all(found) else "not reproduced")
