"""Convolution in NumPy, to be read and to be believed."""

from reference.windows import conv1d, conv2d, conv3d

__all__ = ["conv1d", "conv2d", "conv3d"]
