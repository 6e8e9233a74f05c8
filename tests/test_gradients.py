"""The backward pass: two derivations that share no geometry, adjoint identities, layouts, dtypes, messages.

Data are integers, so every comparison is equality.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import reference
from reference import im2col, naive_gradients
from reference.arguments import prepare
from reference.naive import window_starts

Array = NDArray[Any]

MODULES = (reference, naive_gradients)
KINDS = ("_backprop_input", "_backprop_filter", "_transpose", "_transpose_backprop_input", "_transpose_backprop_filter")
LIMITS = {1: (4, 3, 9), 2: (3, 2, 4), 3: (2, 2, 2)}
"""By the number of axes: filter size, dilation, input beyond the window, so that the naive loops take milliseconds."""


@dataclass(frozen=True)
class Drawn:
    """A convolution with its data and what arrives at its output; all arrays are read-only."""

    input: Array
    filters: Array
    arriving: Array
    parameters: dict[str, Any]

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return self.input.ndim - 2

    def convolve(self) -> Array:
        """Call `conv1d`, which has `stride` for `strides`, or `conv2d`, or `conv3d`."""
        names = {"strides": "stride"} if self.rank == 1 else {}
        parameters = {names.get(name, name): value for name, value in self.parameters.items()}
        output: Array = getattr(reference, f"conv{self.rank}d")(self.input, self.filters, **parameters)
        return output

    def call(self, kind: str, namespace: ModuleType = reference, **parameters: Any) -> Array:
        """Call a gradient or a transpose; a transpose maps what arrives to the shape of the input."""
        arguments: dict[str, tuple[Any, ...]] = {
            "_backprop_input": (self.input.shape, self.filters, self.arriving),
            "_backprop_filter": (self.input, self.filters.shape, self.arriving),
            "_transpose": (self.arriving, self.filters, self.input.shape),
            "_transpose_backprop_input": (self.arriving.shape, self.filters, self.input),
            "_transpose_backprop_filter": (self.arriving, self.filters.shape, self.input),
        }
        operation = getattr(namespace, f"conv{self.rank}d{kind}")
        result: Array = operation(*arguments[kind], **{**self.parameters, **parameters})
        return result


def thorough(examples: int) -> settings:
    """Return the settings for so many problems; a machine that others keep busy is no fault of theirs."""
    return settings(deadline=None, max_examples=examples, suppress_health_check=[HealthCheck.too_slow])


def whole(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    values = rng.integers(-9, 10, shape)
    values.flags.writeable = False
    return values


@st.composite
def problems(draw: st.DrawFn, ranks: tuple[int, ...] = (1, 2, 3), depths: int = 3) -> Drawn:
    rank = draw(st.sampled_from(ranks))

    def per_axis(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.lists(st.integers(low, high), min_size=rank, max_size=rank)))

    longest, farthest, beyond = LIMITS[rank]
    batch = draw(st.sampled_from([1, 2, 3, 2, 3, 2, 3, 0]))
    groups, depth, width = draw(st.integers(1, 3)), draw(st.integers(1, depths)), draw(st.integers(1, 2))
    filter_sizes, dilations = per_axis(1, longest), per_axis(1, farthest)
    windows = [(size - 1) * dilation + 1 for size, dilation in zip(filter_sizes, dilations, strict=True)]
    missing = draw(st.sampled_from([0, 0, 0, 0, 1]))
    in_sizes = tuple(draw(st.integers(window - missing, window + beyond)) for window in windows)
    pads = tuple(zip(per_axis(0, 4), per_axis(0, 4), strict=True))
    padding = draw(st.sampled_from(["VALID", "SAME", pads]))
    parameters: dict[str, Any] = {"strides": per_axis(1, 5), "dilations": dilations, "padding": padding}
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    image = whole(rng, (batch, *in_sizes, groups * depth))
    filters = whole(rng, (*filter_sizes, depth, groups * width))
    problem = prepare(f"conv{rank}d", image, filters, data_format=None, **parameters)
    out_sizes = (len(list(window_starts(problem, axis))) for axis in range(rank))
    return Drawn(image, filters, whole(rng, (batch, *out_sizes, groups * width)), parameters)


def fields(drawn: Drawn) -> list[int]:
    sizes, dilations = drawn.filters.shape[:-2], drawn.parameters["dilations"]
    return [(size - 1) * dilation + 1 for size, dilation in zip(sizes, dilations, strict=True)]


def leaves_a_remainder(drawn: Drawn) -> bool:
    sizes = drawn.input.shape[1:-1]
    axes = zip(sizes, fields(drawn), drawn.parameters["strides"], strict=True)
    return drawn.parameters["padding"] == "VALID" and any((size - field) % step for size, field, step in axes)


REACHED: dict[str, Callable[[Drawn], bool]] = {
    "remainder": leaves_a_remainder,
    "stride-beyond-the-window": lambda p: any(s > f for s, f in zip(p.parameters["strides"], fields(p), strict=True)),
    "same-and-dilated": lambda p: p.parameters["padding"] == "SAME" and max(p.parameters["dilations"]) > 1,
    "unequal-pads": lambda p: not isinstance(p.parameters["padding"], str) and len({*p.parameters["padding"][0]}) == 2,
    "groups": lambda p: p.input.shape[-1] == 3 * p.filters.shape[-2] and p.filters.shape[-2] > 1,
}


@pytest.mark.parametrize("kind", REACHED)
def test_problems_reach_every_kind(kind: str) -> None:
    found = find(problems(), lambda drawn: drawn.arriving.size > 0 and REACHED[kind](drawn), settings=thorough(2000))
    assert found.arriving.size > 0


@pytest.mark.parametrize("kind", KINDS)
@thorough(1000)
@given(drawn=problems())
def test_fast_equals_naive(kind: str, drawn: Drawn) -> None:
    np.testing.assert_array_equal(drawn.call(kind), drawn.call(kind, naive_gradients), strict=True)


@pytest.mark.parametrize("kind", KINDS[:2])
@thorough(500)
@given(drawn=problems())
def test_columns_equal_naive(kind: str, drawn: Drawn) -> None:
    np.testing.assert_array_equal(drawn.call(kind, im2col), drawn.call(kind, naive_gradients), strict=True)


@thorough(400)
@given(drawn=problems())
def test_convolution_is_adjoint_to_its_gradients(drawn: Drawn) -> None:
    product = np.vdot(drawn.convolve(), drawn.arriving)
    assert np.vdot(drawn.input, drawn.call("_backprop_input")) == product
    assert np.vdot(drawn.filters, drawn.call("_backprop_filter")) == product


@thorough(400)
@given(drawn=problems())
def test_transpose_is_adjoint_to_its_gradients(drawn: Drawn) -> None:
    product = np.vdot(drawn.call("_transpose"), drawn.input)
    assert np.vdot(drawn.arriving, drawn.call("_transpose_backprop_input")) == product
    assert np.vdot(drawn.filters, drawn.call("_transpose_backprop_filter")) == product


@thorough(200)
@given(drawn=problems())
def test_transpose_is_the_input_gradient(drawn: Drawn) -> None:
    np.testing.assert_array_equal(drawn.call("_transpose"), drawn.call("_backprop_input"), strict=True)


@thorough(200)
@given(drawn=problems())
def test_input_gradient_of_a_transpose_is_the_convolution(drawn: Drawn) -> None:
    np.testing.assert_array_equal(drawn.call("_transpose_backprop_input"), drawn.convolve(), strict=True)


@thorough(400)
@given(drawn=problems(ranks=(2,), depths=1))
def test_depthwise_is_adjoint_to_its_gradients(drawn: Drawn) -> None:
    stacks = drawn.filters.reshape(*drawn.filters.shape[:2], drawn.input.shape[-1], -1)
    product = np.vdot(reference.depthwise_conv2d(drawn.input, stacks, **drawn.parameters), drawn.arriving)
    to_input = reference.depthwise_conv2d_backprop_input(drawn.input.shape, stacks, drawn.arriving, **drawn.parameters)
    to_filter = reference.depthwise_conv2d_backprop_filter(
        drawn.input, stacks.shape, drawn.arriving, **drawn.parameters
    )
    assert np.vdot(drawn.input, to_input) == np.vdot(stacks, to_filter) == product


@thorough(200)
@given(drawn=problems(ranks=(2,), depths=1), width=st.integers(1, 3))
def test_separable_is_adjoint_to_the_gradients_of_its_two_steps(drawn: Drawn, width: int) -> None:
    stacks = drawn.filters.reshape(*drawn.filters.shape[:2], drawn.input.shape[-1], -1)
    between = reference.depthwise_conv2d(drawn.input, stacks, **drawn.parameters)
    mixing = whole(np.random.default_rng(width), (1, 1, between.shape[-1], width))
    arriving = whole(np.random.default_rng(between.size), (*between.shape[:-1], width))
    product = np.vdot(reference.separable_conv2d(drawn.input, stacks, mixing, **drawn.parameters), arriving)
    back = reference.conv2d_backprop_input(between.shape, mixing, arriving)
    to_input = reference.depthwise_conv2d_backprop_input(drawn.input.shape, stacks, back, **drawn.parameters)
    to_stacks = reference.depthwise_conv2d_backprop_filter(drawn.input, stacks.shape, back, **drawn.parameters)
    to_mixing = reference.conv2d_backprop_filter(between, mixing.shape, arriving)
    assert np.vdot(drawn.input, to_input) == np.vdot(stacks, to_stacks) == np.vdot(mixing, to_mixing) == product


@thorough(200)
@given(drawn=problems(ranks=(2,), depths=1))
def test_depthwise_equals_naive(drawn: Drawn) -> None:
    stacks = drawn.filters.reshape(*drawn.filters.shape[:2], drawn.input.shape[-1], -1)
    calls: dict[str, tuple[Any, ...]] = {
        "depthwise_conv2d": (drawn.input, stacks),
        "depthwise_conv2d_backprop_input": (drawn.input.shape, stacks, drawn.arriving),
        "depthwise_conv2d_backprop_filter": (drawn.input, stacks.shape, drawn.arriving),
        "separable_conv2d": (drawn.input, stacks, np.arange(stacks[0, 0].size * 3).reshape(1, 1, -1, 3)),
    }
    for operation, arguments in calls.items():
        fast, slow = (getattr(module, operation)(*arguments, **drawn.parameters) for module in MODULES)
        np.testing.assert_array_equal(fast, slow, operation, strict=True)


@thorough(100)
@given(shape=st.lists(st.integers(0, 5), min_size=2, max_size=5), seed=st.integers(0, 2**32))
@pytest.mark.parametrize(("data_format", "axis"), [("NHWC", -1), ("NCHW", 1)])
def test_bias_add_is_adjoint_to_its_gradient(data_format: str, axis: int, shape: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    value, bias, arriving = whole(rng, tuple(shape)), whole(rng, (shape[axis],)), whole(rng, tuple(shape))
    product = np.vdot(reference.bias_add(value, bias, data_format) - value, arriving)
    assert np.vdot(bias, reference.bias_add_grad(arriving, data_format)) == product


@pytest.mark.parametrize("kind", KINDS)
@thorough(60)
@given(drawn=problems())
def test_channels_first_is_channels_last_moved(kind: str, drawn: Drawn) -> None:
    moved = Drawn(np.moveaxis(drawn.input, -1, 1), drawn.filters, np.moveaxis(drawn.arriving, -1, 1), drawn.parameters)
    expected = drawn.call(kind)
    if "filter" not in kind:
        expected = np.moveaxis(expected, -1, 1)
    first = {1: "NCW", 2: "NCHW", 3: "NCDHW"}[drawn.rank]
    np.testing.assert_array_equal(moved.call(kind, data_format=first), expected, strict=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("module", MODULES, ids=["fast", "naive"])
def test_no_output_shares_memory_with_an_input(module: ModuleType, kind: str) -> None:
    ones = np.ones((1, 1, 1, 1))
    drawn = Drawn(ones, ones.copy(), ones.copy(), {})
    result = drawn.call(kind, module)
    assert result.flags.writeable
    assert not any(np.shares_memory(result, array) for array in (drawn.input, drawn.filters, drawn.arriving))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int64", "float16", ml_dtypes.bfloat16, "float32", "float64"], ids=str
)
def test_result_has_the_dtype_of_the_arrays(kind: str, dtype: Any) -> None:
    image, filters, arriving = (np.ones(shape, dtype) for shape in ((2, 5, 4), (3, 4, 1), (2, 3, 1)))
    assert Drawn(image, filters, arriving, {"padding": "VALID"}).call(kind).dtype == image.dtype


def test_half_precision_is_added_up_in_single() -> None:
    """Float16 holds 2048 and 2050 but not 2049: ones, added one by one, are lost from 2048 on."""
    values = np.array([[2048, 2048], [1, 1], [1, 1]], np.float16)
    ones = np.ones((1, 1, 3), np.float16)
    assert reference.conv1d_backprop_input([1, 1, 2], values.T.reshape(1, 2, 3), ones).tolist() == [[[2050, 2050]]]
    assert reference.bias_add_grad(values).tolist() == [2050, 2050]


def test_separable_convolution_has_the_dtype_of_all_three_arrays() -> None:
    image, stacks = np.ones((1, 2, 3, 4), np.float32), np.ones((1, 2, 4, 1), np.float32)
    assert reference.separable_conv2d(image, stacks, np.ones((1, 1, 4, 5), np.float64)).dtype == np.float64


def test_depthwise_convolution_of_no_channels_is_empty() -> None:
    assert reference.depthwise_conv2d(np.ones((2, 5, 4, 0)), np.ones((3, 2, 0, 7))).shape == (2, 3, 3, 0)


def test_integers_are_exact_beyond_the_mantissa_of_float64() -> None:
    result = reference.conv1d_backprop_filter([2**60 + 1, 1], [1], [1, 1])
    assert result.tolist() == [2**60 + 2]


@pytest.mark.parametrize("module", MODULES, ids=["fast", "naive"])
@pytest.mark.parametrize("input_shape", [(0, 5, 4, 2), (3, 1, 4, 2), (3, 0, 0, 2)], ids=["batch", "output", "image"])
def test_filter_gradient_of_nothing_is_zero(module: ModuleType, input_shape: tuple[int, ...]) -> None:
    arriving = np.zeros((input_shape[0], max(0, input_shape[1] - 2), max(0, input_shape[2] - 1), 5))
    gradient = module.conv2d_backprop_filter(np.zeros(input_shape), (3, 2, 2, 5), arriving)
    np.testing.assert_array_equal(gradient, np.zeros((3, 2, 2, 5)), strict=True)


def test_input_elements_without_a_window_get_no_gradient() -> None:
    """TensorFlow's SAME with a stride beyond the filter pads nothing: windows begin at 0 and 4."""
    gradient = reference.conv1d_backprop_input([6], [1, 10], [1, 2], strides=4, padding="SAME")
    assert gradient.tolist() == [1, 10, 0, 0, 2, 20]


