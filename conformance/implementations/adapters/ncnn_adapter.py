"""ncnn on the CPU: a model of one layer, written to files, loaded by `Net` with the default options, and run.

The layer is `Convolution` or `Deconvolution`, with `DepthWise` behind its name where there are groups, and `1D` or `3D`
for the other ranks. ncnn takes one image of (channels, height, width) at a time, in contiguous memory that it borrows;
a batch is as many runs. It reports errors by a number, which is raised as `RuntimeError`. Negative pads are refused
here: two of them (-233, -234) stand for SAME, and with others ncnn writes beyond its memory.

Documented limits, reported as unsupported: layers compute in float32; an empty batch is no run at all; there are no
derivatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import ncnn
import numpy as np

from conformance.data import Array
from conformance.implementations.framework import Framework, Geometry
from conformance.implementations.output_padding import output_padding

__all__ = ["VERSION", "namespace"]

VERSION: str = ncnn.__version__

_KERNEL, _DILATION, _STRIDE = (1, 11, 21), (2, 12, 22), (3, 13, 23)
"""Keys of a layer's parameters, in its file, by axis from the last one to the first: width, height, depth."""

_BEFORE, _AFTER = (4, 14, 24), (15, 16, 17)
"""Likewise, of the padding."""

_BEYOND = (18, 19, 20)
"""Likewise, of the rows and columns that a transpose has beyond the windows' reach."""

_FILTERS, _HAS_BIAS, _WEIGHTS, _GROUPS = 0, 5, 6, 7

_FLOAT32 = bytes(4)
"""The tag before weights that are not compressed."""

_SWITCHES = ("use_winograd_convolution", "use_sgemm_convolution", "use_packing_layout", "use_bf16_storage")
"""The options on which the algorithm or the precision depends."""


class _Ncnn(Framework):
    """ncnn's layers."""

    name = "ncnn"
    takes_bias = True

    def convolve(self, image: Array, filters: Array, geometry: Geometry, bias: Array | None = None) -> Array:
        kind = "Convolution" if geometry.groups == 1 else "ConvolutionDepthWise"
        parameters = {_FILTERS: filters.shape[-1], **_parameters(filters, geometry)}
        if bias is not None:
            parameters[_HAS_BIAS] = 1
        return _run(kind, parameters, np.moveaxis(filters, (-1, -2), (0, 1)), image, geometry, bias)

    def transpose(self, image: Array, filters: Array, output_shape: tuple[int, ...], geometry: Geometry) -> Array:
        *sizes, out_channels, in_channels = filters.shape
        beyond = output_padding(image.shape, filters.shape, output_shape, geometry)
        parameters = {_FILTERS: out_channels * geometry.groups, **_parameters(filters, geometry)}
        parameters |= _by_axis(geometry.rank, _BEYOND, beyond)
        kind = "Deconvolution" if geometry.groups == 1 else "DeconvolutionDepthWise"
        grouped = filters.reshape(*sizes, out_channels, geometry.groups, in_channels // geometry.groups)
        return _run(kind, parameters, np.moveaxis(grouped, (-2, -3, -1), (0, 1, 2)), image, geometry)


def _parameters(filters: Array, geometry: Geometry) -> dict[int, int]:
    """Return what a layer and its transpose are told, by their keys."""
    if any(min(pair) < 0 for pair in geometry.pads):
        raise ValueError(f"ncnn: pads must be 0 or more, but are {geometry.pads} (it writes beyond its memory)")
    before, after = zip(*geometry.pads, strict=True)
    by_axis = partial(_by_axis, geometry.rank)
    return {
        **by_axis(_KERNEL, filters.shape[:-2]),
        **by_axis(_DILATION, geometry.dilations),
        **by_axis(_STRIDE, geometry.strides),
        **by_axis(_BEFORE, before),
        **by_axis(_AFTER, after),
        _WEIGHTS: filters.size,
        _GROUPS: geometry.groups,
    }


def _by_axis(rank: int, keys: tuple[int, ...], sizes: Sequence[int]) -> dict[int, int]:
    """Return the sizes, which go from the first spatial axis to the last, by their keys, which go the other way."""
    return dict(zip(keys[:rank], reversed(sizes), strict=True))


def _run(
    kind: str,
    parameters: dict[int, int],
    weights: Array,
    image: Array,
    geometry: Geometry,
    bias: Array | None = None,
) -> Array:
    """Return what the layer makes of each image of the batch."""
    if not len(image):
        raise NotImplementedError("ncnn takes one image at a time, and the batch has none")
    images = image if geometry.channels_first else np.moveaxis(image, -1, 1)
    layer = kind + {1: "1D", 2: "", 3: "3D"}[geometry.rank]
    net = _load(layer, parameters, _FLOAT32 + weights.tobytes() + (b"" if bias is None else bias.tobytes()))
    outputs = np.stack([_extract(net, each) for each in images])
    return outputs if geometry.channels_first else np.moveaxis(outputs, 1, -1)


def _load(layer: str, parameters: dict[int, int], weights: bytes) -> Any:
    """Return a net of the layer alone."""
    values = " ".join(f"{key}={value}" for key, value in parameters.items())
    net = ncnn.Net()
    with TemporaryDirectory() as folder:
        structure, numbers = Path(folder, "layer.param"), Path(folder, "layer.bin")
        structure.write_text(f"7767517\n2 2\nInput input 0 1 x\n{layer} layer 1 1 x y {values}\n")
        numbers.write_bytes(weights)
        _check("load_param", net.load_param(str(structure)))
        _check("load_model", net.load_model(str(numbers)))
    return net


def _extract(net: Any, image: Array) -> Array:
    """Return the output for one image, in memory of its own."""
    contiguous = np.ascontiguousarray(image)  # a Mat borrows memory, and keeps nothing alive
    with net.create_extractor() as extractor:
        _check("input", extractor.input("x", ncnn.Mat(contiguous)))
        code, output = extractor.extract("y")
        _check("extract", code)
        return np.array(output)


def _check(step: str, code: int) -> None:
    if code != 0:
        raise RuntimeError(f"ncnn: {step} gave {code}")


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return what ncnn offers."""
    del variant
    offered = _Ncnn().namespace()
    options = ncnn.Net().opt
    offered.SWITCHES = {"device": device, "threads": str(options.num_threads)} | {
        name: str(getattr(options, name)) for name in _SWITCHES
    }
    return offered
