"""A transpose gives another shape than its output_shape says, where that does not fit, and raises nothing."""

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


image, filters = np.ones((2, 5, 4, 3), np.float32), np.ones((4, 2, 6, 3), np.float32)
model = convert(lambda x: tf.nn.conv2d_transpose(x, filters, [2, 19, 9, 6], [3, 2], "VALID"), image)
came = interpret(model, image).shape
print("output_shape (2, 19, 9, 6), which no image of 5 rows has: comes", came, "due an exception")
wrong = came == (2, 16, 9, 6)
print("reproduced" if wrong else "not reproduced")
