"""A conformance harness for convolution."""
