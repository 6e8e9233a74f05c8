"""A transpose without input channels is refused when it is prepared, where zeros are due."""

import numpy as np
import tensorflow as tf
from ai_edge_litert import __version__
from ai_edge_litert.interpreter import Interpreter

print("ai-edge-litert", __version__, "tensorflow", tf.__version__)


def convert(function, image):
    """Return the function of one image as a model."""
    spec = tf.TensorSpec(image.shape, image.dtype)
    traced = tf.function(function, input_signature=[spec]).get_concrete_function()
    return tf.lite.TFLiteConverter.from_concrete_functions([traced]).convert()


def interpret(model, image):
    """Return what the model gives."""
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


image, filters = np.ones((2, 3, 4, 0), np.float32), np.ones((3, 2, 4, 0), np.float32)
wrong = False
try:
    model = convert(lambda x: tf.nn.conv2d_transpose(x, filters, [2, 5, 5, 4], 1, "VALID"), image)
    print("comes", interpret(model, image).shape, "due zeros of shape (2, 5, 5, 4)")
except RuntimeError as error:
    wrong = True
    print("comes", str(error)[:100], "due zeros of shape (2, 5, 5, 4)")
print("reproduced" if wrong else "not reproduced")
