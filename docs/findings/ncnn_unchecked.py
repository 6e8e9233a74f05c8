"""ncnn does not check sizes: it answers what has no meaning, and reads and writes beyond its memory.

Filters are for 3 channels, and the image has 5: what lies behind the filters is taken for filters. A transpose with as
many rows beyond its windows' reach as a stride has, or more, is that of no convolution, and is answered. A negative pad
at the right, beside a positive one at the left, is written beyond the image: under glibc's checks the process aborts.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import ncnn
import numpy as np


def convolve(channels, keys, filters, kind="Convolution"):
    """Run a net of one layer with an image of ones."""
    net = ncnn.Net()
    with TemporaryDirectory() as folder:
        text = f"0={len(filters)} 1=5 11=3 6={filters.size} {keys}"
        Path(folder, "param").write_text(f"7767517\n2 2\nInput i 0 1 x\n{kind} c 1 1 x y {text}\n")
        Path(folder, "bin").write_bytes(bytes(4) + filters.tobytes())
        net.load_param(f"{folder}/param")
        net.load_model(f"{folder}/bin")
    with net.create_extractor() as extractor:
        extractor.input("x", ncnn.Mat(np.ones((channels, 7, 6), np.float32)).clone())
        code, output = extractor.extract("y")
        return code, np.array(output)


if sys.argv[1:] == ["pads"]:
    for _ in range(20):
        convolve(4, "4=2 15=-1", np.ones((8, 4, 3, 5), np.float32))
    sys.exit()
print("ncnn", ncnn.__version__)
code, output = convolve(5, "", np.ones((8, 3, 3, 5), np.float32))
print(f"5 channels, filters for 3, due: an error, got: {code} and an output of shape {output.shape}")
beyond, output_beyond = convolve(4, "19=3", np.ones((8, 4, 3, 5), np.float32), "Deconvolution")
print(f"3 rows beyond a transpose of stride 1, due: an error, got: {beyond} and {output_beyond.shape}")
checked = os.environ | {"MALLOC_CHECK_": "3"}
child = subprocess.run([sys.executable, __file__, "pads"], env=checked, check=False)
print(f"pads of 2 and -1, due: status 0 and an error, got: status {child.returncode}")
print("reproduced" if code == beyond == 0 and child.returncode else "not reproduced")