@pytest.mark.parametrize(
    ("input_sizes", "filter_sizes", "out_sizes"),
    [
        ((4, 5), (3, 2), (2, 4)),
        ((4, 5, 6), (3, 2, 6), (2, 4)),
        ((4, 5, 6), (3, 2), (2, 4)),
        ((4, 5, 6), (3, 2, 3, 8), (2, 4, 8)),
        ((7, 4, 5, 6), (3, 2, 6), (7, 2, 4)),
    ],
    ids=str,
)
def test_short_shapes_keep_the_adjoint_identity(
    input_sizes: tuple[int, ...], filter_sizes: tuple[int, ...], out_sizes: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(1)
    image, filters, arriving = whole(rng, input_sizes), whole(rng, filter_sizes), whole(rng, out_sizes)
    product = np.vdot(reference.conv2d(image, filters), arriving)
    to_input = reference.conv2d_backprop_input(input_sizes, filters, arriving)
    to_filters = reference.conv2d_backprop_filter(image, filter_sizes, arriving)
    assert (to_input.shape, to_filters.shape) == (input_sizes, filter_sizes)
    assert np.vdot(image, to_input) == np.vdot(filters, to_filters) == product


IMAGE, FILTERS = np.ones((1, 4, 5, 6)), np.ones((3, 2, 6, 7))


@pytest.mark.parametrize(
    ("operation", "arguments", "message"),
    [
        (
            "conv2d_backprop_input",
            ((1, 4, 5, 6), FILTERS, np.ones((1, 2, 5, 7))),
            r"conv2d_backprop_input: out_backprop.shape must be \(1, 2, 4, 7\), but is \(1, 2, 5, 7\)",
        ),
        (
            "conv2d_backprop_filter",
            (IMAGE, (3, 2, 4, 7), np.ones((1, 2, 4, 7))),
            r"conv2d_backprop_filter: filters.shape\[2\] must be a divisor of input's 6 channels, but is 4",
        ),
        (
            "conv2d_backprop_input",
            ((1, 4, -5, 6), FILTERS, IMAGE),
            r"conv2d_backprop_input: input_sizes must be a shape of 2 to 4 numbers >= 0, but is \(1, 4, -5, 6\)",
        ),
        (
            "conv2d_transpose",
            (np.ones((1, 2, 4, 7)), FILTERS, (1, 4, 6, 6), 1, "VALID"),
            r"conv2d_transpose: input.shape must be \(1, 2, 5, 7\), but is \(1, 2, 4, 7\)",
        ),
        (
            "conv2d_transpose",
            (np.ones((1, 2, 4, 7)), FILTERS, (1, 4, 5, 5), 1, "VALID"),
            r"conv2d_transpose: filters.shape\[2\] must be a divisor of output_shape's 5 channels, but is 6",
        ),
        (
            "conv2d_transpose_backprop_input",
            ((1, 2, 5, 7), FILTERS, IMAGE, 1, "VALID"),
            r"conv2d_transpose_backprop_input: input_sizes must be \(1, 2, 4, 7\), but is \(1, 2, 5, 7\)",
        ),
        (
            "depthwise_conv2d",
            (IMAGE, np.ones((3, 2, 5, 2))),
            r"depthwise_conv2d: filter's shape must be \(height >= 1, width >= 1, 6, multiplier\), but is \(3, 2, 5",
        ),
        (
            "separable_conv2d",
            (IMAGE, np.ones((3, 2, 6, 2)), np.ones((1, 1, 6, 3))),
            r"separable_conv2d: pointwise_filter.shape must be \(1, 1, 12, out_channels\), but is \(1, 1, 6, 3\)",
        ),
        ("bias_add", (IMAGE * 1j, np.ones(6)), "bias_add: value must be of float16, .* but is of complex128"),
        ("bias_add", (IMAGE, np.ones(5)), r"bias_add: bias.shape must be \(6,\), but is \(5,\)"),
        ("bias_add_grad", (np.ones(5),), r"bias_add_grad: out_backprop must be an array of at least 2 axes, but is"),
        ("bias_add_grad", (IMAGE, "HWCN"), r"bias_add_grad: data_format must be 'N…C' or 'NC…', but is 'HWCN'"),
    ],
)
def test_message_names_the_argument(operation: str, arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(reference, operation)(*arguments)
