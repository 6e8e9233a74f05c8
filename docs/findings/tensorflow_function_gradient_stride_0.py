"""In a tf.function, gradients with a stride of 0 end the process (SIGFPE); eagerly they raise."""

import subprocess
import sys

import tensorflow as tf

print("tensorflow", tf.__version__)
CALLS = [
    "tf.function(lambda x, g: tf.compat.v1.nn.conv2d_backprop_filter(x, [3, 5, 4, 8], g, [1, 0, 1, 1], "
    "'VALID'))(tf.ones([2, 7, 6, 4]), tf.ones([2, 5, 2, 8]))",
    "tf.function(lambda w, g: tf.compat.v1.nn.conv2d_backprop_input([2, 7, 6, 4], w, g, [1, 0, 1, 1], "
    "'VALID'))(tf.ones([3, 5, 4, 8]), tf.ones([2, 5, 2, 8]))",
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
