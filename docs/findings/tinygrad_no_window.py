"""A filter larger than the image is refused by an assertion, where an output without elements is due."""

import os
import shutil

if not shutil.which("clang"):
    os.environ.setdefault("DEV", "PYTHON")  # the CPU wants clang

from importlib.metadata import version

from tinygrad import Device, Tensor

print("tinygrad", version("tinygrad"), "on", Device.DEFAULT)
wrong = False
try:
    print("comes", Tensor.ones(2, 7, 3, 6).conv2d(Tensor.ones(5, 7, 4, 2)).shape, "due (2, 5, 0, 5)")
except AssertionError as error:
    print("comes", error, "due an output of shape (2, 5, 0, 5)")
    wrong = True
print("reproduced" if wrong else "not reproduced")
