"""Products of bfloat16 are rounded to bfloat16 before they are summed."""

import os
import shutil

if not shutil.which("clang"):
    os.environ.setdefault("DEV", "PYTHON")  # the CPU wants clang

from importlib.metadata import version

from tinygrad import Device, Tensor, dtypes

print("tinygrad", version("tinygrad"), "on", Device.DEFAULT)
wrong = False
for dtype, image, filters in (dtypes.bfloat16, [17, 1], [17, -288]), (dtypes.float16, [65, 1], [33, -2144]):
    x = Tensor(image, dtype=dtype).reshape(1, 1, 1, 2)
    came = x.conv2d(Tensor(filters, dtype=dtype).reshape(1, 1, 1, 2)).float().item()
    print(f"{dtype.name}: {image} * {filters}: comes {came}, due 1.0")
    wrong |= came != 1
print("reproduced" if wrong else "not reproduced")
