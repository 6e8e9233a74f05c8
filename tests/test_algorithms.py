"""Every algorithm against the naive definition and against the identities of convolution.

Data are integers, so every comparison is equality; `fourier` rounds to them, and `winograd` hands them over. What these
two do with real numbers is in test_precision.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import assume, find, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reference import fast, fourier, im2col, kn2row, naive, strided, submatrix, taprows, toeplitz, windows, winograd
from reference.arguments import Problem, prepare

Array = NDArray[Any]

MODULES = {
    module.__name__.removeprefix("reference."): module
    for module in (fast, fourier, im2col, kn2row, strided, submatrix, taprows, toeplitz, windows, winograd)
}

CORES: dict[str, Callable[[Problem], Array]] = {
    **{name: module.convolve for name, module in MODULES.items()},
    "toeplitz-of-two": lambda problem: toeplitz.convolve(problem, 2),
    "toeplitz-of-rows": lambda problem: toeplitz.convolve(problem, 99),
    "im2col-in-pieces": lambda problem: im2col.in_pieces(problem, 5),
    "im2col-in-rows": lambda problem: im2col.in_pieces(problem, 1),
}

every_core = pytest.mark.parametrize("convolve", list(CORES.values()), ids=list(CORES))
every_module = pytest.mark.parametrize("module", list(MODULES.values()), ids=list(MODULES))

LIMITS = {1: (5, 4, 12), 2: (3, 3, 5), 3: (2, 2, 3)}
"""By the number of axes: filter size, dilation, input size, so that the naive loops take a millisecond."""

BEFORE, AFTER = 4, 3
"""The widest pads: wider than most filters, and different."""


@dataclass(frozen=True)
class Drawn:
    """The shapes and parameters of a convolution, and a seed for its data."""

    input: tuple[int, ...]
    filters: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    padding: Any
    seed: int

    def problem(self, dtype: str = "int64") -> Problem:
        """Return the problem in normal form, its data read-only."""
        random = np.random.default_rng(self.seed)
        image, filters = (random.integers(-9, 10, shape).astype(dtype) for shape in (self.input, self.filters))
        image.flags.writeable = filters.flags.writeable = False
        operation = f"conv{len(self.strides)}d"
        return prepare(operation, image, filters, self.strides, self.padding, None, self.dilations)


@st.composite
def shapes(draw: st.DrawFn, ranks: tuple[int, ...] = (1, 2, 3), least: int = 0) -> Drawn:
    rank = draw(st.sampled_from(ranks))
    longest, farthest, largest = LIMITS[rank]

    def per_axis(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    groups, depth = draw(st.sampled_from([(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (2, 2), (3, 2)]))
    width = draw(st.integers(least, 2))
    pads = tuple((draw(st.integers(0, BEFORE)), draw(st.integers(0, AFTER))) for _ in range(rank))
    return Drawn(
        input=(draw(st.integers(least, 3)), *per_axis(least, largest), groups * depth),
        filters=(*per_axis(1, longest), depth, groups * width),
        strides=per_axis(1, longest + 1),
        dilations=per_axis(1, farthest),
        padding=draw(st.sampled_from(["VALID", "SAME", "full", "same", "valid", pads, pads, pads])),
        seed=draw(st.integers(0, 1 << 30)),
    )


def is_rich(drawn: Drawn) -> bool:
    groups = drawn.input[-1] // drawn.filters[-2]
    outputs = drawn.problem().out_sizes
    return groups > 1 and max(drawn.strides) > max(drawn.filters[:2]) and max(drawn.dilations) > 1 < min(outputs)


def assert_same(actual: Array, expected: Array) -> None:
    assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(actual, expected)


@every_core
@settings(max_examples=400, deadline=None)
@given(drawn=shapes())
def test_algorithm_equals_the_definition(convolve: Callable[[Problem], Array], drawn: Drawn) -> None:
    problem = drawn.problem()
    assert_same(problem.finish(convolve(problem)), problem.finish(naive.convolve(problem)))


@every_core
@settings(max_examples=100, deadline=None)
@given(drawn=shapes(), dtype=st.sampled_from(["int8", "uint8", "int32", "float16", "bfloat16", "float32", "float64"]))
def test_algorithm_equals_the_definition_in_every_dtype(
    convolve: Callable[[Problem], Array], drawn: Drawn, dtype: str
) -> None:
    problem = drawn.problem(dtype)
    assume(convolve is not winograd.convolve or not winograd.applies(problem))
    assert_same(problem.finish(convolve(problem)), problem.finish(naive.convolve(problem)))


def test_random_problems_have_everything_at_once() -> None:
    assert find(shapes(), lambda drawn: len(drawn.strides) > 1 and is_rich(drawn)).strides


@every_module
@settings(max_examples=50, deadline=None)
@given(drawn=shapes(least=1))
def test_same_is_explicit_pads_and_valid(module: Any, drawn: Drawn) -> None:
    problem = replace(drawn, padding="SAME").problem()
    pads = [(0, 0), *problem.pads, (0, 0)]
    padded = replace(problem, input=np.pad(problem.input, pads), padding="VALID")
    assert_same(module.convolve(problem), module.convolve(padded))
    assert problem.out_sizes == tuple(
        -(-size // step) for size, step in zip(drawn.input[1:], drawn.strides, strict=False)
    )


@every_module
@settings(max_examples=50, deadline=None)
@given(drawn=shapes(least=1))
def test_dilation_is_a_filter_with_zeros_inserted(module: Any, drawn: Drawn) -> None:
    problem = drawn.problem()
    problem = replace(problem, padding=problem.pads)
    sizes = [(size - 1) * hole + 1 for size, hole in zip(problem.filter_sizes, drawn.dilations, strict=True)]
    spread = np.zeros((*sizes, *drawn.filters[-2:]), int)
    spread[tuple(slice(None, None, hole) for hole in drawn.dilations)] = problem.filters
    dense = replace(problem, filters=spread, dilations=(1,) * problem.rank)
    assert_same(module.convolve(problem).astype(int), module.convolve(dense).astype(int))


@every_module
@settings(max_examples=50, deadline=None)
@given(drawn=shapes(least=1))
def test_groups_are_concatenated_convolutions(module: Any, drawn: Drawn) -> None:
    problem = drawn.problem()
    parts = [module.convolve(problem.group(index)).astype(int) for index in range(problem.groups)]
    assert_same(module.convolve(problem).astype(int), np.concatenate(parts, axis=-1))


@every_module
@settings(max_examples=50, deadline=None)
@given(drawn=shapes(least=1), factors=st.tuples(st.integers(-5, 5), st.integers(-5, 5)))
def test_convolution_is_linear_in_each_argument(module: Any, drawn: Drawn, factors: tuple[int, int]) -> None:
    one, other = drawn.problem(), replace(drawn, seed=drawn.seed + 1).problem()
    for name in ("input", "filters"):
        second = replace(one, **{name: getattr(other, name)})
        mixed = replace(one, **{name: factors[0] * getattr(one, name) + factors[1] * getattr(second, name)})
        parts = (module.convolve(each).astype(int) for each in (one, second))
        expected = sum(factor * part for factor, part in zip(factors, parts, strict=True))
        assert_same(module.convolve(mixed).astype(int), np.asarray(expected))


@every_module
@pytest.mark.parametrize("taps", [(3,), (3, 2), (3, 2, 1)], ids=len)
def test_delta_filter_shifts_the_image(module: Any, taps: tuple[int, ...]) -> None:
    image = np.random.default_rng(5).integers(-9, 10, (2, *(7, 6, 5)[: len(taps)], 1))
    for place in np.ndindex(taps):
        delta = np.zeros((*taps, 1, 1), int)
        delta[place] = 1
        axes = zip(place, image.shape[1:-1], taps, strict=True)
        seen = tuple(slice(tap, size - count + 1 + tap) for tap, size, count in axes)
        output = getattr(module, f"conv{len(taps)}d")(image, delta)
        assert_same(output, image[(slice(None), *seen)].copy())


@every_module
@pytest.mark.parametrize("shift", [(2,), (2, 1), (2, 1, 3)], ids=len)
def test_shifted_image_gives_a_shifted_output(module: Any, shift: tuple[int, ...]) -> None:
    random, rank = np.random.default_rng(6), len(shift)
    image = random.integers(-9, 10, (2, *(8, 9, 7)[:rank], 3))
    filters = random.integers(-9, 10, (*(3, 2, 2)[:rank], 3, 4))
    moved = (slice(None), *(slice(first, None) for first in shift))
    operation = getattr(module, f"conv{rank}d")
    assert_same(operation(image[moved], filters), operation(image, filters)[moved])


def layouts(array: Array) -> Iterator[Array]:
    """Yield the same values in other orders of memory: Fortran's, negative steps, every other element, read-only."""
    yield np.asfortranarray(array)
    yield np.flip(np.flip(array).copy())
    yield np.repeat(array, 2, axis=-1)[..., ::2]
    yield np.repeat(array, 2, axis=1)[:, ::2]
    still = array.copy()
    still.flags.writeable = False
    yield still
    yield array.astype(array.dtype.newbyteorder())


