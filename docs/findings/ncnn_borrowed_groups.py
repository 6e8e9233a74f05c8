"""ncnn mixes up the channels of an image that a Mat borrows from NumPy, where a convolution has groups.

`ncnn.Mat(array)` leaves no gaps between channels; the memory of Mats that ncnn makes itself has them, so that each
channel starts at a multiple of 16 bytes. A convolution with groups takes the channels of each group for a Mat of the
second kind. A clone is one, and gives the right numbers; so does an image of 8 by 5, whose channels need no gaps.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import ncnn
import numpy as np


def convolve(image, filters, groups):
    """Run a net of one ConvolutionDepthWise."""
    count, _, height, width = filters.shape
    keys = f"0={count} 1={width} 11={height} 6={filters.size} 7={groups}"
    net = ncnn.Net()
    with TemporaryDirectory() as folder:
        Path(folder, "param").write_text(f"7767517\n2 2\nInput i 0 1 x\nConvolutionDepthWise c 1 1 x y {keys}\n")
        Path(folder, "bin").write_bytes(bytes(4) + filters.tobytes())
        net.load_param(f"{folder}/param")
        net.load_model(f"{folder}/bin")
    with net.create_extractor() as extractor:
        extractor.input("x", image)
        return np.array(extractor.extract("y")[1])


print("ncnn", ncnn.__version__)
filters = np.zeros((9, 2, 1, 1), np.float32)
filters[:, 1] = 1
wrong = {}
for height, width in [(7, 5), (8, 5)]:
    image = np.arange(6 * height * width, dtype=np.float32).reshape(6, height, width)
    due = image[[1, 1, 1, 3, 3, 3, 5, 5, 5]]  # the second channel of each of three groups, three times
    for what, mat in {"borrowed": ncnn.Mat(image), "clone": ncnn.Mat(image).clone()}.items():
        wrong[height, what] = int(np.sum(convolve(mat, filters, 3) != due))
        print(f"{height}x{width}, {what}: {wrong[height, what]} of {due.size} elements are wrong; cstep {mat.cstep}")
print("reproduced" if [key for key, count in wrong.items() if count] == [(7, "borrowed")] else "not reproduced")
