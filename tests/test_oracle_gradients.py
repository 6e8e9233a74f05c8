"""The oracle's gradients against the definition's, on random problems of one to three axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reference import naive_gradients, oracle_gradients
from reference.arguments import Problem, prepare

Array = NDArray[Any]

GRADIENTS = ["input_gradient", "filter_gradient"]


@st.composite
def problems(draw: st.DrawFn) -> tuple[Problem, Array]:
    """Return a convolution of whole numbers, and what arrives at its output; empty ones among them."""
    rank, groups = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    random = np.random.default_rng(draw(st.integers(0, 1 << 30)))

    def numbers(*shape: int) -> Array:
        return random.integers(-99, 100, shape)

    def sizes(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    padding: Any = draw(st.sampled_from(["VALID", "SAME", "pairs"]))
    if padding == "pairs":
        padding = tuple(zip(sizes(0, 4), sizes(0, 4), strict=True))
    image = numbers(draw(st.integers(0, 2)), *sizes(1, 7 if rank < 3 else 4), groups * draw(st.integers(0, 2)))
    filters = numbers(*sizes(1, 3), image.shape[-1] // groups, groups * draw(st.integers(1, 2)))
    if not filters.shape[-2]:
        image, filters = image.reshape(*image.shape[:-1], 0), filters[..., :1]
    problem = prepare(f"conv{rank}d", image, filters, sizes(1, 4), padding, None, sizes(1, 3))
    return problem, numbers(len(image), *problem.out_sizes, filters.shape[-1])


@pytest.mark.parametrize("name", GRADIENTS)
@settings(max_examples=400, deadline=None)
@given(given_problem=problems())
def test_gradient_is_the_definition(name: str, given_problem: tuple[Problem, Array]) -> None:
    problem, arriving = given_problem
    answer = getattr(oracle_gradients, name)(problem, arriving)
    np.testing.assert_array_equal(answer.value, getattr(naive_gradients, name)(problem, arriving))


@pytest.mark.parametrize("name", GRADIENTS)
@settings(max_examples=200, deadline=None)
@given(given_problem=problems())
def test_magnitude_terms_and_peak_are_the_gradient_of_magnitudes(
    name: str, given_problem: tuple[Problem, Array]
) -> None:
    problem, arriving = given_problem
    positive = prepare(
        problem.operation,
        np.abs(problem.input),
        np.abs(problem.filters),
        problem.strides,
        problem.padding,
        None,
        problem.dilations,
    )
    answer = getattr(oracle_gradients, name)(problem, arriving)
    expected = getattr(naive_gradients, name)(positive, np.abs(arriving))
    np.testing.assert_array_equal(answer.magnitude, expected)
    assert answer.peak == expected.max(initial=0)
    assert answer.peak <= answer.terms * 99 * 99
    assert answer.is_exact


@pytest.mark.parametrize("name", GRADIENTS)
def test_cancelling_sums_are_rounded_once(name: str) -> None:
    """2^60 + 1 - 2^60, which every sum in float32 or float64 gets wrong in some order."""
    image = np.array([2.0**30, 1.0, -(2.0**30)], np.float32).reshape(3, 1, 1)
    arriving = np.array([2.0**30, 1.0, 2.0**30], np.float32).reshape(3, 1, 1)
    if name == "filter_gradient":
        problem = prepare("conv1d", image, np.zeros((1, 1, 1), np.float32), 1, "VALID", None, 1)
        assert oracle_gradients.filter_gradient(problem, arriving).value.item() == 1
    else:
        filters = image.reshape(1, 1, 3)
        problem = prepare("conv1d", np.zeros((1, 1, 1), np.float32), filters, 1, "VALID", None, 1)
        assert oracle_gradients.input_gradient(problem, arriving.reshape(1, 1, 3)).value.item() == 1


def test_terms_are_those_of_the_gradient() -> None:
    """A stride of 2 leaves 2 of 3 taps to an input element; a filter's element sums over images and positions."""
    image, filters = np.ones((2, 9, 1), np.float32), np.ones((3, 1, 5), np.float32)
    problem = prepare("conv1d", image, filters, 2, "VALID", None, 1)
    arriving = np.ones((2, 4, 5), np.float32)
    assert oracle_gradients.input_gradient(problem, arriving).terms == 2 * 5
    assert oracle_gradients.filter_gradient(problem, arriving).terms == 2 * 4


def test_infinite_filters_meet_no_zero_between_strides() -> None:
    filters = np.array([[[np.inf]], [[1.0]]])
    problem = prepare("conv1d", np.zeros((1, 4, 1)), filters, 2, "VALID", None, 1)
    answer = oracle_gradients.input_gradient(problem, np.array([[[1.0], [2.0]]]))
    assert answer.value.ravel().tolist() == [np.inf, 1.0, np.inf, 2.0]
