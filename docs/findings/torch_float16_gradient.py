"""PyTorch adds up the filter gradients of a batch in float16, on the CPU, so that 2048 and eight ones are 2048.

The gradient of a filter of one tap is the sum of all elements: of nine images of one, 2048 in the first and 1 in each
other. The same numbers in one image come out right, and so does bfloat16, in which 256 and eight ones are 264.

On processors with AVX512-FP16, oneDNN has kernels for it, which are right; there, the finding is reproduced with the
variable `ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16`.
"""

import torch
from torch.nn import functional


def gradient(dtype, large, batch, width):
    """Return the gradient of one filter of 1x1, which is the sum of all elements of the images."""
    images = torch.ones(batch, 1, 1, width, dtype=dtype)
    images[0, 0, 0, 0] = large
    filters = torch.ones(1, 1, 1, 1, dtype=dtype, requires_grad=True)
    output = functional.conv2d(images, filters)
    return torch.autograd.grad(output, filters, torch.ones_like(output))[0].item()


print("torch", torch.__version__)
got = {
    "float16, 9 images": (gradient(torch.float16, 2048, 9, 1), 2056),
    "float16, 9 columns": (gradient(torch.float16, 2048, 1, 9), 2056),
    "bfloat16, 9 images": (gradient(torch.bfloat16, 256, 9, 1), 264),
}
for what, (answer, due) in got.items():
    print(f"{what}, due: {due}, got: {answer:.0f}")
print("reproduced" if [answer == due for answer, due in got.values()] == [False, True, True] else "not reproduced")
