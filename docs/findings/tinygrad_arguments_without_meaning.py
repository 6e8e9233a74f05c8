"""Dilations below 1, pads below 0, filters without taps and an output_padding of a whole stride are answered."""

import os
import shutil

if not shutil.which("clang"):
    os.environ.setdefault("DEV", "PYTHON")  # the CPU wants clang

from importlib.metadata import version

from tinygrad import Device, Tensor

print("tinygrad", version("tinygrad"), "on", Device.DEFAULT)
image, filters = Tensor.ones(2, 4, 7, 6), Tensor.ones(8, 4, 3, 5)
CALLS = {
    "a dilation of 0": lambda: image.conv2d(filters, dilation=(0, 1)),
    "a dilation of -2": lambda: image.conv2d(filters, dilation=(-2, 1)),
    "a pad of -1": lambda: image.conv2d(filters, padding=(0, 0, -1, 0)),
    "filters of height 0": lambda: image.conv2d(Tensor.ones(5, 4, 0, 3)),
    "stride 3, output_padding 3": lambda: Tensor.ones(2, 3, 5, 4).conv_transpose2d(
        Tensor.ones(3, 6, 4, 2), stride=(3, 2), output_padding=(3, 1)
    ),
}
wrong = True
for name, call in CALLS.items():
    try:
        said = str(call().numpy().shape)
    except (AssertionError, ValueError, RuntimeError) as error:
        said, wrong = str(error)[:80], False
    print(f"{name}: comes {said}, due an exception")
print("reproduced" if wrong else "not reproduced")
