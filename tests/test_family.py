"""The operation family against TensorFlow, and as a namespace with tf.nn's call forms.

Data are small integers in floating point, so that every order of summation gives the same bits: equality throughout.

What TensorFlow refuses on a CPU, and is therefore compared with the naive loops alone (test_gradients.py):
- padding by pairs in one or three dimensions; groups in conv3d;
- gradients of grouped and of dilated convolutions, unless in float32 with oneDNN;
- depthwise convolutions with unequal strides, unless in float32 with oneDNN.
What it accepts and computes otherwise, and is therefore left out:
- depthwise_conv2d with strides and dilations both above 1, which it warns of (tensorflow/tensorflow#57128);
- depthwise_conv2d_backprop_* with dilations, which it ignores; its GradientTape is right, and is compared.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import reference
from reference import naive_gradients

Array = NDArray[Any]
Shape = tuple[int, ...]

NAMES = set(reference.__all__)


@dataclass(frozen=True)
class Call:
    """A convolution by name, with the shapes of its arrays and its parameters.

    Attributes:
        operation: the function of tf.nn.
        shapes: of the input and the filters; of the image and the filters of the convolution for a transpose.
        parameters: keyword arguments.
        one_dnn: whether TensorFlow takes it, or its gradient, only in float32 and only where it has oneDNN.
    """

    operation: str
    shapes: tuple[Shape, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    one_dnn: bool = False


PADS = [[0, 0], [1, 2], [0, 3], [0, 0]]

FORWARD = {
    "conv1d-same": Call("conv1d", ((2, 8, 3), (3, 3, 5)), {"stride": 2, "padding": "SAME"}),
    "conv1d-dilated": Call(
        "conv1d", ((2, 9, 3), (3, 3, 5)), {"stride": 1, "padding": "VALID", "dilations": 3}, one_dnn=True
    ),
    "conv1d-groups": Call("conv1d", ((2, 8, 6), (3, 2, 9)), {"stride": 2, "padding": "SAME"}, one_dnn=True),
    "conv2d-valid": Call("conv2d", ((2, 8, 7, 3), (3, 2, 3, 5)), {"strides": [1, 3, 2, 1], "padding": "VALID"}),
    "conv2d-same": Call("conv2d", ((2, 8, 7, 3), (3, 4, 3, 5)), {"strides": [1, 2, 3, 1], "padding": "SAME"}),
    "conv2d-explicit": Call("conv2d", ((2, 8, 7, 3), (3, 2, 3, 5)), {"strides": [1, 3, 2, 1], "padding": PADS}),
    "conv2d-dilated": Call(
        "conv2d",
        ((2, 8, 9, 3), (3, 2, 3, 5)),
        {"strides": 1, "padding": "SAME", "dilations": [1, 2, 3, 1]},
        one_dnn=True,
    ),
    "conv2d-groups": Call(
        "conv2d", ((2, 8, 7, 6), (3, 2, 2, 9)), {"strides": [1, 3, 2, 1], "padding": "SAME"}, one_dnn=True
    ),
    "conv2d-stride-beyond-the-filter": Call(
        "conv2d", ((2, 11, 9, 3), (2, 1, 3, 5)), {"strides": [1, 4, 3, 1], "padding": "SAME"}
    ),
    "conv2d-filter-beyond-the-input": Call("conv2d", ((2, 2, 3, 3), (5, 4, 3, 2)), {"strides": 1, "padding": "SAME"}),
    "conv3d-valid": Call(
        "conv3d", ((2, 6, 5, 7, 3), (3, 2, 1, 3, 4)), {"strides": [1, 1, 2, 3, 1], "padding": "VALID"}
    ),
    "conv3d-same": Call("conv3d", ((2, 6, 5, 7, 3), (3, 2, 4, 3, 5)), {"strides": [1, 2, 1, 3, 1], "padding": "SAME"}),
    "depthwise-same": Call(
        "depthwise_conv2d", ((2, 8, 7, 3), (3, 2, 3, 2)), {"strides": [1, 2, 2, 1], "padding": "SAME"}
    ),
    "depthwise-explicit": Call(
        "depthwise_conv2d", ((2, 8, 7, 3), (3, 2, 3, 1)), {"strides": [1, 3, 3, 1], "padding": PADS}
    ),
    "depthwise-dilated": Call(
        "depthwise_conv2d", ((2, 8, 9, 3), (3, 2, 3, 2)), {"strides": [1] * 4, "padding": "SAME", "dilations": [2, 3]}
    ),
    "depthwise-strides": Call(
        "depthwise_conv2d", ((2, 8, 7, 3), (3, 2, 3, 2)), {"strides": [1, 3, 2, 1], "padding": "VALID"}, one_dnn=True
    ),
}

TRANSPOSES = {
    "conv1d-same": Call("conv1d", ((2, 8, 3), (3, 3, 5)), {"strides": 2, "padding": "SAME"}),
    "conv1d-valid": Call("conv1d", ((2, 9, 3), (2, 3, 5)), {"strides": [1, 4, 1], "padding": "VALID"}),
    "conv2d-same": Call("conv2d", ((2, 8, 7, 3), (3, 4, 3, 5)), {"strides": [1, 2, 3, 1], "padding": "SAME"}),
    "conv2d-valid": Call("conv2d", ((2, 8, 7, 3), (3, 2, 3, 5)), {"strides": [3, 2], "padding": "VALID"}),
    "conv2d-explicit": Call("conv2d", ((2, 8, 7, 3), (3, 2, 3, 5)), {"strides": [1, 3, 2, 1], "padding": PADS}),
    "conv2d-dilated": Call(
        "conv2d",
        ((2, 8, 9, 3), (3, 2, 3, 5)),
        {"strides": 1, "padding": "SAME", "dilations": [1, 2, 3, 1]},
        one_dnn=True,
    ),
    "conv3d-same": Call("conv3d", ((2, 6, 5, 7, 3), (3, 2, 4, 3, 5)), {"strides": [2, 1, 3], "padding": "SAME"}),
    "conv3d-valid": Call(
        "conv3d", ((2, 6, 5, 7, 3), (3, 2, 1, 3, 4)), {"strides": [1, 1, 2, 3, 1], "padding": "VALID"}
    ),
}


@pytest.fixture(scope="session")
def tf() -> Any:
    """Return TensorFlow, imported once a worker."""
    import tensorflow

    return tensorflow


DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def each(calls: dict[str, Call]) -> pytest.MarkDecorator:
    """Return the mark that gives a test every call in the dtypes that TensorFlow has it in."""
    pairs = [(name, dtype) for name in calls for dtype in ("float32", "float64")]
    params = [
        pytest.param(calls[name], dtype, id=f"{name}-{dtype}")
        for name, dtype in pairs
        if dtype == "float32" or not calls[name].one_dnn
    ]
    return pytest.mark.parametrize(("call", "dtype"), params)


def whole(shape: Shape, dtype: str, seed: int) -> Array:
    values: Array = np.random.default_rng(seed).integers(-9, 10, shape).astype(dtype)
    values.flags.writeable = False
    return values


def assert_equal(actual: Array, expected: Any) -> None:
    np.testing.assert_array_equal(actual, np.asarray(expected), strict=True)


def ask_tensorflow(tf: Any, call: Call, function: Callable[[], Any]) -> Any:
    """Return the function's result; skip where a kernel that only oneDNN has is missing, and nowhere else."""
    try:
        return function()
    except tf.errors.InvalidArgumentError as error:
        if not call.one_dnn:
            raise
        pytest.skip(f"this TensorFlow has no kernel: {str(error)[:120]}")


