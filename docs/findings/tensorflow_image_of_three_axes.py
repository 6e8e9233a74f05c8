"""With oneDNN, a depthwise convolution of an image of three axes ends the process (SIGABRT) instead of raising."""

import subprocess
import sys

import tensorflow as tf

print("tensorflow", tf.__version__)
CALLS = [
    "tf.nn.depthwise_conv2d(tf.ones([7, 6, 4]), tf.ones([3, 5, 4, 2]), [1, 1, 1, 1], 'VALID')",
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
