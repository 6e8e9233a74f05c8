"""The oracle against rational arithmetic that shares nothing with it: equality everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rationals import DTYPES, LARGEST_EXPONENT, PRECISION, Sample, draw_sample, rounded

from reference import naive, oracle

Array = NDArray[Any]

every_dtype = pytest.mark.parametrize("name", DTYPES)


def spread(generator: np.random.Generator, shape: tuple[int, ...], name: str, span: int) -> Array:
    span = min(span, LARGEST_EXPONENT[name] // 2 - 2)
    values = np.ldexp(generator.standard_normal(shape), generator.integers(-span, span + 1, shape))
    return values.astype(DTYPES[name])


def cancelling(generator: np.random.Generator, shape: tuple[int, ...], name: str) -> Array:
    """Return few magnitudes of all sizes, with both signs and now and then a last bit more: most sums nearly vanish."""
    choices: Array = spread(generator, (2,), name, 60)
    values = generator.choice(choices, shape) * generator.choice([-1, 1], shape).astype(choices.dtype)
    nudged = values * DTYPES[name].type(1 + 2.0 ** (1 - PRECISION[name]))
    chosen: Array = np.where(generator.random(shape) < 0.1, nudged, values).astype(choices.dtype)
    return chosen


def tiny(generator: np.random.Generator, shape: tuple[int, ...], name: str) -> Array:
    """Return values whose products lie round the smallest subnormal numbers of the format."""
    middle = (2 - LARGEST_EXPONENT[name] - PRECISION[name] // 2) // 2
    values = np.ldexp(generator.standard_normal(shape), middle + generator.integers(-5, 5, shape))
    return values.astype(DTYPES[name])


def huge(generator: np.random.Generator, shape: tuple[int, ...], name: str) -> Array:
    """Return values whose products lie round the largest numbers of the format."""
    values = np.ldexp(generator.standard_normal(shape), LARGEST_EXPONENT[name] // 2)
    return values.astype(DTYPES[name])


def ties(generator: np.random.Generator, shape: tuple[int, ...], name: str) -> Array:
    """Return numbers of half the format's bits and a few last places: many sums are halfway between two numbers."""
    limit = 2 ** (PRECISION[name] // 2 - (name == "float64"))
    whole = generator.integers(-limit, limit + 1, shape)
    return whole.astype(DTYPES[name])


def extreme(generator: np.random.Generator, shape: tuple[int, ...], name: str) -> Array:
    """Return values over nearly all of the format's exponents: products overflow and underflow float64 in places."""
    top = LARGEST_EXPONENT[name] - 3
    return np.ldexp(generator.standard_normal(shape), generator.integers(-top, top, shape)).astype(DTYPES[name])


KINDS: dict[str, Callable[[np.random.Generator, tuple[int, ...], str], Array]] = {
    "normal": lambda generator, shape, name: spread(generator, shape, name, 0),
    "spread": lambda generator, shape, name: spread(generator, shape, name, 60),
    "cancelling": cancelling,
    "tiny": tiny,
    "huge": huge,
    "ties": ties,
    "extreme": extreme,
}


@every_dtype
@pytest.mark.parametrize("kind", KINDS)
def test_oracle_rounds_the_rational_sum(name: str, kind: str) -> None:
    """50 problems for each kind of data: 350 for each dtype."""
    for seed in range(50):
        sample = draw_sample(seed, lambda generator, shape: KINDS[kind](generator, shape, name))
        answer = sample.answer()
        assert answer.value.dtype == DTYPES[name]
        assert answer.value.size > 0
        for place in np.ndindex(answer.value.shape):
            expected = rounded(sum(sample.terms(place), Fraction(0)), name)
            assert float(answer.value[place]) == expected, f"seed {seed}, element {place}"


@every_dtype
@pytest.mark.parametrize("kind", ["normal", "spread", "ties"])
def test_oracle_magnitude_is_an_upper_bound_and_exact_for_integers(name: str, kind: str) -> None:
    for seed in range(20):
        sample = draw_sample(seed, lambda generator, shape: KINDS[kind](generator, shape, name))
        answer = sample.answer()
        excess = Fraction(answer.terms + 16, 2**51) * (kind != "ties")
        for place in np.ndindex(answer.value.shape):
            exact = sum(map(abs, sample.terms(place)), Fraction(0))
            assert exact <= Fraction(float(answer.magnitude[place])) <= exact * (1 + excess)


@every_dtype
@pytest.mark.parametrize("bits", [6, 30, 61])
def test_oracle_rounds_wide_integers_once_to_a_floating_point_dtype(name: str, bits: int) -> None:
    for seed in range(20):
        sample = draw_sample(seed, lambda generator, shape: generator.integers(-(2**bits), 2**bits, shape))
        answer = sample.answer(dtype=DTYPES[name])
        for place in np.ndindex(answer.value.shape):
            assert float(answer.value[place]) == rounded(sum(sample.terms(place), Fraction(0)), name)


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_oracle_is_right_on_a_layer(name: str) -> None:
    generator = np.random.default_rng(5)
    image = generator.standard_normal((2, 17, 19, 32)).astype(name)
    filters = generator.standard_normal((3, 5, 32, 24)).astype(name)
    sample = Sample(image, filters, None, (1, 2), (2, 1), ((2, 2), (2, 2)))
    answer = sample.answer()
    places = [tuple(int(generator.integers(size)) for size in answer.value.shape) for _ in range(60)]
    expected = [rounded(sum(sample.terms(place), Fraction(0)), name) for place in places]
    assert [float(answer.value[place]) for place in places] == expected
    assert answer.terms == 3 * 5 * 32


@pytest.mark.parametrize(
    ("name", "terms", "expected"),
    [
        ("float32", [1.0, 2.0**-24, 2.0**-100], 1 + 2.0**-23),
        ("float32", [1.0, 2.0**-24, -(2.0**-100)], 1.0),
        ("bfloat16", [1.0, 2.0**-8, 2.0**-60], 1 + 2.0**-7),
        ("bfloat16", [1.0, 2.0**-8], 1.0),
        ("float16", [1.0, 2.0**-11, 2.0**-23], 1 + 2.0**-10),
        ("float64", [2.0**53, 1.0, 2.0**-900], 2.0**53 + 2),
        ("float64", [2.0**1023, 2.0**1023, -(2.0**1023)], 2.0**1023),
        ("float64", [2.0**-1074, 2.0**1000, -(2.0**1000)], 2.0**-1074),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_oracle_rounds_once(name: str, terms: list[float], expected: float) -> None:
    numbers = np.array(terms, DTYPES[name])
    assert float(oracle.conv1d(numbers, np.ones_like(numbers)).value[0]) == expected


@pytest.mark.parametrize(
    ("pixels", "weights", "bias", "expected"),
    [
        ([math.inf, 1], [0, 1], 0, math.nan),
        ([0, 1], [-math.inf, 1], 0, math.nan),
        ([math.nan, 1], [0, 1], 0, math.nan),
        ([1, 1], [1, math.nan], 0, math.nan),
        ([math.inf, 1], [-2, 1], 0, -math.inf),
        ([-math.inf, 1], [-math.inf, 1], 0, math.inf),
        ([math.inf, math.inf], [1, -1], 0, math.nan),
        ([math.inf, -math.inf], [1, -1], 0, math.inf),
        ([math.inf, 1], [1, 1], -math.inf, math.nan),
        ([1, 1], [1, 1], -math.inf, -math.inf),
        ([1, 1], [1, 1], math.nan, math.nan),
        ([3e38, 3e38], [1, 1], 0, math.inf),
        ([-3e38, 3e38], [2, 1], 0, -3e38),
        ([3e38, -3e38], [2, 2], 0, 0.0),
    ],
)
def test_oracle_special_values_follow_ieee_rules(
    pixels: list[float], weights: list[float], bias: float, expected: float
) -> None:
    image, filters = np.array(pixels, np.float32)[None, :, None], np.array(weights, np.float32)[:, None, None]
    value = oracle.conv1d(image, filters, bias=np.array([bias], np.float32)).value.item()
    np.testing.assert_array_equal(value, np.float32(expected))


def test_oracle_skips_taps_in_the_padding() -> None:
    answer = oracle.conv1d(np.ones(3), np.array([math.inf, 1.0, 1.0]), padding=1)
    assert answer.value.tolist() == [2.0, math.inf, math.inf]
    assert answer.magnitude.tolist() == [2.0, math.inf, math.inf]


def test_oracle_contains_nan_to_the_windows_that_hold_it() -> None:
    image = np.arange(40.0).reshape(2, 5, 4, 1)
    image[1, 4, 0, 0] = math.nan
    value = oracle.conv2d(image, np.ones((2, 2, 1, 3)), budget=1).value
    assert np.argwhere(np.isnan(value)).tolist() == [[1, 3, 0, 0], [1, 3, 0, 1], [1, 3, 0, 2]]


@every_dtype
def test_oracle_zero_is_positive(name: str) -> None:
    values = np.array([-0.0, 1.0, -1.0, -(2.0**-14)], DTYPES[name])
    assert not np.signbit(oracle.conv1d(values, values[:1]).value.astype(np.float64)).any()


@pytest.mark.parametrize(
    ("name", "limit"), [("float16", 2**11), ("bfloat16", 2**8), ("float32", 2**24), ("int8", 127), ("int16", 2**15 - 1)]
)
def test_certificate_ends_at_the_largest_exact_integer(name: str, limit: int) -> None:
    dtype = DTYPES.get(name, np.dtype(np.int64))
    half = np.array([limit // 2, limit - limit // 2])
    even = oracle.conv1d(half.astype(dtype), np.array([1, -1], dtype))
    beyond = oracle.conv1d(half.astype(dtype), np.array([1, -1], dtype), bias=np.array([1], dtype))
    asked = DTYPES.get(name, np.dtype(name))
    assert even.is_exact_in(asked)
    assert not beyond.is_exact_in(asked)


def test_certificate_holds_for_integers_times_a_power_of_two() -> None:
    numbers = np.ldexp(np.array([3.0, -5.0, 7.0], np.float32), -40)
    answer = oracle.conv1d(numbers, numbers)
    assert (answer.is_exact, answer.quantum, answer.peak) == (True, 2.0**-80, 83 * 2.0**-80)
    assert not answer.is_exact_in(np.float16)


def test_certificate_is_withheld_where_products_are_subnormal_fractions() -> None:
    numbers = np.array([2.0**-80, 2.0**-70], np.float32)
    assert not oracle.conv1d(numbers, numbers).is_exact


def test_certificate_is_withheld_for_real_data() -> None:
    data = np.random.default_rng(3).standard_normal((1, 6, 5, 3)).astype(np.float32)
    assert not oracle.conv2d(data, data[0, :2, :3, :, None]).is_exact


def test_certificate_counts_only_finite_parts() -> None:
    answer = oracle.conv1d(np.array([1.0, math.inf, 2.0, 3.0]), np.array([1.0, 1.0]))
    assert (answer.is_exact, answer.peak, answer.value[2]) == (True, 5.0, 5.0)


def test_certificate_means_that_every_order_gives_the_same_bits() -> None:
    generator = np.random.default_rng(7)
    for bits in range(2, 12):
        left, right = generator.integers(-(2**bits), 2**bits, (2, 60)).astype(np.float32)
        answer = oracle.conv1d(left, right)
        sums = {float(np.cumsum(generator.permutation(left * right), dtype=np.float32)[-1]) for _ in range(200)}
        assert not answer.is_exact or sums == {float(answer.value[0])}
    assert oracle.conv1d(left[:2], right[:2]).is_exact


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_oracle_geometry_is_that_of_the_definition(rank: int) -> None:
    generator = np.random.default_rng(rank)
    ours, naives = getattr(oracle, f"conv{rank}d"), getattr(naive, f"conv{rank}d")
    for _ in range(60):
        groups, depth, channels = (int(size) for size in generator.integers(1, 4, 3))
        image = generator.integers(-9, 10, (2, *generator.integers(1, 8, rank), groups * depth))
        filters = generator.integers(-9, 10, (*generator.integers(1, 4, rank), depth, groups * channels))
        pads = [(int(a), int(b)) for a, b in generator.integers(0, 4, (rank, 2))]
        padding = ["SAME", "VALID", pads][int(generator.integers(3))]
        strides, dilations = generator.integers(1, 4, rank).tolist(), generator.integers(1, 3, rank).tolist()
        options = {"padding": padding, "dilations": dilations, "stride" if rank == 1 else "strides": strides}
        answer = ours(image, filters, budget=int(generator.choice([1, 3000, 2**28])), **options)
        np.testing.assert_array_equal(answer.value, naives(image, filters, **options))


def test_oracle_keeps_the_callers_layout() -> None:
    image, filters = np.arange(2 * 3 * 5 * 4).reshape(2, 3, 5, 4), np.arange(24).reshape(2, 2, 3, 2)
    first = oracle.conv2d(image, filters, data_format="NCHW", bias=[1, 2])
    last = oracle.conv2d(np.moveaxis(image, 1, -1), filters, bias=[1, 2])
    np.testing.assert_array_equal(first.value, np.moveaxis(last.value, -1, 1))
    np.testing.assert_array_equal(first.magnitude, np.moveaxis(last.magnitude, -1, 1))
    assert oracle.conv2d(image[0, 0], filters[..., 0, 0]).magnitude.shape == (4, 3)


@pytest.mark.parametrize("shape", [(0, 4, 4, 2), (2, 1, 4, 2), (2, 4, 4, 0)], ids=["batch", "positions", "channels"])
def test_oracle_accepts_empty_axes(shape: tuple[int, ...]) -> None:
    answer = oracle.conv2d(np.ones(shape, np.float32), np.ones((2, 3, shape[3], 5), np.float32), bias=[1, 2, 3, 4, 5])
    assert answer.value.shape == (shape[0], shape[1] - 1, 2, 5)
    np.testing.assert_array_equal(
        answer.value, np.broadcast_to(2 * shape[3] * 3 + np.arange(1.0, 6), answer.value.shape)
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"dtype": np.int8}, OverflowError, "conv2d: dtype must be an integer dtype that holds 145161, but is int8"),
        ({"dtype": np.bool_}, ValueError, "conv2d: dtype must be an integer dtype or one of float16"),
        ({"bias": [0.5]}, ValueError, "conv2d: dtype must be one of float16, .*bias is float64"),
        ({"bias": [1, 2]}, ValueError, r"conv2d: bias must be of shape \(1,\), but is \(2,\)"),
        (
            {"bias": [2**63 - 1]},
            OverflowError,
            r"Σ\|input·filters\| \+ \|bias\| must be below 2\^63, but is 9.223e\+18",
        ),
        ({"budget": 0}, ValueError, "conv2d: budget must be 1 byte or more, but is 0"),
    ],
)
def test_oracle_refuses(options: dict[str, Any], error: type[Exception], message: str) -> None:
    pixels = np.full((3, 3), -127, np.int8)
    with pytest.raises(error, match=message):
        oracle.conv2d(pixels, pixels[..., None, None], **({"dtype": np.int64} | options))


def test_oracle_refuses_complex_operands() -> None:
    with pytest.raises(ValueError, match=r"input must be of float16, .* integers or bools, but is of complex128"):
        oracle.conv1d(np.ones(3) * 1j, np.ones(2))


def test_oracle_neither_modifies_nor_shares_its_arguments() -> None:
    image, filters = np.full((3, 4), 1.5), np.ones((1, 1))
    image.flags.writeable = filters.flags.writeable = False
    answer = oracle.conv2d(image, filters)
    assert not np.shares_memory(answer.value, image)
    assert not np.shares_memory(answer.magnitude, image)
