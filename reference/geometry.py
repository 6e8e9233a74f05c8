"""Sizes and pads of a convolution: the padding arithmetic under every fast algorithm.

All numbers are integers counted in elements along one spatial axis. `reference.naive` deliberately uses none of this:
it finds its sizes by walking over the input, so that the two can check each other.
"""

from __future__ import annotations

from typing import Literal

__all__ = ["explicit_pads", "numpy_mode_pads", "output_size", "receptive_field", "same_pads"]

Pair = tuple[int, int]


def receptive_field(filter_size: int, dilation: int = 1) -> int:
    """Return how many input elements a window spans, holes of the dilation included.

    Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", section 5.1 (2016).

    >>> receptive_field(3), receptive_field(3, dilation=2)
    (3, 5)
    """
    return (filter_size - 1) * dilation + 1


def output_size(in_size: int, filter_size: int, stride: int = 1, dilation: int = 1, pads: Pair = (0, 0)) -> int:
    """Return floor((in + pads - receptive field) / stride) + 1, and 0 where the window does not fit at all.

    One article prints 23 for input 56, filter 5, padding 1, stride 2; its own formula, this one, gives 27.

    Source: Dumoulin & Visin, relationship 6 (2016).

    >>> output_size(28, 3), output_size(56, 5, stride=2, pads=(1, 1)), output_size(2, 3)
    (26, 27, 0)
    """
    return max(0, (in_size + sum(pads) - receptive_field(filter_size, dilation)) // stride + 1)


def same_pads(in_size: int, filter_size: int, stride: int = 1, dilation: int = 1) -> Pair:
    """Return the (before, after) zeros that TensorFlow's `SAME` adds, the odd one after.

    The output of `SAME` has ceil(in / stride) elements. Its last window starts at (out - 1) * stride and ends one
    receptive field later; what reaches past the input is the total padding. Where the stride exceeds the field that
    is negative, and nothing is padded. Half of the total, rounded down, goes before the input.

    Source: TensorFlow API documentation, `tf.nn`, "Notes on padding"; `GetWindowedOutputSizeVerbose`.

    >>> same_pads(4, 3), same_pads(4, 3, stride=2), same_pads(4, 2), same_pads(7, 3, dilation=2)
    ((1, 1), (0, 1), (0, 1), (2, 2))
    """
    out_size = -(-in_size // stride)
    total = max(0, (out_size - 1) * stride + receptive_field(filter_size, dilation) - in_size)
    return total // 2, total - total // 2


def numpy_mode_pads(mode: Literal["full", "same", "valid"], in_size: int, filter_size: int, dilation: int = 1) -> Pair:
    """Return the pads that make a correlation of stride 1 as long as `numpy.correlate` makes it in `mode`.

    With N input elements and a receptive field of M: `full` has N + M - 1 outputs, `same` max(N, M), `valid`
    max(N, M) - min(N, M) + 1. NumPy swaps its operands where the filter is the longer one; here that becomes
    padding. NumPy's `same` puts the odd zero of an even filter *before* the input, TensorFlow's `SAME` after it.

    Source: NumPy reference, `numpy.correlate` and `numpy.convolve`, parameter `mode`.

    >>> numpy_mode_pads("full", 5, 3), numpy_mode_pads("same", 5, 2), numpy_mode_pads("valid", 5, 3)
    ((2, 2), (1, 0), (0, 0))
    """
    field = receptive_field(filter_size, dilation)
    if mode == "full":
        return field - 1, field - 1
    if mode == "valid":
        overhang = max(0, field - in_size)
        return overhang, overhang
    before = field // 2 if in_size >= field else field - 1 - in_size // 2
    return before, max(in_size, field) - in_size + field - 1 - before


def explicit_pads(
    padding: str | tuple[Pair, ...],
    in_sizes: tuple[int, ...],
    filter_sizes: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
) -> tuple[Pair, ...]:
    """Return `padding`, one of `VALID`, `SAME` or pairs already, as a (before, after) pair for every spatial axis.

    >>> explicit_pads("SAME", (4, 5), (3, 2), (1, 2), (1, 1))
    ((1, 1), (0, 1))
    """
    if padding == "SAME":
        axes = zip(in_sizes, filter_sizes, strides, dilations, strict=True)
        return tuple(same_pads(*axis) for axis in axes)
    if isinstance(padding, str):
        return ((0, 0),) * len(in_sizes)
    return padding
