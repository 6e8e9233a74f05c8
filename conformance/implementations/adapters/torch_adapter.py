"""PyTorch: `torch.nn.functional.conv1d` to `conv3d`, `conv_transpose1d` to `conv_transpose3d`, and `torch.autograd`.

PyTorch knows images as NCHW and filters as OIHW; others are permuted before and after. Arrays without gaps become
contiguous tensors, in `torch.channels_last` with the variant `channels-last`; others are handed over as the views that
they are. Read-only arrays and negative strides are copied, as PyTorch asks ("tensors with negative strides are not
currently supported. (You can probably work around this by making a copy)"), and bfloat16 passes as int16, bit by bit.
`padding="same"` and numbers are PyTorch's own; pads that differ before and after go through `torch.nn.functional.pad`.

Documented limits, reported as unsupported: "padding='same' is not supported for strided convolutions", where pads are
numbers instead; derivatives are of floating-point numbers only ("only Tensors of floating point dtype can require
gradients"), and so are transposes, but for int64; sums of int8 come back as int8; images with one spatial axis have no
`channels_last`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import torch
from torch.nn import functional

from conformance.data import Array
from conformance.errors import Unavailable
from conformance.implementations.framework import Framework, Geometry, Tensor
from conformance.implementations.output_padding import output_padding

__all__ = ["VERSION", "namespace"]

VERSION: str = torch.__version__

_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)

_CONVOLUTIONS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
_TRANSPOSES = {1: functional.conv_transpose1d, 2: functional.conv_transpose2d, 3: functional.conv_transpose3d}
_CHANNELS_LAST = {2: torch.channels_last, 3: torch.channels_last_3d}


class _Torch(Framework):
    """PyTorch on one device."""

    name = "PyTorch"
    dtypes = frozenset({"float16", "bfloat16", "float32", "float64", "int32", "int8"})
    takes_bias = True

    def __init__(self, device: torch.device, channels_last: bool) -> None:
        self._device = device
        self._channels_last = channels_last
        if channels_last:
            self.ranks = tuple(_CHANNELS_LAST)

    def tensor(self, array: Array) -> Tensor:
        if not array.flags.writeable or min(array.strides, default=0) < 0:
            array = array.copy()
        if array.dtype == _BFLOAT16:
            return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16).to(self._device)
        return torch.from_numpy(array).to(self._device)

    def array(self, tensor: Tensor) -> Array:
        found = tensor.detach().cpu()
        is_bfloat16 = found.dtype is torch.bfloat16
        array: Array = found.view(torch.int16).numpy().view(_BFLOAT16) if is_bfloat16 else found.numpy()
        return array

    def convolve(self, image: Tensor, filters: Tensor, geometry: Geometry, bias: Tensor | None = None) -> Tensor:
        source, weights = self._operands(image, filters, geometry)
        padding: Any = [before for before, _ in geometry.pads]
        if not geometry.is_symmetric:
            source, padding = functional.pad(source, _last_axis_first(geometry.pads)), 0
        elif geometry.padding == "SAME" and set(geometry.strides) == {1}:
            padding = "same"
        convolution = _CONVOLUTIONS[geometry.rank]
        output = convolution(source, weights, bias, geometry.strides, padding, geometry.dilations, geometry.groups)
        return output if geometry.channels_first else output.movedim(1, -1)

    def transpose(self, image: Tensor, filters: Tensor, output_shape: tuple[int, ...], geometry: Geometry) -> Tensor:
        source, weights = self._operands(image, filters, geometry)
        padding = [before if geometry.is_symmetric else 0 for before, _ in geometry.pads]
        output = _TRANSPOSES[geometry.rank](
            source,
            weights,
            stride=geometry.strides,
            padding=padding,
            output_padding=output_padding(image.shape, filters.shape, output_shape, geometry),
            groups=geometry.groups,
            dilation=geometry.dilations,
        )
        if not geometry.is_symmetric:
            output = functional.pad(output, [-pad for pad in _last_axis_first(geometry.pads)])
        return output if geometry.channels_first else output.movedim(1, -1)

    def pull_back(self, function: Callable[[Tensor], Tensor], at: Tensor, arriving: Tensor) -> Tensor:
        if not at.is_floating_point():
            raise NotImplementedError(f"PyTorch has derivatives of floating-point numbers only, not {at.dtype}")
        at.requires_grad_()
        return torch.autograd.grad(function(at), at, arriving)[0]

    def _operands(self, image: Tensor, filters: Tensor, geometry: Geometry) -> tuple[Tensor, Tensor]:
        """Return the image as NCHW and the filters as OIHW."""
        source = image if geometry.channels_first else image.movedim(-1, 1)
        weights = filters.movedim((-1, -2), (0, 1))
        return self._in_order(source, image, geometry), self._in_order(weights, filters, geometry)

    def _in_order(self, tensor: Tensor, given: Tensor, geometry: Geometry) -> Tensor:
        """Return the tensor in the order of memory that it is judged in, but as a view where it was given with gaps."""
        if self._channels_last:
            return tensor.contiguous(memory_format=_CHANNELS_LAST[geometry.rank])
        return tensor.contiguous() if given.is_contiguous() else tensor


def _last_axis_first(pads: tuple[tuple[int, int], ...]) -> list[int]:
    """Return the pads as `torch.nn.functional.pad` takes them."""
    return [pad for pair in reversed(pads) for pad in pair]


def namespace(variant: str, device: str) -> SimpleNamespace:
    """Return what PyTorch offers on a device, in `torch.channels_last` where `variant` is `channels-last`.

    Raises:
        Unavailable: PyTorch sees no such device.
    """
    on_gpu = device == "gpu"
    if on_gpu and not torch.cuda.is_available():
        raise Unavailable(f"PyTorch {VERSION} sees no GPU here")
    offered = _Torch(torch.device("cuda" if on_gpu else "cpu"), variant == "channels-last").namespace()
    offered.SWITCHES = {"device": device, "threads": str(torch.get_num_threads())} | (
        {"torch.backends.cudnn.allow_tf32": str(torch.backends.cudnn.allow_tf32)}
        if on_gpu
        else {"torch.backends.mkldnn.enabled": str(torch.backends.mkldnn.enabled)}
    )
    return offered
