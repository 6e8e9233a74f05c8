"""The converter refuses a conv3d whose dilations differ: it takes those of one axis for another."""

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


image, filters = np.ones((2, 5, 9, 8, 4), np.float32), np.ones((2, 4, 3, 4, 6), np.float32)
options = {"strides": [1] * 5, "padding": "VALID", "dilations": [1, 3, 1, 2, 1]}
print("TensorFlow:", tf.nn.conv3d(image, filters, **options).shape)
wrong = False
try:
    print("LiteRT:", interpret(convert(lambda x: tf.nn.conv3d(x, filters, **options), image), image).shape)
except Exception as error:
    wrong = "incompatible" in str(error)
    said = next(line for line in str(error).splitlines() if "incompatible" in line)
    print("LiteRT: comes", said[said.index("error:") :], "due the shape of TensorFlow")
print("reproduced" if wrong else "not reproduced")
