"""OpenVINO takes float64 and int32, answers in float64 and int32, and computes in float32.

The model has parameters, constants and a result of the wider type. Numbers beyond 2^24 lose their last digits, and
float64 numbers beyond the range of float32 become its largest number.
"""

import numpy as np
import openvino
from openvino import opset13 as nodes


def convolve(image, filters):
    """Compile and run a model of a convolution, in the precision f32, the widest that there is."""
    source = nodes.parameter(list(image.shape), image.dtype)
    node = nodes.convolution(source, nodes.constant(filters), [1, 1], [0, 0], [0, 0], [1, 1])
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    return openvino.Core().compile_model(openvino.Model([node], [source]), "CPU", options)([image])[0]


print("openvino", openvino.__version__)
found = []
for dtype, number in [(np.float64, 2**24 + 1), (np.int32, 2**24 + 1), (np.float64, 1e39), (np.float64, np.inf)]:
    image, filters = np.full((1, 1, 2, 2), number, dtype), np.ones((1, 1, 1, 1), dtype)
    output = convolve(image, filters)
    print(f"{dtype.__name__} times 1, due: {image.flat[0]}, got: {output.flat[0]} of {output.dtype}")
    found.append(output.flat[0] != image.flat[0])
print("reproduced" if all(found) else "not reproduced")
