"""The oracle's integers against rational arithmetic: exact in every dtype that holds them, refused where none does."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rationals import Sample, draw_sample, rounded

from reference import oracle

Array = NDArray[Any]

SIGNED = {f"int{bits}": bits - 1 for bits in (8, 16, 32, 64)}
UNSIGNED = {f"uint{bits}": bits for bits in (8, 16, 32, 64)}
WIDTHS = SIGNED | UNSIGNED | {"bool": 1}
"""Bits of the largest number of a dtype."""

PRODUCT = 54
"""Bits that two operands may have together: at most 28 terms of 2^54, and a bias, stay within int64."""


def integers(dtype: str, bits: int) -> Callable[[np.random.Generator, tuple[int, ...]], Array]:
    """Return what draws integers of all magnitudes up to so many bits, both ends of the range among them."""
    bits = min(bits, WIDTHS[dtype])
    low, high = -(2**bits) if dtype in SIGNED else 0, 2**bits - 1

    def draw(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
        wide = generator.integers(low, high, shape, np.uint64 if low == 0 else np.int64, endpoint=True)
        wide >>= generator.integers(0, bits, shape, wide.dtype)
        ends = generator.choice(np.array([low, high], wide.dtype), shape)
        chosen: Array = np.where(generator.random(shape) < 0.2, ends, wide)
        return chosen.astype(dtype)

    return draw


def assert_exact(sample: Sample, answer: oracle.Exact) -> None:
    for place in np.ndindex(answer.value.shape):
        terms = sample.terms(place)
        assert int(answer.value[place]) == sum(terms)
        assert answer.magnitude[place] >= sum(map(abs, terms))


@pytest.mark.parametrize("bits", [3, 12, PRODUCT // 2])
@pytest.mark.parametrize("dtype", [*SIGNED, "uint8", "uint16", "uint32", "bool"])
def test_oracle_integers_are_exact(dtype: str, bits: int) -> None:
    """30 problems of each width: 90 for each dtype."""
    for seed in range(30):
        sample = draw_sample(seed, integers(dtype, bits))
        answer = sample.answer(dtype=np.int64)
        assert answer.value.dtype == np.int64
        assert answer.is_exact
        assert_exact(sample, answer)


@pytest.mark.parametrize("bits", [3, 12, PRODUCT // 2])
@pytest.mark.parametrize("out", ["int16", "int32", "uint16", "uint32", "uint64"])
def test_oracle_integers_fit_the_dtype_or_are_refused(out: str, bits: int) -> None:
    for seed in range(40):
        sample = draw_sample(seed, integers("int32" if out.startswith("i") or seed % 2 else "uint32", bits))
        exact = [
            sum(sample.terms(place), Fraction(0)) for place in np.ndindex(sample.answer(dtype="int64").value.shape)
        ]
        fits = np.iinfo(out).min <= min(exact) and max(exact) <= np.iinfo(out).max
        if fits:
            answer = sample.answer(dtype=out)
            assert answer.value.dtype == out
            assert_exact(sample, answer)
        else:
            with pytest.raises(OverflowError, match=f"dtype must be an integer dtype that holds .* but is {out}"):
                sample.answer(dtype=out)


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_oracle_refuses_exactly_where_int64_could_overflow(dtype: str) -> None:
    """The magnitudes are compared in float64, whose bound is the sum itself and a little."""
    outcomes = set()
    for seed in range(120):
        sample = draw_sample(seed, integers(dtype, 24 + seed % 12))
        shape = sample.answer(dtype="float64").value.shape
        largest = max(sum(map(abs, sample.terms(place)), Fraction(0)) for place in np.ndindex(shape))
        if largest >= 2**63:
            with pytest.raises(OverflowError, match=r"Σ\|input·filters\| \+ \|bias\| must be below 2\^63"):
                sample.answer(dtype="int64")
        elif largest < 2**63 - 2**20:
            assert_exact(sample, sample.answer(dtype="int64"))
        outcomes.add(largest >= 2**63)
    assert outcomes == {True, False}


@pytest.mark.parametrize("out", ["float16", "float32", "float64"])
@pytest.mark.parametrize("dtype", ["uint64", "int64", "uint32", "bool"])
def test_oracle_rounds_integers_of_any_width_once(dtype: str, out: str) -> None:
    for seed in range(20):
        sample = draw_sample(seed, integers(dtype, 64))
        answer = sample.answer(dtype=out)
        for place in np.ndindex(answer.value.shape):
            assert float(answer.value[place]) == rounded(sum(sample.terms(place), Fraction(0)), out)


@pytest.mark.parametrize(
    ("left", "right"),
    [(2**63, 1), (2**64 - 1, 1), (2**63 + 5, 3), (2**32, 2**31), (2**40, 2**40)],
    ids=str,
)
def test_oracle_refuses_unsigned_integers_beyond_int64(left: int, right: int) -> None:
    image, filters = np.array([left], np.uint64), np.array([right], np.uint64)
    with pytest.raises(OverflowError, match="must be below 2"):
        oracle.conv1d(image, filters)
    assert oracle.conv1d(image, filters * np.uint64(0)).value.tolist() == [0]
