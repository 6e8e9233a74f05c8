"""The two algorithms whose error is normwise, on real numbers, against the bounds that their modules derive."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reference import fourier, naive, winograd
from reference.arguments import Problem, prepare

Array = NDArray[Any]

SPREAD = 20
"""Data are spread over 2^±20, so that small outputs stand beside large ones."""


@st.composite
def real_problems(draw: st.DrawFn, filter_sizes: st.SearchStrategy[int], stride: int = 3, dtype: str = "") -> Problem:
    random = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    groups, depth, width = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    image_shape = (draw(st.integers(1, 2)), draw(st.integers(3, 11)), draw(st.integers(3, 9)), groups * depth)
    filters_shape = (draw(filter_sizes), draw(filter_sizes), depth, groups * width)
    dtype = dtype or draw(st.sampled_from(["float32", "float64"]))
    image, filters = (
        np.ldexp(random.standard_normal(shape), random.integers(-SPREAD, SPREAD + 1, shape)).astype(dtype)
        for shape in (image_shape, filters_shape)
    )
    strides, dilations = draw(st.integers(1, stride)), draw(st.integers(1, stride))
    padding = draw(st.sampled_from(["VALID", "SAME", "full"]))
    return prepare("conv2d", image, filters, strides, padding, None, dilations)


def errors(problem: Problem, output: Array) -> float:
    """Return the largest distance from sums in extended precision, which is some 2^11 times finer than float64."""
    pads = [(0, 0), *problem.pads, (0, 0)]
    image = np.pad(problem.input.astype(np.longdouble), pads)
    filters, groups = problem.filters.astype(np.longdouble), problem.groups
    depth, out_channels = filters.shape[-2:]
    expected = np.zeros(output.shape, np.longdouble)
    for row, column in np.ndindex(*problem.filter_sizes):
        for channel in range(out_channels):
            first = channel * groups // out_channels * depth
            start = row * problem.dilations[0], column * problem.dilations[1]
            rows = slice(start[0], start[0] + output.shape[1] * problem.strides[0], problem.strides[0])
            columns = slice(start[1], start[1] + output.shape[2] * problem.strides[1], problem.strides[1])
            seen = image[:, rows, columns, first : first + depth]
            expected[..., channel] += (seen * filters[row, column, :, channel]).sum(axis=-1)
    return float(np.abs(expected - output).max(initial=0))


@settings(max_examples=300, deadline=None)
@given(problem=real_problems(st.integers(1, 6)))
def test_fourier_keeps_its_bound(problem: Problem) -> None:
    assert errors(problem, fourier.convolve(problem)) <= fourier.error_bound(problem)


@pytest.mark.parametrize("transforms", [winograd.F2, winograd.F4], ids=["F(2x2,3x3)", "F(4x4,3x3)"])
@settings(max_examples=200, deadline=None)
@given(problem=real_problems(st.just(3), stride=1))
def test_winograd_keeps_its_bound(transforms: winograd.Transforms, problem: Problem) -> None:
    assert errors(problem, winograd.convolve(problem, transforms)) <= winograd.error_bound(problem, transforms)


@pytest.mark.parametrize("transforms", [winograd.F2, winograd.F4], ids=["F(2x2,3x3)", "F(4x4,3x3)"])
def test_bound_of_winograd_tells_a_wrong_constant(transforms: winograd.Transforms) -> None:
    random = np.random.default_rng(2)
    problem = prepare("conv2d", random.random((9, 8, 6)), random.random((3, 3, 6, 4)), 1, "SAME", None, 1)
    wrong = winograd.Transforms(transforms.input, transforms.filters * (1 + 2.0**-20), transforms.output)
    assert errors(problem, winograd.convolve(problem, wrong)) > winograd.error_bound(problem, transforms)


def test_bound_of_fourier_tells_a_lower_precision() -> None:
    random = np.random.default_rng(2)
    problem = prepare("conv2d", random.random((9, 8, 6)), random.random((3, 3, 6, 4)), 1, "SAME", None, 1)
    assert errors(problem, fourier.convolve(problem).astype("float32")) > fourier.error_bound(problem)


@pytest.mark.parametrize("transforms", [winograd.F2, winograd.F4], ids=["F(2x2,3x3)", "F(4x4,3x3)"])
def test_winograd_is_the_identity_of_its_source(transforms: winograd.Transforms) -> None:
    """In one dimension, on a basis: Aᵀ·[(G·g) ⊙ (Bᵀ·d)] is the sum of g over d's windows."""
    size = transforms.size
    for tap in range(3):
        for place in range(size + 2):
            points = transforms.filters[:, tap] * transforms.input[:, place]
            expected = [float(output + tap == place) for output in range(size)]
            np.testing.assert_allclose(transforms.output @ points, expected, rtol=0, atol=2.0**-50)


def test_winograd_of_small_integers_rounds_to_the_definition() -> None:
    random = np.random.default_rng(3)
    image, filters = random.integers(-9, 10, (2, 9, 8, 6)), random.integers(-9, 10, (3, 3, 3, 4))
    expected = naive.conv2d(image, filters, padding="SAME")
    output = winograd.conv2d(image.astype("float32"), filters.astype("float32"), padding="SAME")
    np.testing.assert_array_equal(np.rint(output), expected)


def test_the_constants_of_the_docstring() -> None:
    def factor(transforms: winograd.Transforms) -> float:
        matrices = (transforms.output, transforms.filters, transforms.input)
        return float(np.prod([np.abs(matrix).sum(axis=1).max() for matrix in matrices]) ** 2)

    assert (factor(winograd.F2), factor(winograd.F4)) == (81, 36100)


@pytest.mark.parametrize(
    ("filters", "strides", "dtype"),
    [((3, 2), 1, "float32"), ((3, 3), 2, "float32"), ((5, 5), 1, "float32"), ((3, 3), 1, "int32")],
    ids=["3x2", "strided", "5x5", "integers"],
)
def test_winograd_hands_over(filters: tuple[int, int], strides: int, dtype: str) -> None:
    image, window = np.ones((6, 6), dtype), np.ones(filters, dtype)
    problem = prepare("conv2d", image, window, strides, "VALID", None, 1)
    assert not winograd.applies(problem)
    np.testing.assert_array_equal(winograd.conv2d(image, window, strides), naive.conv2d(image, window, strides))


def test_fourier_is_exact_on_floats_that_hold_integers() -> None:
    """Zeros, which a transform leaves as some 1e-13, and cancellation included."""
    random = np.random.default_rng(4)
    image, filters = random.integers(-99, 100, (32, 30)).astype("float32"), np.zeros((10, 11), "float32")
    filters[0, 0], filters[9, 10] = 99, -99
    image[9:, 10:] = image[:-9, :-10]
    np.testing.assert_array_equal(fourier.conv2d(image, filters), naive.conv2d(image, filters))


@pytest.mark.parametrize("value", [np.inf, np.nan], ids=str)
def test_fourier_hands_special_values_over(value: float) -> None:
    image = np.full((9, 9), 0.5)
    image[0, 0] = value
    np.testing.assert_array_equal(fourier.conv2d(image, np.ones((2, 2))), naive.conv2d(image, np.ones((2, 2))))
