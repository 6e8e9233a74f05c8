"""Paddle ends the process when it is imported after TensorFlow, and does not when it is imported before.

pip installs both in one environment; their native code does not go together.
"""

import subprocess
import sys
from importlib.metadata import version

print("paddle", version("paddlepaddle"), "tensorflow", version("tensorflow"))
found = []
for names in ("paddle, tensorflow", "tensorflow, paddle"):
    command = [sys.executable, "-W", "ignore", "-c", f"import {names}"]
    child = subprocess.run(command, capture_output=True, check=False)
    print(f"import {names}: status {child.returncode}")
    found.append(child.returncode)
print("reproduced" if found == [0, -11] else "not reproduced")
