"""PyTorch adds what meets at one output of a transpose in float16, on the CPU, rounding for every tap.

Filters are nine ones, and so is the image but for its last number, 2048. At one output that and eight ones meet: 2056
is due, and 2048 comes. Sums over channels come out right, and so does bfloat16.

On processors with AVX512-FP16, oneDNN has kernels for it, which are right; there, the finding is reproduced with the
variable `ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16`.
"""

import torch
from torch.nn import functional


def largest(dtype, large, taps):
    """Return the largest output of a transpose in which `large` and 8 ones meet, as taps or as channels."""
    image = torch.ones(1, 1, 9, dtype=dtype)
    image[0, 0, -1] = large
    filters = torch.ones(1, 1, 9, dtype=dtype)
    if not taps:
        image, filters = image.movedim(-1, 1), filters.movedim(-1, 0)
    return functional.conv_transpose1d(image, filters).max().item()


print("torch", torch.__version__)
found = []
for what, dtype, large, taps, is_right in [
    ("float16, over taps", torch.float16, 2048, True, False),
    ("bfloat16, over taps", torch.bfloat16, 256, True, True),
    ("float16, over channels", torch.float16, 2048, False, True),
    ("float32, over taps", torch.float32, 2048, True, True),
]:
    answer = largest(dtype, large, taps)
    print(f"{what}, due: {large + 8}, got: {answer:.0f}")
    found.append((answer == large + 8) is is_right)
print("reproduced" if all(found) else "not reproduced")
