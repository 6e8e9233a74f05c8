"""A model whose output has no elements cannot be read: get_tensor raises."""

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


wrong = True
for image, filters in ((0, 5, 6, 3), (3, 2, 3, 4)), ((2, 5, 6, 3), (3, 2, 3, 0)):
    ones, weights = np.ones(image, np.float32), np.ones(filters, np.float32)
    try:
        said = str(
            interpret(convert(lambda x, weights=weights: tf.nn.conv2d(x, weights, 1, "VALID"), ones), ones).shape
        )
        wrong = False
    except ValueError as error:
        said = str(error)
    print(f"{image} * {filters}: comes {said!r}, due shape {(image[0], 3, 5, filters[-1])}")
print("reproduced" if wrong else "not reproduced")
