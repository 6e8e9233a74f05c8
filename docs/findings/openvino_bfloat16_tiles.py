"""OpenVINO, in bfloat16 on a processor with AMX, gives wrong numbers for filters of eight columns and eight channels.

The image is 1 at one place and 0 elsewhere, so that the output is filters, which are whole numbers that bfloat16 holds:
its precision is not the reason. Of the kernels, which the compiled model tells, the one for AMX's tiles is wrong; with
the hint "f32", another one is chosen, which is right.
"""

import numpy as np
import openvino
from openvino import opset13 as nodes


def convolve(image, filters, options):
    """Return what a model of a convolution gives, and the kernel that was chosen for it."""
    source = nodes.parameter(list(image.shape), np.float32)
    node = nodes.convolution(source, nodes.constant(filters), [1, 1], [0, 0], [0, 0], [1, 1])
    model = openvino.Core().compile_model(openvino.Model([node], [source]), "CPU", options)
    told = [each.get_rt_info() for each in model.get_runtime_model().get_ops()]
    kernel = next(each["primitiveType"].astype(str) for each in told if each["layerType"].astype(str) == "Convolution")
    return model([image])[0], kernel


print("openvino", openvino.__version__)
image = np.zeros((1, 8, 1, 20), np.float32)
image[0, 2, 0, 10] = 1
filters = np.broadcast_to(np.arange(1, 65, dtype=np.float32).reshape(1, 8, 1, 8), (8, 8, 1, 8)).copy()
due = [0, 0, 0, *filters[0, 2, 0, ::-1], 0, 0]
print("due:", *map(int, due))
wrong = []
for options in {}, {"INFERENCE_PRECISION_HINT": "f32"}:
    output, kernel = convolve(image, filters, options)
    print(f"{options}, by {kernel}:", *(f"{each:g}" for each in output[0, 0, 0]))
    wrong.append(bool((output != due).any()))
print("reproduced" if wrong == [True, False] else "not reproduced")
