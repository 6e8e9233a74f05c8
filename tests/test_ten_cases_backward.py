"""The notebook's ten cases, backward: input, filter and bias gradients by four ways that must agree to the bit.

All numbers are whole and every sum stays below 2^24, so float32 holds each of them exactly, in any order of summation.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import reference
from reference import naive_gradients

Array = NDArray[Any]


@dataclass(frozen=True)
class Recipe:
    """A case of the notebook: input = arange, filters = constant - arange, shapes NHWC and HWIO."""

    input_shape: tuple[int, ...]
    filter_shape: tuple[int, ...]
    constant: int
    padding: int = 0
    stride: int = 1
    bias: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Layer:
    """A case's arrays, with a gradient that arrives at its output: small numbers of both signs, none of them alike."""

    input: Array
    filters: Array
    bias: Array
    arriving: Array
    parameters: dict[str, Any]


TEN_CASES = {
    "basic": Recipe((1, 4, 4, 1), (3, 3, 1, 1), 12),
    "padding": Recipe((1, 4, 4, 1), (3, 3, 1, 1), 12, padding=1),
    "stride": Recipe((1, 7, 7, 1), (3, 3, 1, 1), 12, stride=2),
    "padding-and-stride": Recipe((1, 7, 7, 1), (3, 3, 1, 1), 12, padding=1, stride=2),
    "channel": Recipe((1, 4, 4, 3), (3, 3, 3, 1), 30),
    "channel-bias": Recipe((1, 4, 4, 3), (3, 3, 3, 1), 30, bias=(10,)),
    "multiple-filters": Recipe((1, 4, 4, 3), (3, 3, 3, 4), 120),
    "multiple-filters-bias": Recipe((1, 4, 4, 3), (3, 3, 3, 4), 120, bias=(10, 100, 1000, 10000)),
    "mini-batch": Recipe((3, 4, 4, 3), (3, 3, 3, 4), 120, bias=(10, 100, 1000, 10000)),
    "rgb-mini-batch-padding-stride": Recipe(
        (3, 7, 7, 3), (3, 3, 3, 4), 120, padding=1, stride=2, bias=(10, 100, 1000, 10000)
    ),
}


@pytest.fixture(scope="session")
def tf() -> Any:
    """Return TensorFlow, imported once a worker."""
    import tensorflow

    return tensorflow


@pytest.fixture(params=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> str:
    """Return the dtype of the case's arrays."""
    return str(request.param)


@pytest.fixture(params=TEN_CASES)
def layer(request: pytest.FixtureRequest, dtype: str) -> Layer:
    """Return a case's arrays by its recipe."""
    recipe = TEN_CASES[request.param]
    image: Array = np.arange(np.prod(recipe.input_shape)).reshape(recipe.input_shape)
    filters: Array = recipe.constant - np.arange(np.prod(recipe.filter_shape)).reshape(recipe.filter_shape)
    pads = [[0, 0], [recipe.padding] * 2, [recipe.padding] * 2, [0, 0]]
    parameters = {"strides": [1, recipe.stride, recipe.stride, 1], "padding": pads}
    out_shape = reference.conv2d(image, filters, **parameters).shape
    arriving: Array = (np.arange(np.prod(out_shape)).reshape(out_shape) * 7) % 23 - 11
    bias: Array = np.zeros(recipe.filter_shape[-1]) if recipe.bias is None else np.array(recipe.bias)
    return Layer(image.astype(dtype), filters.astype(dtype), bias.astype(dtype), arriving.astype(dtype), parameters)


def gradients(layer: Layer) -> tuple[Array, Array, Array]:
    """Return the fast gradients to input, filters and bias."""
    return (
        reference.conv2d_backprop_input(layer.input.shape, layer.filters, layer.arriving, **layer.parameters),
        reference.conv2d_backprop_filter(layer.input, layer.filters.shape, layer.arriving, **layer.parameters),
        reference.bias_add_grad(layer.arriving),
    )


def assert_equal(actual: tuple[Array, ...], expected: tuple[Any, ...]) -> None:
    for got, wanted in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(got, np.asarray(wanted), strict=True)


def output(image: Array, filters: Array, bias: Array, parameters: dict[str, Any]) -> Array:
    return reference.bias_add(reference.conv2d(image, filters, **parameters), bias)


def numerical_gradient(layer: Layer, argument: str) -> Array:
    """Return Σ arriving · (output(argument + e) - output(argument)) for every unit step e.

    The layer is linear in each argument, so this difference is no approximation.
    """
    arguments = {"image": layer.input, "filters": layer.filters, "bias": layer.bias}
    before = output(**arguments, parameters=layer.parameters)
    gradient = np.empty_like(arguments[argument])
    for index in np.ndindex(gradient.shape):
        stepped = arguments[argument].copy()
        stepped[index] += 1
        after = output(**{**arguments, argument: stepped}, parameters=layer.parameters)
        gradient[index] = np.vdot(after - before, layer.arriving)
    return gradient


def test_gradients_equal_the_naive_loops(layer: Layer) -> None:
    to_bias = np.zeros_like(layer.bias)
    for position in product(*map(range, layer.arriving.shape[:-1])):
        to_bias += layer.arriving[position]
    expected = (
        naive_gradients.conv2d_backprop_input(layer.input.shape, layer.filters, layer.arriving, **layer.parameters),
        naive_gradients.conv2d_backprop_filter(layer.input, layer.filters.shape, layer.arriving, **layer.parameters),
        to_bias,
    )
    assert_equal(gradients(layer), expected)


def test_gradients_equal_the_numerical_difference(layer: Layer) -> None:
    assert_equal(gradients(layer), tuple(numerical_gradient(layer, name) for name in ("image", "filters", "bias")))


def test_gradients_equal_the_gradient_operations_of_tensorflow(layer: Layer, tf: Any) -> None:
    nn = tf.compat.v1.nn
    expected = (
        nn.conv2d_backprop_input(layer.input.shape, layer.filters, layer.arriving, **layer.parameters),
        nn.conv2d_backprop_filter(layer.input, layer.filters.shape, layer.arriving, **layer.parameters),
        tf.raw_ops.BiasAddGrad(out_backprop=layer.arriving),
    )
    assert_equal(gradients(layer), expected)


def test_gradients_equal_the_gradient_tape_of_tensorflow(layer: Layer, tf: Any) -> None:
    variables = [tf.Variable(array) for array in (layer.input, layer.filters, layer.bias)]
    with tf.GradientTape() as tape:
        result = tf.nn.bias_add(tf.nn.conv2d(*variables[:2], **layer.parameters), variables[2])
    assert_equal(gradients(layer), tuple(tape.gradient(result, variables, output_gradients=layer.arriving)))


def test_gradients_of_the_basic_case_are_those_worked_by_hand() -> None:
    image, filters, arriving = np.arange(16).reshape(4, 4), 12 - np.arange(9).reshape(3, 3), np.ones((2, 2), int)
    to_input = [[12, 23, 21, 10], [21, 40, 36, 17], [15, 28, 24, 11], [6, 11, 9, 4]]
    to_filters = [[10, 14, 18], [26, 30, 34], [42, 46, 50]]
    assert reference.conv2d_backprop_input((4, 4), filters, arriving).tolist() == to_input
    assert reference.conv2d_backprop_filter(image, (3, 3), arriving).tolist() == to_filters
    assert reference.bias_add_grad(arriving[..., None]).tolist() == [4]
