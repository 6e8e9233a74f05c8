"""From what a framework has, a convolution of its tensors, to functions in the call forms of tf.nn.

An adapter says how its framework convolves, in its own words, and which shapes and dtypes it takes: it derives from
`Framework` and overrides `convolve`; `transpose` and `pull_back` where the framework has transposes and derivatives.
Everything else is here, once: the forms of strides, dilations and padding, layouts, groups, depthwise filters, and the
gradients as the framework's own derivatives of its own operations.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from conformance.case import Kind, Operation
from conformance.data import Array
from conformance.implementations.geometry import Geometry, geometry_of

__all__ = ["Framework", "Geometry", "Tensor"]

Tensor = Any
"""Whatever the framework computes with."""

_FORWARD = (Operation.CONV1D, Operation.CONV2D, Operation.CONV3D)
_TRANSPOSES = (Operation.CONV1D_TRANSPOSE, Operation.CONV2D_TRANSPOSE, Operation.CONV3D_TRANSPOSE)


class Framework(ABC):
    """What an adapter tells about its framework.

    Attributes:
        name: in messages.
        ranks: the numbers of spatial axes that it convolves.
        dtypes: that it convolves, by NumPy's names.
    """

    name: str
    ranks: tuple[int, ...] = (1, 2, 3)
    dtypes: frozenset[str] = frozenset({"float32"})

    def tensor(self, array: Array) -> Tensor:
        """Return `array` as the framework takes it; may share its memory, which nothing may write to."""
        return array

    def array(self, tensor: Tensor) -> Array:
        """Return what the framework gave as a NumPy array."""
        return np.asarray(tensor)

    @abstractmethod
    def convolve(self, image: Tensor, filters: Tensor, geometry: Geometry, bias: Tensor | None = None) -> Tensor:
        """Return the convolution by one call of the framework, in the layout that `geometry` says.

        Args:
            image: (batch, *in_sizes, in_channels), or channels first.
            filters: (*filter_sizes, in_channels / groups, out_channels).
            geometry: the parameters.
            bias: (out_channels,), given to the framework's own call; None without `takes_bias`.

        Raises:
            NotImplementedError: the framework does not do that; the message says what.
        """

    takes_bias: bool = False
    """Whether `convolve` adds a bias in the framework's own call."""

    def transpose(self, image: Tensor, filters: Tensor, output_shape: tuple[int, ...], geometry: Geometry) -> Tensor:
        """Return the transpose of a convolution by one call of the framework; overridden where it has one.

        Args:
            image: (batch, *sizes, in_channels), or channels first.
            filters: (*filter_sizes, out_channels / groups, in_channels): those of the convolution.
            output_shape: in the layout of the image; the convolution of that shape has the image's.
            geometry: the parameters of the convolution.

        Raises:
            NotImplementedError: the framework does not do that; the message says what.
        """
        raise NotImplementedError

    def pull_back(self, function: Callable[[Tensor], Tensor], at: Tensor, arriving: Tensor) -> Tensor:
        """Return the gradient of Σ function(at)·arriving by `at`, by the framework's own differentiation.

        Overridden where it has one.
        """
        raise NotImplementedError

    def namespace(self) -> SimpleNamespace:
        """Return the functions that the framework can serve, by the names and in the call forms of tf.nn."""
        functions: dict[str, Callable[..., Array]] = {}
        forward = [each for each in _FORWARD if each.rank in self.ranks]
        forward += [Operation.DEPTHWISE_CONV2D] if 2 in self.ranks else []
        transposes = [each for each in _TRANSPOSES if each.rank in self.ranks and self._overrides("transpose")]
        functions |= {operation: self._forward(operation) for operation in forward}
        functions |= {operation: self._transposed(operation) for operation in transposes}
        if self._overrides("pull_back"):
            for operation in [*forward, *transposes]:
                functions[f"{operation}_backprop_input"] = self._by_input(operation)
                functions[f"{operation}_backprop_filter"] = self._by_filter(operation)
        return SimpleNamespace(**{str(name): function for name, function in functions.items()})

    def _overrides(self, method: str) -> bool:
        return getattr(type(self), method) is not getattr(Framework, method)

    def _forward(self, operation: Operation) -> Callable[..., Array]:
        def convolution(
            input: Array, filters: Array, strides: Any, padding: Any, data_format: str, dilations: Any, bias: Any = None
        ) -> Array:
            self._check(input)
            geometry = geometry_of(operation, input.shape, filters.shape, strides, padding, data_format, dilations)
            added = None if bias is None else self.tensor(bias)
            grouped = self.tensor(_grouped(operation, filters))
            return self.array(self.convolve(self.tensor(input), grouped, geometry, added))

        def without_bias(
            input: Array, filters: Array, strides: Any, padding: Any, data_format: str, dilations: Any
        ) -> Array:
            return convolution(input, filters, strides, padding, data_format, dilations)

        return _named(operation, convolution if self.takes_bias else without_bias)

    def _transposed(self, operation: Operation) -> Callable[..., Array]:
        def transposed(
            input: Array,
            filters: Array,
            output_shape: Sequence[int],
            strides: Any,
            padding: Any,
            data_format: str,
            dilations: Any,
        ) -> Array:
            self._check(input)
            shape = tuple(output_shape)
            geometry = geometry_of(operation, shape, filters.shape, strides, padding, data_format, dilations)
            batch_and_channels = (shape[0], shape[1 if geometry.channels_first else -1])
            if batch_and_channels != (input.shape[0], filters.shape[-2] * geometry.groups):
                raise NotImplementedError(f"batch and channels follow; there is no asking for an output of {shape}")
            return self.array(self.transpose(self.tensor(input), self.tensor(filters), shape, geometry))

        return transposed

    def _by_input(self, operation: Operation) -> Callable[..., Array]:
        def by_input(
            input_sizes: Sequence[int],
            filters: Array,
            out_backprop: Array,
            strides: Any,
            padding: Any,
            data_format: str,
            dilations: Any,
        ) -> Array:
            self._check(filters)
            large = out_backprop.shape if operation.kind is Kind.TRANSPOSE else tuple(input_sizes)
            geometry = geometry_of(operation, large, filters.shape, strides, padding, data_format, dilations)
            weights, arriving = self.tensor(_grouped(operation, filters)), self.tensor(out_backprop)
            at = self.tensor(_zeros(tuple(input_sizes), filters.dtype))
            return self.array(
                self.pull_back(lambda x: self._apply(operation, x, weights, large, geometry), at, arriving)
            )

        return by_input

    def _by_filter(self, operation: Operation) -> Callable[..., Array]:
        def by_filter(
            input: Array,
            filter_sizes: Sequence[int],
            out_backprop: Array,
            strides: Any,
            padding: Any,
            data_format: str,
            dilations: Any,
        ) -> Array:
            self._check(input)
            large = out_backprop.shape if operation.kind is Kind.TRANSPOSE else input.shape
            shape = tuple(filter_sizes)
            geometry = geometry_of(operation, large, shape, strides, padding, data_format, dilations)
            image, arriving = self.tensor(input), self.tensor(out_backprop)
            at = self.tensor(_grouped(operation, _zeros(shape, input.dtype)))
            gradient = self.pull_back(lambda w: self._apply(operation, image, w, large, geometry), at, arriving)
            found = self.array(gradient)
            return found.reshape(shape) if operation.is_depthwise and found.size == np.prod(shape) else found

        return by_filter

    def _apply(
        self, operation: Operation, image: Tensor, filters: Tensor, large: tuple[int, ...], geometry: Geometry
    ) -> Tensor:
        if operation.kind is Kind.TRANSPOSE:
            return self.transpose(image, filters, large, geometry)
        return self.convolve(image, filters, geometry)

    def _check(self, operand: Array) -> None:
        if operand.dtype.name not in self.dtypes:
            taken = ", ".join(sorted(self.dtypes))
            raise NotImplementedError(f"{self.name} convolves {taken}, not {operand.dtype.name}")


