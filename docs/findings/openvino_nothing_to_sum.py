"""OpenVINO answers a convolution that has nothing to sum with memory that nobody wrote.

Without input channels, or with an image of no rows inside its padding, every sum is 0. The memory is filled with ones
first, by other convolutions of the same size, so that what is left of them shows.
"""

import numpy as np
import openvino
from openvino import opset13 as nodes


def convolve(image_shape, filter_shape, pads):
    """Compile and run a model of a convolution of ones."""
    source = nodes.parameter(list(image_shape), np.float32)
    filters = nodes.constant(np.ones(filter_shape, np.float32))
    node = nodes.convolution(source, filters, [1, 1], *pads, [1, 1])
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = core.compile_model(openvino.Model([node], [source]), "CPU", options)
    return compiled([np.ones(image_shape, np.float32)])[0]


core = openvino.Core()
print("openvino", openvino.__version__)
founds = []
for what, image, filters, pads, others in [
    ("no input channels", (2, 0, 5, 6), (4, 0, 3, 2), ([0, 0], [0, 0]), (2, 1, 5, 6)),
    ("no rows, and padding", (2, 3, 0, 6), (4, 3, 3, 2), ([2, 0], [2, 0]), (2, 3, 4, 6)),
]:
    found = 0
    for _ in range(50):
        convolve(others, (filters[0], others[1], *filters[2:]), ([0, 0], [0, 0]))
        output = convolve(image, filters, pads)
        found += bool(output.any())
    print(f"{what}: shape {output.shape}, due: zeros, got others in {found} of 50 runs, the last {output.flat[:3]}")
    founds.append(found)
print("reproduced" if all(founds) else "not reproduced")
