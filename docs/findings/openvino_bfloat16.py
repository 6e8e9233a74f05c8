"""OpenVINO rounds float32 to bfloat16, without being asked, on processors that have instructions for it.

Which precision it chooses is told by the property INFERENCE_PRECISION_HINT: bf16 here, for models whose parameters,
constants and results are all float32. With the hint "f32", the same models give the right numbers.
"""

import numpy as np
import openvino
from openvino import opset13 as nodes


def convolve(image, filters, bias, options):
    """Compile and run a model of a convolution and a bias."""
    source = nodes.parameter(list(image.shape), np.float32)
    node = nodes.convolution(source, nodes.constant(filters), [1, 1], [0, 0], [0, 0], [1, 1])
    node = node if bias is None else nodes.add(node, nodes.constant(bias))
    return core.compile_model(openvino.Model([node], [source]), "CPU", options)([image])[0]


core = openvino.Core()
print("openvino", openvino.__version__)
print("INFERENCE_PRECISION_HINT:", core.get_property("CPU", "INFERENCE_PRECISION_HINT").to_string())
wide = np.full((1, 8, 9, 9), 257, np.float32)
narrow = np.full((1, 8, 9, 9), 1, np.float32)
filters, bias = np.ones((8, 8, 3, 3), np.float32), np.full((1, 8, 1, 1), 225, np.float32)
found = []
for what, image, added, due in [("input of 257", wide, None, 72 * 257), ("result of 297", narrow, bias, 297)]:
    chosen, asked = (convolve(image, filters, added, options) for options in ({}, {"INFERENCE_PRECISION_HINT": "f32"}))
    print(f"{what}, due: {due}, got: {chosen.flat[0]:.0f}, with the hint f32: {asked.flat[0]:.0f}")
    found.append(chosen.flat[0] != due == asked.flat[0])
print("reproduced" if all(found) else "not reproduced")