@every_module
@pytest.mark.parametrize("dtype", ["int64", "float32"])
@pytest.mark.parametrize("depth", [1, 2], ids=["depthwise", "grouped"])
@pytest.mark.parametrize("padding", ["VALID", "SAME"])
def test_any_memory_layout(module: Any, dtype: str, depth: int, padding: str) -> None:
    random = np.random.default_rng(7)
    image = random.integers(-9, 10, (2, 6, 7, 4)).astype(dtype)
    filters = random.integers(-9, 10, (3, 3, depth, 4)).astype(dtype)
    expected = module.conv2d(image, filters, padding=padding)
    for other_image, other_filters in zip(layouts(image), layouts(filters), strict=True):
        np.testing.assert_array_equal(module.conv2d(other_image, other_filters, padding=padding), expected)


@every_module
@pytest.mark.parametrize("dtype", ["int64", "float32", "bfloat16"])
@pytest.mark.parametrize("size", [1, 3, 5], ids=["1x1", "3x3", "one-window"])
def test_output_is_new_and_inputs_stay(module: Any, dtype: str, size: int) -> None:
    image = np.arange(2 * 5 * 5 * 1).reshape(2, 5, 5, 1).astype(dtype)
    filters = np.ones((size, size, 1, 1)).astype(dtype)
    kept = image.copy(), filters.copy()
    output = module.conv2d(image, filters)
    again = module.conv2d(image, filters)
    assert not np.shares_memory(output, image)
    assert not np.shares_memory(output, filters)
    assert not np.shares_memory(output, again)
    assert output.flags.writeable
    output[...] = 0
    np.testing.assert_array_equal(image, kept[0])
    np.testing.assert_array_equal(filters, kept[1])
    assert again.any()