@each(FORWARD)
def test_convolution_equals_tensorflow(call: Call, dtype: str, tf: Any) -> None:
    arrays = [whole(shape, dtype, seed) for seed, shape in enumerate(call.shapes)]
    expected = ask_tensorflow(tf, call, lambda: getattr(tf.nn, call.operation)(*arrays, **call.parameters))
    assert_equal(getattr(reference, call.operation)(*arrays, **call.parameters), expected)


def tape_gradients(tf: Any, operation: Callable[..., Any], arrays: list[Array], arriving: Array, **words: Any) -> Any:
    variables = [tf.Variable(array) for array in arrays]
    with tf.GradientTape() as tape:
        result = operation(*variables, **words)
    return tape.gradient(result, variables, output_gradients=arriving)


@each(FORWARD)
def test_gradients_of_a_convolution_equal_tensorflow(call: Call, dtype: str, tf: Any) -> None:
    image, filters = (whole(shape, dtype, seed) for seed, shape in enumerate(call.shapes))
    arriving = whole(getattr(reference, call.operation)(image, filters, **call.parameters).shape, dtype, 9)
    words = {"strides" if word == "stride" else word: value for word, value in call.parameters.items()}
    operation = getattr(tf.nn, call.operation)
    expected = ask_tensorflow(
        tf, call, lambda: tape_gradients(tf, operation, [image, filters], arriving, **call.parameters)
    )
    to_input = getattr(reference, f"{call.operation}_backprop_input")(image.shape, filters, arriving, **words)
    to_filters = getattr(reference, f"{call.operation}_backprop_filter")(image, filters.shape, arriving, **words)
    assert_equal(to_input, expected[0])
    assert_equal(to_filters, expected[1])


