"""Without oneDNN, the filter gradient of no window, behind a stride, ends the process (SIGSEGV)."""

import os
import subprocess
import sys

import tensorflow as tf

print("tensorflow", tf.__version__)
CALLS = [
    "tf.compat.v1.nn.conv2d_backprop_filter(tf.ones([1, 34, 2, 5]), [4, 3, 5, 6], tf.ones([1, 16, 0, 6]), "
    "[1, 2, 2, 1], 'VALID')",
]
wrong = True
for call in CALLS:
    code = f"import tensorflow as tf; {call}; print('answered')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"TF_ENABLE_ONEDNN_OPTS": "0"},
    )
    answered = "answered" in done.stdout or "Error" in done.stderr
    print(call, "→", "a result or an exception" if answered else f"the process ended with status {done.returncode}")
    wrong &= not answered
print("due: a result or an exception each")
print("reproduced" if wrong else "not reproduced")
