"""Convolutions and gradients that sum over nothing, or give nothing, end the process: by SIGFPE, or with status 0."""

import subprocess
import sys

import mlx.core as mx

print("mlx", mx.__version__)
CALLS = [
    "mx.eval(mx.conv2d(mx.ones((2, 5, 6, 0)), mx.ones((4, 3, 2, 0))))",
    "mx.eval(mx.conv2d(mx.ones((2, 5, 6, 3)), mx.ones((0, 3, 2, 3))))",
    "mx.eval(mx.conv2d(mx.ones((2, 7, 6, 4)), mx.ones((5, 0, 3, 4))))",
    "mx.eval(mx.conv_transpose2d(mx.ones((2, 3, 4, 0)), mx.ones((4, 3, 2, 0))))",
    "mx.eval(mx.vjp(lambda w, x: mx.conv2d(x, w, groups=3), [mx.ones((12, 3, 2, 1)), mx.ones((0, 5, 6, 3))], "
    "[mx.ones((0, 3, 5, 12)), ])[1][0])",
]
wrong = True
for call in CALLS:
    code = f"import mlx.core as mx; {call}; print('answered')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    answered = "answered" in done.stdout or "Error" in done.stderr
    print(call, "→", "a result or an exception" if answered else f"the process ended with status {done.returncode}")
    wrong &= not answered
print("due: a result or an exception each")
print("reproduced" if wrong else "not reproduced")