NAMED_GRADIENTS = {
    name: call
    for name, call in FORWARD.items()
    if call.operation in ("conv2d", "depthwise_conv2d") and name != "depthwise-dilated"
}


@each(NAMED_GRADIENTS)
def test_gradient_functions_equal_those_of_tensorflow(call: Call, dtype: str, tf: Any) -> None:
    image, filters = (whole(shape, dtype, seed) for seed, shape in enumerate(call.shapes))
    arriving = whole(getattr(reference, call.operation)(image, filters, **call.parameters).shape, dtype, 9)
    strides = call.parameters["strides"]
    words = {**call.parameters, "strides": [strides] * 4 if isinstance(strides, int) else strides}
    for suffix, arguments in {
        "_backprop_input": (image.shape, filters, arriving),
        "_backprop_filter": (image, filters.shape, arriving),
    }.items():
        function = getattr(tf.compat.v1.nn, call.operation + suffix)
        expected = ask_tensorflow(tf, call, lambda: function(*arguments, **words))  # noqa: B023
        assert_equal(getattr(reference, call.operation + suffix)(*arguments, **words), expected)


@DTYPES
def test_conv3d_backprop_filter_equals_tensorflow(dtype: str, tf: Any) -> None:
    call = FORWARD["conv3d-same"]
    image, filters = (whole(shape, dtype, seed) for seed, shape in enumerate(call.shapes))
    arriving = whole(reference.conv3d(image, filters, **call.parameters).shape, dtype, 9)
    expected = tf.compat.v1.nn.conv3d_backprop_filter(image, filters.shape, arriving, **call.parameters)
    assert_equal(reference.conv3d_backprop_filter(image, filters.shape, arriving, **call.parameters), expected)


def transposed(call: Call, dtype: str) -> tuple[Array, Array]:
    """Return input and filters of the transpose of `call`: its input has the shape of the convolution's output."""
    image, filters = (whole(shape, dtype, seed) for seed, shape in enumerate(call.shapes))
    words = {
        "stride" if word == "strides" and "1d" in call.operation else word: v for word, v in call.parameters.items()
    }
    return whole(getattr(reference, call.operation)(image, filters, **words).shape, dtype, 9), filters


@each(TRANSPOSES)
def test_transpose_equals_tensorflow(call: Call, dtype: str, tf: Any) -> None:
    operation, words = f"{call.operation}_transpose", {**call.parameters, "output_shape": call.shapes[0]}
    arrays = transposed(call, dtype)
    expected = ask_tensorflow(tf, call, lambda: getattr(tf.nn, operation)(*arrays, **words))
    assert_equal(getattr(reference, operation)(*arrays, **words), expected)


@each(TRANSPOSES)
def test_gradients_of_a_transpose_equal_tensorflow(call: Call, dtype: str, tf: Any) -> None:
    image, filters = transposed(call, dtype)
    arriving = whole(call.shapes[0], dtype, 11)
    operation = f"{call.operation}_transpose"
    words = {**call.parameters, "output_shape": call.shapes[0]}
    function = getattr(tf.nn, operation)
    expected = ask_tensorflow(tf, call, lambda: tape_gradients(tf, function, [image, filters], arriving, **words))
    to_input = getattr(reference, f"{operation}_backprop_input")(image.shape, filters, arriving, **call.parameters)
    to_filters = getattr(reference, f"{operation}_backprop_filter")(image, filters.shape, arriving, **call.parameters)
    assert_equal(to_input, expected[0])
    assert_equal(to_filters, expected[1])