def _named(operation: Operation, function: Callable[..., Array]) -> Callable[..., Array]:
    """Return the function with `stride` for `strides`, where tf.nn calls it that."""
    if operation is not Operation.CONV1D:
        return function
    takes_bias = "bias" in function.__code__.co_varnames

    def conv1d(input: Array, filters: Array, stride: Any, padding: Any, data_format: str, dilations: Any) -> Array:
        return function(input, filters, stride, padding, data_format, dilations)

    def with_bias(
        input: Array, filters: Array, stride: Any, padding: Any, data_format: str, dilations: Any, bias: Any = None
    ) -> Array:
        return function(input, filters, stride, padding, data_format, dilations, bias)

    return with_bias if takes_bias else conv1d


def _grouped(operation: Operation, filters: Array) -> Array:
    """Return depthwise filters, (*sizes, channels, multiplier), as grouped ones; others as they are."""
    if not operation.is_depthwise:
        return filters
    *sizes, channels, multiplier = filters.shape
    return filters.reshape(*sizes, 1, channels * multiplier)


def _zeros(shape: tuple[int, ...], dtype: Any) -> Array:
    """Return the array at which a derivative is taken."""
    try:
        return np.zeros(shape, dtype)
    except (MemoryError, ValueError) as error:
        raise NotImplementedError(f"a derivative is taken at an array, and there is no room for {shape}") from error
