"""With oneDNN, sizes near 2^31 end the process (SIGABRT) instead of raising."""

import subprocess
import sys

import tensorflow as tf

print("tensorflow", tf.__version__)
CALLS = [
    "tf.nn.conv2d_transpose(tf.ones([2, 5, 4, 3]), tf.ones([4, 2, 6, 3]), [2, 2**31 - 1, 2**31 - 1, 6], [3, "
    "2], 'VALID')",
    "tf.compat.v1.nn.conv2d_backprop_input([2, 2**31 - 1, 2**31 - 1, 4], tf.ones([3, 5, 4, 8]), tf.ones([2, "
    "5, 2, 8]), [1] * 4, 'VALID')",
]
wrong = True
for call in CALLS:
    code = f"import tensorflow as tf; {call}; print('answered')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    answered = "answered" in done.stdout or "Error" in done.stderr
    print(call, "→", "a result or an exception" if answered else f"the process ended with status {done.returncode}")
    wrong &= not answered
print("due: a result or an exception each")
print("reproduced" if wrong else "not reproduced")
