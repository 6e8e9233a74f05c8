"""A transpose of a size near 2^31 ends the process (SIGSEGV) instead of raising."""

import subprocess
import sys

import mlx.core as mx

print("mlx", mx.__version__)
CALLS = [
    "mx.eval(mx.conv_transpose2d(mx.ones((2, 5, 4, 3)), mx.ones((6, 4, 2, 3)), (3, 2), "
    "output_padding=(2**31 - 17, 1)))",
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
