"""What a framework's transpose is told of the output's sizes, which tf.nn gives as `output_shape`."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.implementations.framework import Geometry
from reference.geometry import receptive_field

__all__ = ["output_padding"]


def output_padding(
    image: Sequence[int], filters: Sequence[int], output: Sequence[int], geometry: Geometry
) -> tuple[int, ...]:
    """Return how many elements the output has beyond the reach of its last window, for every spatial axis.

    Several sizes of the output have a convolution with the image's size; this tells which is meant. It is from 0 to a
    stride less 1 where the sizes fit together.

    Args:
        image: the shape of what is transposed, in the layout of `geometry`.
        filters: (*filter_sizes, out_channels / groups, in_channels).
        output: the shape that is asked for, in the layout of `geometry`.
        geometry: the parameters of the convolution that is transposed.

    >>> geometry = Geometry((2, 3), ((1, 1), (0, 1)), (1, 1), 1, False, "EXPLICIT")
    >>> output_padding((1, 4, 3, 5), (3, 4, 6, 5), (1, 8, 9, 6), geometry)
    (1, 0)
    """
    spatial = slice(2, None) if geometry.channels_first else slice(1, -1)
    axes = zip(
        output[spatial],
        image[spatial],
        filters[:-2],
        geometry.strides,
        geometry.dilations,
        geometry.pads,
        strict=True,
    )
    return tuple(
        large + sum(pads) - stride * (small - 1) - receptive_field(taps, dilation)
        for large, small, taps, stride, dilation, pads in axes
    )
