"""The operations that are judged: their names, and how each comes from a convolution.

A convolution of an image `x` with filters `w` to an image `y` has three maps, each linear in what it is given: to `y`
from `x` and `w`, to `x` from `y` and `w`, and to `w` from `x` and `y`. Every operation is one of these maps, used for
one purpose or another (see `Kind`). So a case describes the convolution, and its operation says what is asked of it.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache

__all__ = ["Kind", "Map", "Operation"]

_DATA_FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}
"""Channels last and channels first, by the number of spatial axes."""


class Kind(StrEnum):
    """What an operation is for."""

    FORWARD = "forward"
    TRANSPOSE = "transpose"
    INPUT_GRADIENT = "input gradient"
    FILTER_GRADIENT = "filter gradient"
    BIAS_GRADIENT = "bias gradient"


class Map(StrEnum):
    """Which map of a convolution an operation computes: what comes out, so what the sums run over."""

    TO_OUTPUT = "to output"
    TO_INPUT = "to input"
    TO_FILTERS = "to filters"


class Operation(StrEnum):
    """What an implementation may offer, by the names of tf.nn."""

    CONV1D = "conv1d"
    CONV2D = "conv2d"
    CONV3D = "conv3d"
    DEPTHWISE_CONV2D = "depthwise_conv2d"
    SEPARABLE_CONV2D = "separable_conv2d"
    CONV1D_TRANSPOSE = "conv1d_transpose"
    CONV2D_TRANSPOSE = "conv2d_transpose"
    CONV3D_TRANSPOSE = "conv3d_transpose"
    CONV1D_BACKPROP_INPUT = "conv1d_backprop_input"
    CONV2D_BACKPROP_INPUT = "conv2d_backprop_input"
    CONV3D_BACKPROP_INPUT = "conv3d_backprop_input"
    DEPTHWISE_CONV2D_BACKPROP_INPUT = "depthwise_conv2d_backprop_input"
    CONV1D_TRANSPOSE_BACKPROP_INPUT = "conv1d_transpose_backprop_input"
    CONV2D_TRANSPOSE_BACKPROP_INPUT = "conv2d_transpose_backprop_input"
    CONV3D_TRANSPOSE_BACKPROP_INPUT = "conv3d_transpose_backprop_input"
    CONV1D_BACKPROP_FILTER = "conv1d_backprop_filter"
    CONV2D_BACKPROP_FILTER = "conv2d_backprop_filter"
    CONV3D_BACKPROP_FILTER = "conv3d_backprop_filter"
    DEPTHWISE_CONV2D_BACKPROP_FILTER = "depthwise_conv2d_backprop_filter"
    CONV1D_TRANSPOSE_BACKPROP_FILTER = "conv1d_transpose_backprop_filter"
    CONV2D_TRANSPOSE_BACKPROP_FILTER = "conv2d_transpose_backprop_filter"
    CONV3D_TRANSPOSE_BACKPROP_FILTER = "conv3d_transpose_backprop_filter"
    BIAS_ADD = "bias_add"
    BIAS_ADD_GRAD = "bias_add_grad"

    @property
    @cache
    def kind(self) -> Kind:
        """What it is for.

        >>> Operation.CONV2D_TRANSPOSE.kind.value
        'transpose'
        """
        suffixes = {
            "_transpose": Kind.TRANSPOSE,
            "_backprop_input": Kind.INPUT_GRADIENT,
            "_backprop_filter": Kind.FILTER_GRADIENT,
            "_add_grad": Kind.BIAS_GRADIENT,
        }
        return next((kind for suffix, kind in suffixes.items() if self.endswith(suffix)), Kind.FORWARD)

    @property
    @cache
    def map(self) -> Map:
        """Which map of a convolution it computes; of a transpose, the convolution is the one that is transposed.

        >>> Operation.CONV2D_TRANSPOSE.map.value, Operation.CONV2D_TRANSPOSE_BACKPROP_INPUT.map.value
        ('to input', 'to output')
        """
        if self.kind in (Kind.FILTER_GRADIENT, Kind.BIAS_GRADIENT):
            return Map.TO_FILTERS
        is_forward = self.kind is Kind.FORWARD or (self.kind is Kind.INPUT_GRADIENT and self.is_transposed)
        return Map.TO_OUTPUT if is_forward else Map.TO_INPUT

    @property
    def rank(self) -> int:
        """The number of spatial axes; biases are asked for with two."""
        return 2 if self.is_bias else int(self.partition("conv")[2][0])

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
        return self.map is not Map.TO_FILTERS

    @property
    def convolution(self) -> str:
        """The name of the convolution without channels kept apart: `conv2d` for `depthwise_conv2d_backprop_input`."""
        return f"conv{self.rank}d"

    @property
    def is_depthwise(self) -> bool:
        """Whether every channel has filters of its own, written (filter_height, filter_width, channels, multiplier)."""
        return self.startswith(("depthwise", "separable"))

    @property
    def is_transposed(self) -> bool:
        """Whether it is a transpose or a gradient of one: `x` is what a transpose gives, and `y` what it is given."""
        return "_transpose" in self

    @property
    def is_bias(self) -> bool:
        """Whether it has no filters: it adds a bias, or is the gradient of that."""
        return self.startswith("bias")

    @property
    @cache
    def operands(self) -> tuple[str, ...]:
        """The names of the arrays that it is linear in; the bias, which is added, is none of them."""
        if self.is_bias:
            return ("input",) if self is Operation.BIAS_ADD else ("out_backprop",)
        if self is Operation.SEPARABLE_CONV2D:
            return ("input", "filters", "pointwise")
        gradients = {Kind.INPUT_GRADIENT: ("out_backprop", "filters"), Kind.FILTER_GRADIENT: ("input", "out_backprop")}
        return gradients.get(self.kind, ("input", "filters"))
