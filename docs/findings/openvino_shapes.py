"""OpenVINO on shapes at the edge: it refuses an empty output, and answers what has no meaning.

An image of 3 rows has no window of 4, and 0 rows of output. A filter of 0 rows has no window at all, negative padding
crops the image, and a transpose has fewer rows beyond its windows' reach than a stride: it is that of a convolution.
"""

from functools import partial

import numpy as np
import openvino
from openvino import opset13 as nodes


def convolve(image_shape, filter_shape, pads=((0, 0), (0, 0)), make=nodes.convolution):
    """Compile and run a model of a convolution of ones, or tell what is raised."""
    try:
        source = nodes.parameter(list(image_shape), np.float32)
        node = make(source, nodes.constant(np.ones(filter_shape, np.float32)), [1, 1], *pads, [1, 1])
        compiled = openvino.Core().compile_model(openvino.Model([node], [source]), "CPU")
        return str(compiled([np.ones(image_shape, np.float32)])[0].shape)
    except RuntimeError as error:
        return next(line for line in str(error).splitlines() if line[:5] in ("Check", "could"))


def transpose(source, filters, strides, begin, end, dilations, output_padding=(0, 0)):
    """Make a transpose in the call form of a convolution."""
    beyond = list(output_padding)
    return nodes.convolution_backprop_data(source, filters, strides, None, begin, end, dilations, None, beyond)


print("openvino", openvino.__version__)
got = {
    "3 rows, filters of 4, due (2, 5, 0, 5)": convolve((2, 7, 3, 6), (5, 7, 4, 2)),
    "transpose without input channels, due (2, 4, 7, 7)": convolve((2, 0, 5, 6), (0, 4, 3, 2), make=transpose),
    "filters of 0 rows, due an exception": convolve((2, 4, 7, 6), (5, 4, 0, 3)),
    "a pad of -1, due an exception": convolve((2, 4, 7, 6), (8, 4, 3, 5), ((0, 2), (0, -1))),
    "output_padding of 3 for a stride of 1, due an exception": convolve(
        (2, 3, 5, 4), (3, 6, 4, 2), make=partial(transpose, output_padding=(3, 0))
    ),
}
for what, answer in got.items():
    print(f"{what}, got: {answer}")
print(
    "reproduced" if [text[0] == "(" for text in got.values()] == [False, False, True, True, True] else "not reproduced"
)
