"""Paddle ends the process on an image in which no window fits, where the output is empty.

An image of 3 rows has no window of 4: the output has 0 rows. The process is killed by SIGFPE, and so it is where the
gradient of an output without elements is asked for. An image that is smaller either way gives a tensor of negative
sizes, and to read that ends the process with SIGSEGV. Others raise an exception, where an empty output is due as well.
"""

import subprocess
import sys
from importlib.metadata import version

SETUP = """
import paddle
from paddle import grad, zeros
from paddle.nn.functional import conv2d
image = zeros([1, 34, 2, 5])
image.stop_gradient = False
output = conv2d(image, zeros([6, 5, 4, 3]), stride=2, data_format='NHWC')
"""
CALLS = {
    "3 rows, filters of 4": "conv2d(zeros([2, 3, 6, 7]), zeros([5, 7, 4, 2]), data_format='NHWC')",
    "3 rows, filters of 4, depthwise": "conv2d(zeros([2, 3, 6, 4]), zeros([4, 1, 4, 2]), groups=4, data_format='NHWC')",
    "3 rows, filters of 9": "conv2d(zeros([2, 3, 6, 7]), zeros([5, 7, 9, 2]), data_format='NHWC')",
    "no rows": "conv2d(zeros([2, 0, 6, 4]), zeros([5, 4, 3, 2]), data_format='NHWC')",
    "gradient of no columns": "grad([output], [image], [zeros([1, 16, 0, 6])])[0]",
    "3x4, filters of 5x6": "conv2d(zeros([2, 3, 4, 2]), zeros([5, 2, 5, 6]), data_format='NHWC')",
}

print("paddle", version("paddlepaddle"))
found = []
for what, call in CALLS.items():
    code = f"{SETUP}print('shape', {call}.numpy().shape)"
    command = [sys.executable, "-W", "ignore", "-c", code]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in (child.stdout + child.stderr).splitlines() if "shape" in line or "Error:" in line]
    print(f"{what}: status {child.returncode}, {said[-1].strip()}")
    found.append(child.returncode)
print("reproduced" if found == [-8, -8, 1, 1, -8, -11] else "not reproduced")
