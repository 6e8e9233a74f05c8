"""Convolution in NumPy, to be read and to be believed."""

from reference.windows import conv2d

__all__ = ["conv2d"]
