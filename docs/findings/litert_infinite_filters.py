"""Where filters hold Inf, the largest number comes in the place of Inf, and a number in that of NaN."""

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


image = np.ones((1, 3, 4, 1), np.float32)
image[0, 0, 0] = 0
filters = np.ones((2, 2, 1, 1), np.float32)
filters[0, 0] = np.inf
came = interpret(convert(lambda x: tf.nn.conv2d(x, filters, 1, "VALID"), image), image)
due = tf.nn.conv2d(image, filters, 1, "VALID").numpy()
print("comes", came.ravel().tolist(), "due", due.ravel().tolist())
wrong = not np.array_equal(came, due, equal_nan=True)
print("reproduced" if wrong else "not reproduced")
