"""The operations that are judged: their names, and how each comes from a convolution.

Every operation is one of four maps that belong to a convolution of input and filters (see `Kind`), so that a case
describes the convolution, and its operation says which of the maps is asked for.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache

__all__ = ["Kind", "Operation"]

_DATA_FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}
"""Channels last and channels first, by the number of spatial axes."""


class Kind(StrEnum):
    """Which map of a convolution an operation computes."""

    FORWARD = "forward"
    TRANSPOSE = "transpose"
    INPUT_GRADIENT = "input gradient"
    FILTER_GRADIENT = "filter gradient"


class Operation(StrEnum):
    """What an implementation may offer, by the names of tf.nn."""

    CONV1D = "conv1d"
    CONV2D = "conv2d"
    CONV3D = "conv3d"
    DEPTHWISE_CONV2D = "depthwise_conv2d"
    CONV1D_TRANSPOSE = "conv1d_transpose"
    CONV2D_TRANSPOSE = "conv2d_transpose"
    CONV3D_TRANSPOSE = "conv3d_transpose"
    CONV1D_BACKPROP_INPUT = "conv1d_backprop_input"
    CONV2D_BACKPROP_INPUT = "conv2d_backprop_input"
    CONV3D_BACKPROP_INPUT = "conv3d_backprop_input"
    DEPTHWISE_CONV2D_BACKPROP_INPUT = "depthwise_conv2d_backprop_input"
    CONV1D_BACKPROP_FILTER = "conv1d_backprop_filter"
    CONV2D_BACKPROP_FILTER = "conv2d_backprop_filter"
    CONV3D_BACKPROP_FILTER = "conv3d_backprop_filter"
    DEPTHWISE_CONV2D_BACKPROP_FILTER = "depthwise_conv2d_backprop_filter"

    @property
    @cache
    def kind(self) -> Kind:
        """Which map of a convolution it computes.

        >>> Operation.CONV2D_TRANSPOSE.kind.value
        'transpose'
        """
        suffixes = {
            "_transpose": Kind.TRANSPOSE,
            "_backprop_input": Kind.INPUT_GRADIENT,
            "_backprop_filter": Kind.FILTER_GRADIENT,
        }
        return next((kind for suffix, kind in suffixes.items() if self.endswith(suffix)), Kind.FORWARD)

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return int(self.partition("conv")[2][0])

    @property
    def data_formats(self) -> tuple[str, str]:
        """The names of the layouts of its images: channels last, the default, and channels first.

        >>> Operation.CONV1D_TRANSPOSE.data_formats
        ('NWC', 'NCW')
        """
        return _DATA_FORMATS[self.rank]

    @property
    def gives_image(self) -> bool:
        """Whether what comes out has a batch and channels, in the layout that was asked for."""
        return self.kind is not Kind.FILTER_GRADIENT

    @property
    def convolution(self) -> str:
        """The name of the convolution without channels kept apart: `conv2d` for `depthwise_conv2d_backprop_input`."""
        return f"conv{self.rank}d"

    @property
    def is_depthwise(self) -> bool:
        """Whether every channel has filters of its own, written (filter_height, filter_width, channels, multiplier)."""
        return self.startswith("depthwise")

    @property
    @cache
    def operands(self) -> tuple[str, str]:
        """The names of the two arrays that it computes from."""
        gradients = {Kind.INPUT_GRADIENT: ("out_backprop", "filters"), Kind.FILTER_GRADIENT: ("input", "out_backprop")}
        return gradients.get(self.kind, ("input", "filters"))