@every_module
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=["float16", "bfloat16"])
def test_half_precision_is_summed_in_float32(module: Any, dtype: Any) -> None:
    """2048 + 1 is no float16, and 256 + 1 no bfloat16: a sum in the inputs' own dtype would stay where it is."""
    image = np.ones((1, 1, 4097, 1), dtype)
    image[0, 0, 0, 0] = 256 if dtype is ml_dtypes.bfloat16 else 2048
    filters = np.ones((1, 4097, 1, 1), dtype)
    expected = np.float32(image[0, 0, 0, 0]) + np.float32(4096)
    assert_same(module.conv2d(image, filters), np.full((1, 1, 1, 1), expected).astype(dtype))


@every_module
@pytest.mark.parametrize("peak", [1 << 25, 1 << 27, 1 << 31], ids=["below-2^53", "above-2^53", "wraps"])
def test_large_integers_are_exact_and_wrap_like_int64(module: Any, peak: int) -> None:
    random = np.random.default_rng(8)
    image = random.integers(peak - 9, peak + 1, (1, 5, 5, 2))
    filters = random.integers(peak - 9, peak + 1, (2, 2, 2, 3))
    assert_same(module.conv2d(image, filters), naive.conv2d(image, filters))


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ("fourier", "winograd")])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan], ids=str)
def test_special_values_reach_their_windows_only(name: str, value: float) -> None:
    image = np.ones((1, 6, 40, 1))
    image[0, 2, 20] = value
    filters = np.arange(1.0, 7.0).reshape(3, 2, 1, 1)
    assert_same(MODULES[name].conv2d(image, filters), naive.conv2d(image, filters))


@pytest.mark.parametrize("batch", [1, 3], ids=["rows", "images"])
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_on_threads(monkeypatch: pytest.MonkeyPatch, batch: int, stride: int) -> None:
    monkeypatch.setattr(windows, "SHARED", 1)
    monkeypatch.setattr(windows, "PIECE", 50)
    random = np.random.default_rng(9)
    image, filters = random.integers(-9, 10, (batch, 3, 12, 5)), random.integers(-9, 10, (2, 3, 1, 5))
    assert_same(fast.conv2d(image, filters, stride, "SAME"), naive.conv2d(image, filters, stride, "SAME"))


@every_core
@pytest.mark.parametrize(
    ("input", "filters", "strides", "dilations"),
    [
        ((2, 3, 4, 5), (3, 4, 5, 2), (1, 1), (1, 1)),
        ((2, 3, 4, 5), (3, 4, 5, 2), (2, 3), (1, 1)),
        ((2, 3, 4, 5), (3, 4, 5, 2), (1, 1), (2, 1)),
        ((2, 3, 1, 5), (1, 1, 5, 2), (1, 1), (1, 1)),
        ((2, 3, 4, 5), (1, 1, 5, 2), (2, 1), (1, 1)),
        ((2, 3, 4, 6), (3, 4, 2, 3), (1, 1), (1, 1)),
    ],
    ids=["one-window", "one-window-strided", "no-window-by-dilation", "pixels", "pixels-strided", "groups"],
)
def test_image_that_is_its_own_columns(
    convolve: Callable[[Problem], Array],
    input: tuple[int, ...],
    filters: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
) -> None:
    problem = Drawn(input, filters, strides, dilations, "VALID", seed=1).problem()
    assert_same(
        problem.finish(convolve(problem)), naive.conv2d(problem.input, problem.filters, strides, dilations=dilations)
    )
