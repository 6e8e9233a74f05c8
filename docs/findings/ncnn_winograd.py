"""ncnn rounds where no order of summation does: it takes Winograd's algorithm for 3x3 filters on its own.

All numbers are whole, and all sums stay below 2^24. With `use_winograd_convolution` off they come out equal.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import ncnn
import numpy as np


def convolve(image, filters, winograd):
    """Run a net of one Convolution."""
    keys = f"0={len(filters)} 1=3 11=3 6={filters.size}"
    net = ncnn.Net()
    net.opt.use_winograd_convolution = winograd
    with TemporaryDirectory() as folder:
        Path(folder, "param").write_text(f"7767517\n2 2\nInput i 0 1 x\nConvolution c 1 1 x y {keys}\n")
        Path(folder, "bin").write_bytes(bytes(4) + filters.tobytes())
        net.load_param(f"{folder}/param")
        net.load_model(f"{folder}/bin")
    with net.create_extractor() as extractor:
        extractor.input("x", ncnn.Mat(image).clone())
        return np.array(extractor.extract("y")[1])


print("ncnn", ncnn.__version__)
image = np.arange(16 * 14 * 19, dtype=np.float32).reshape(16, 14, 19) % 255
filters = np.arange(16 * 16 * 9, dtype=np.float32).reshape(16, 16, 3, 3) % 251 - 125
windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.float64), (3, 3), (1, 2))
due = np.einsum("cpqrs,kcrs->kpq", windows, filters)
errors = {winograd: np.abs(convolve(image, filters, winograd) - due).max() for winograd in (True, False)}
print(f"largest error by default: {errors[True]}, without Winograd: {errors[False]}")
print("reproduced" if errors[True] > 0 == errors[False] else "not reproduced")
