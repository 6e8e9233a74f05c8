"""No legal order or way of summation is rejected: float32 sums of up to 4608 products, 10,000 outputs each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from summations import LEGAL, fused

from conformance.case import Case, Operation
from conformance.data import Array, Operands
from conformance.judgement import Accuracy, expect, judge

LENGTHS = (1, 2, 3, 5, 9, 27, 64, 147, 576, 1152, 2304, 4608)
ROWS = COLUMNS = 100


def normal(random: np.random.Generator, length: int) -> tuple[Array, Array]:
    """Return deviates of both signs."""
    return random.standard_normal((ROWS, length)), random.standard_normal((length, COLUMNS))


def positive(random: np.random.Generator, length: int) -> tuple[Array, Array]:
    """Return what activations look like, and filters that all are positive but for one: errors may lean."""
    x, w = (np.abs(part) for part in normal(random, length))
    w[0, 0] *= -1
    return x, w


def cancelling(random: np.random.Generator, length: int) -> tuple[Array, Array]:
    """Return products of which the second half nearly takes the first half back."""
    x, w = normal(random, length)
    half = length // 2
    x[:, half : 2 * half] = x[:, :half]
    w[half : 2 * half] = -w[:half] * (1 + 2.0**-12 * random.standard_normal((half, COLUMNS)))
    return x, w


def spread(random: np.random.Generator, length: int) -> tuple[Array, Array]:
    """Return numbers of very different sizes."""
    x, w = (np.ldexp(part, random.integers(-12, 13, part.shape)) for part in normal(random, length))
    return x, w


def integers(random: np.random.Generator, length: int) -> tuple[Array, Array]:
    """Return whole numbers whose sums stay exact: equality is asked."""
    x, w = random.integers(-60, 61, (ROWS, length)), random.integers(-60, 61, (length, COLUMNS))
    return x.astype(float), w.astype(float)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("data", [normal, positive, cancelling, spread, integers], ids=lambda data: data.__name__)
def test_legal_sums_are_accepted(data: Callable[[np.random.Generator, int], tuple[Array, Array]], length: int) -> None:
    x, w = (part.astype(np.float32) for part in data(np.random.default_rng([length, ROWS]), length))
    case = Case("x", Operation.CONV2D, (1, 10, 10, length), (1, 1, length, COLUMNS), (1, 10, 10, COLUMNS), {})
    expected = expect(case, Operands(x.reshape(case.input), w.reshape(case.filters), None))
    assert expected.exact is (data is integers)
    verdicts = {name: judge(case, expected, add(x, w).reshape(case.output)) for name, add in LEGAL.items()}
    assert {name: verdict for name, verdict in verdicts.items() if not verdict.passed} == {}
    classes = {verdict.reached and verdict.reached.accuracy for verdict in verdicts.values()}
    assert classes == {None if expected.exact else Accuracy.EXACT_ORDER}


def test_the_ways_are_different() -> None:
    random = np.random.default_rng(1)
    x, w = (part.astype(np.float32) for part in normal(random, 576))
    results = [add(x, w).tobytes() for add in LEGAL.values()]
    assert len(set(results)) == len(LEGAL) >= 12


def test_fused_products_are_rounded_once() -> None:
    x, w = np.array([[1.0, 1 + 2.0**-23]], np.float32), np.array([[-1.0], [1 - 2.0**-23]], np.float32)
    assert fused(x, w).item() == -(2.0**-46)
