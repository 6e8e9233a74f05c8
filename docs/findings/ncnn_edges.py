"""ncnn on sizes of 0: it refuses them, and gives negative sizes where an image is smaller than filters either way.

An image of 3 rows has no window of 4 rows, and 0 rows of output: -100 comes back. An image smaller in height and in
width gives no error, and an output of negative height and width. No output channels, and no input channels: the layer
is not loaded.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import ncnn
import numpy as np


def convolve(image_shape, filter_shape):
    """Run a net of one Convolution with an image of ones; return the step that failed, or the output's sizes."""
    count, _, height, width = filter_shape
    filters = np.ones(filter_shape, np.float32)
    keys = f"0={count} 1={width} 11={height} 6={filters.size}"
    net = ncnn.Net()
    with TemporaryDirectory() as folder:
        Path(folder, "param").write_text(f"7767517\n2 2\nInput i 0 1 x\nConvolution c 1 1 x y {keys}\n")
        Path(folder, "bin").write_bytes(bytes(4) + filters.tobytes())
        if code := net.load_param(f"{folder}/param"):
            return f"load_param gave {code}"
        net.load_model(f"{folder}/bin")
    with net.create_extractor() as extractor:
        extractor.input("x", ncnn.Mat(np.ones(image_shape, np.float32)).clone())
        code, output = extractor.extract("y")
        return f"extract gave {code}" if code else f"({output.c}, {output.h}, {output.w})"


print("ncnn", ncnn.__version__)
got = [
    convolve((7, 3, 6), (5, 7, 4, 2)),
    convolve((2, 3, 4), (5, 2, 5, 6)),
    convolve((3, 5, 6), (0, 3, 2, 2)),
    convolve((0, 5, 6), (4, 0, 2, 2)),
]
for due, answer in zip(["(5, 0, 5)", "(5, 0, 0)", "(0, 4, 5)", "(4, 4, 5)"], got, strict=True):
    print(f"due: {due}, got: {answer}")
wrong = ["extract gave -100", "(5, -1, -1)", "load_param gave -1", "load_param gave -1"]
print("reproduced" if got == wrong else "not reproduced")
