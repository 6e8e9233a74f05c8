"""TensorFlow, eager, on the device that it chooses: `tf.nn` itself."""

import tensorflow as tf

__all__ = ["VERSION", "bias_add", "conv2d"]

VERSION: str = tf.__version__
conv2d = tf.nn.conv2d
bias_add = tf.nn.bias_add
