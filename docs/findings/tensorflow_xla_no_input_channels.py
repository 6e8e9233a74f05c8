"""By XLA, the input gradient without input channels ends the process (SIGFPE)."""

import subprocess
import sys

import tensorflow as tf

print("tensorflow", tf.__version__)
CALLS = [
    "tf.function(lambda w, g: tf.compat.v1.nn.conv2d_backprop_input([2, 5, 6, 0], w, g, [1] * 4, 'VALID'), "
    "jit_compile=True)(tf.ones([3, 2, 0, 4]), tf.ones([2, 3, 5, 4]))",
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