SEPARABLE = {
    "same": {"strides": [1, 2, 2, 1], "padding": "SAME"},
    "explicit": {"strides": [1, 1, 1, 1], "padding": PADS},
    "dilated": {"strides": [1, 1, 1, 1], "padding": "VALID", "dilations": [3, 2]},
}


@DTYPES
@pytest.mark.parametrize("words", SEPARABLE.values(), ids=SEPARABLE)
def test_separable_convolution_equals_tensorflow(words: dict[str, Any], dtype: str, tf: Any) -> None:
    arrays = [whole(shape, dtype, seed) for seed, shape in enumerate([(2, 8, 7, 3), (3, 2, 3, 2), (1, 1, 6, 5)])]
    assert_equal(reference.separable_conv2d(*arrays, **words), tf.nn.separable_conv2d(*arrays, **words))


@DTYPES
@pytest.mark.parametrize("words", SEPARABLE.values(), ids=SEPARABLE)
def test_gradients_of_the_two_steps_are_those_of_the_separable_convolution(
    words: dict[str, Any], dtype: str, tf: Any
) -> None:
    """What the docstring says of its gradients: first those of the mixing, then those of the depthwise step."""
    image, stacks, mixing = (whole(s, dtype, i) for i, s in enumerate([(2, 8, 7, 3), (3, 2, 3, 2), (1, 1, 6, 5)]))
    arriving = whole(reference.separable_conv2d(image, stacks, mixing, **words).shape, dtype, 9)
    expected = tape_gradients(tf, tf.nn.separable_conv2d, [image, stacks, mixing], arriving, **words)
    between = reference.depthwise_conv2d(image, stacks, **words)
    back = reference.conv2d_backprop_input(between.shape, mixing, arriving)
    assert_equal(reference.depthwise_conv2d_backprop_input(image.shape, stacks, back, **words), expected[0])
    assert_equal(reference.depthwise_conv2d_backprop_filter(image, stacks.shape, back, **words), expected[1])
    assert_equal(reference.conv2d_backprop_filter(between, mixing.shape, arriving), expected[2])


@DTYPES
@pytest.mark.parametrize("data_format", [None, "NHWC", "NCHW"])
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (2, 3, 4, 5), (2, 3, 4, 5, 6)], ids=len)
def test_bias_equals_tensorflow(shape: Shape, data_format: str | None, dtype: str, tf: Any) -> None:
    value, bias = whole(shape, dtype, 0), whole((shape[1 if data_format == "NCHW" else -1],), dtype, 1)
    expected = tf.nn.bias_add(value, bias, data_format=data_format)
    assert_equal(reference.bias_add(value, bias, data_format=data_format), expected)
    expected = tf.raw_ops.BiasAddGrad(out_backprop=value, data_format=data_format or "NHWC")
    assert_equal(reference.bias_add_grad(value, data_format=data_format), expected)


@pytest.mark.parametrize("operation", sorted(name for name in NAMES if "backprop" not in name and "grad" not in name))
def test_parameters_are_named_as_in_tensorflow(operation: str, tf: Any) -> None:
    ours, theirs = (inspect.signature(getattr(module, operation)).parameters for module in (reference, tf.nn))
    assert list(ours) == [name for name in theirs if name != "name"]
    if operation != "bias_add":
        assert theirs["padding"].default in (inspect.Parameter.empty, ours["padding"].default)


@pytest.mark.parametrize("operation", sorted(NAMES))
def test_naive_namespace_offers_the_family(operation: str) -> None:
    ours, naive = getattr(reference, operation), getattr(naive_gradients, operation)
    assert inspect.signature(ours) == inspect.signature(naive)


@pytest.mark.parametrize("operation", sorted(NAMES))
def test_operation_tells_its_name_its_home_and_its_arguments(operation: str) -> None:
    function = getattr(reference, operation)
    assert function.__name__ == operation
    assert getattr(inspect.getmodule(function), operation) is function
    words = inspect.getdoc(function) or ""
    assert all(name in words for name in inspect.signature(function).parameters)
    assert "{" not in words
