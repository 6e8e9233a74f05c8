"""ONNX Runtime refuses a Conv in whose image no window fits, where the output is empty.

An image of 3 rows has no window of 4: the output has 0 rows, as the formula of the operator gives it. An empty batch,
whose output has no elements either, is answered.
"""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper


def convolve(image, filters):
    """Run a model of one Conv with the shapes of these arrays."""
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape)
        for name, array in {"X": image, "W": filters}.items()
    ]
    node = helper.make_node("Conv", ["X", "W"], ["Y"])
    graph = helper.make_graph([node], "conv", inputs, [helper.make_tensor_value_info("Y", TensorProto.FLOAT, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"X": image, "W": filters})[0]


print("onnxruntime", onnxruntime.__version__)
print("an empty batch:", convolve(np.zeros((0, 7, 5, 6), "f4"), np.zeros((5, 7, 4, 2), "f4")).shape)
print("due: (2, 5, 0, 5), 3 rows and filters of 4")
try:
    print("got:", convolve(np.zeros((2, 7, 3, 6), "f4"), np.zeros((5, 7, 4, 2), "f4")).shape)
    print("not reproduced")
except Exception as error:
    print("got:", error)
    print("reproduced" if "Invalid input shape" in str(error) else "not reproduced")
