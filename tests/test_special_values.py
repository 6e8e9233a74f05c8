"""NaN, infinities and overflow: where they must come out, where they may, and what is said where they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conformance.case import Case, DType, Operation, numpy_dtype
from conformance.data import Array, Operands
from conformance.judgement import Accuracy, Verdict, expect, judge
from conformance.judgement.special import on_padding
from reference import naive, windows, winograd

SHAPES = ((2, 5, 6, 4), (3, 2, 2, 6), (2, 3, 5, 6))
VALID = Case("x", Operation.CONV2D, *SHAPES, {})
SAME = replace(VALID, output=(2, 5, 6, 6), padding="SAME")


def operands() -> Operands:
    """Return small whole numbers without 0, in two groups."""
    random = np.random.default_rng(3)
    image, filters = (random.integers(1, 9, shape) * random.choice([-1, 1], shape) for shape in SHAPES[:2])
    return Operands(image.astype(np.float32), filters.astype(np.float32), None)


def holding(value: float) -> Operands:
    given = operands()
    given.input[0, 2, 3, 1] = value
    return given


def verdict(case: Case, given: Operands, answer: Array) -> Verdict:
    return judge(case, expect(case, given), answer)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_the_definition_puts_special_values_where_they_belong(value: float) -> None:
    given = holding(value)
    with np.errstate(invalid="ignore"):
        answer = naive.conv2d(given.input, given.filters)
    assert (~np.isfinite(answer)).sum() == 3 * 2 * 3
    assert verdict(VALID, given, answer) == Verdict(True, "special, exact")


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ((1, 0, 2, 0), "spread to another batch item"),
        ((0, 0, 0, 0), "spread to another column"),
        ((0, 0, 2, 4), "spread to another channel"),
    ],
)
def test_a_nan_that_spreads_is_told(place: tuple[int, ...], reason: str) -> None:
    given = holding(np.nan)
    answer = windows.conv2d(given.input, given.filters)
    assert np.isfinite(answer[place])
    answer[place] = np.nan
    found = verdict(VALID, given, answer)
    assert (found.passed, found.rule, found.wrong) == (False, "special", "1 of 180 elements")
    assert found.worst.startswith(f"output{list(place)} is nan, must be ")
    assert reason in found.worst


def test_a_nan_that_spreads_to_another_row_is_told() -> None:
    case = replace(VALID, input=(1, 8, 6, 4), output=(1, 6, 5, 6))
    random = np.random.default_rng(4)
    image = random.integers(1, 9, case.input).astype(np.float32)
    image[0, 0, 2, 0] = np.nan
    given = replace(operands(), input=image)
    answer = windows.conv2d(given.input, given.filters)
    answer[0, 3, 2, 0] = np.nan
    assert "spread to another row" in verdict(case, given, answer).worst


@pytest.mark.parametrize(
    ("value", "wrong"), [(np.nan, 0.0), (np.nan, np.inf), (np.inf, -np.inf), (np.inf, 3e38), (np.inf, np.nan)]
)
def test_a_special_value_that_does_not_propagate_is_told(value: float, wrong: float) -> None:
    given = holding(value)
    answer = windows.conv2d(given.input, given.filters)
    place = tuple(np.argwhere(np.isnan(answer) if np.isnan(value) else answer == np.inf)[0])
    answer[place] = wrong
    found = verdict(VALID, given, answer)
    assert (found.passed, found.rule) == (False, "special")
    assert found.worst.endswith("it does not propagate as it must")


def test_a_skipped_zero_beside_infinity_is_told() -> None:
    given = holding(np.inf)
    given.filters[:] = 0
    answer = np.zeros(VALID.output, np.float32)
    assert verdict(VALID, given, answer).rule == "special"
    with np.errstate(invalid="ignore"):
        assert verdict(VALID, given, naive.conv2d(given.input, given.filters)).passed


def test_finite_elements_beside_special_values_must_be_equal() -> None:
    given = holding(np.inf)
    answer = windows.conv2d(given.input, given.filters)
    answer[1, 2, 3, 4] += 1
    found = verdict(VALID, given, answer)
    assert (found.passed, found.rule, found.wrong) == (False, "exact", "1 of 180 elements")


def test_real_data_beside_special_values_keep_their_bound() -> None:
    given = holding(np.inf)
    given.filters[:] *= np.float32(0.1)
    answer = windows.conv2d(given.input, given.filters)
    found = verdict(VALID, given, answer)
    assert (found.passed, found.rule) == (True, "special, bound")
    assert found.reached is not None
    assert found.reached.accuracy is Accuracy.EXACT_ORDER
    answer[1, 2, 3, 4] *= np.float32(1.01)
    assert verdict(VALID, given, answer).rule == "bound"


def test_spreading_over_a_tile_is_not_contained() -> None:
    random = np.random.default_rng(5)
    image, filters = random.standard_normal((1, 10, 10, 1)), random.standard_normal((3, 3, 1, 1))
    given = Operands(image.astype(np.float32), filters.astype(np.float32), None)
    given.input[0, 0, 0, 0] = np.nan
    case = replace(VALID, input=(1, 10, 10, 1), filters=(3, 3, 1, 1), output=(1, 8, 8, 1))
    found = verdict(case, given, winograd.conv2d(given.input, given.filters))
    assert (found.passed, found.rule) == (False, "special")


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_special_filters_on_padding_may_be_multiplied_or_skipped(value: float) -> None:
    given = operands()
    given.filters[2, 1, 0, 3] = value
    skipped = naive.conv2d(given.input, given.filters, padding="SAME")
    padded = np.pad(given.input, [(0, 0), (1, 1), (0, 1), (0, 0)])
    multiplied = windows.conv2d(padded, given.filters)
    assert np.isnan(multiplied[:, -1, :, 3]).all()
    assert verdict(SAME, given, skipped) == verdict(SAME, given, multiplied) == Verdict(True, "special, exact")
    multiplied[0, 0, 0, 3] = np.nan if np.isinf(value) else 0
    assert verdict(SAME, given, multiplied).rule == "special"


def test_only_outputs_with_such_a_tap_on_padding_are_free() -> None:
    given = operands()
    assert on_padding(SAME, given) is None
    given.filters[2, 1, 0, 3] = np.inf
    free = on_padding(SAME, given)
    assert free is not None
    assert free.shape == (1, 5, 6, 6)
    assert sorted(set(map(tuple, np.argwhere(free[0])))) == sorted(
        {(4, column, 3) for column in range(6)} | {(row, 5, 3) for row in range(5)}
    )
    at_valid = on_padding(VALID, given)
    assert at_valid is not None
    assert not at_valid.any()


BACKWARD = {
    Operation.CONV2D_BACKPROP_INPUT: ("filters", (2, 1, 0, 3), (0, 0, 0, 2), (0, 2, 2, 1)),
    Operation.CONV2D_BACKPROP_FILTER: ("out_backprop", (0, 4, 0, 3), (2, 0, 0, 3), (0, 0, 0, 4)),
}
"""Where an operand holds Inf, an output in which it meets a zero that nobody gave, and one that it never meets."""


@pytest.mark.parametrize("operation", BACKWARD, ids=str)
def test_special_values_of_gradients_may_meet_zeros_that_nobody_gave(operation: Operation) -> None:
    name, place, free, barred = BACKWARD[operation]
    given = replace(operands(), out_backprop=np.ones(SAME.output, np.float32))
    getattr(given, name)[place] = np.inf
    output = given.input.shape if operation is Operation.CONV2D_BACKPROP_INPUT else given.filters.shape
    case = replace(SAME, operation=operation, out_backprop=SAME.output, output=output)
    right = expect(case, given)
    answer = right.value.astype(np.float32)
    assert np.isfinite(answer[free])
    assert judge(case, right, answer).passed
    answer[free] = np.nan
    assert judge(case, right, answer).passed
    assert np.isfinite(answer[barred])
    answer[barred] = np.nan
    assert judge(case, right, answer).rule == "special"


LARGEST = {
    DType.FLOAT16: 65504.0,
    DType.BFLOAT16: float.fromhex("0x1.fep127"),
    DType.FLOAT32: float(np.finfo(np.float32).max),
    DType.FLOAT64: float(np.finfo(np.float64).max),
}

ONE = Case("x", Operation.CONV2D, (1, 1, 3, 1), (1, 3, 1, 1), (1, 1, 1, 1), {})


def one_output(dtype: DType, numbers: list[float], answer: float) -> Verdict:
    """Judge an answer for the sum of three numbers."""
    case, style = replace(ONE, dtype=dtype), numpy_dtype(dtype)
    image = np.array(numbers).astype(style).reshape(case.input)
    expected = expect(case, Operands(image, np.ones(case.filters, style), None))
    return judge(case, expected, np.full(case.output, answer).astype(style))


@pytest.mark.parametrize("dtype", LARGEST)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_beyond_the_largest_number_must_be_infinite(dtype: DType, sign: int) -> None:
    large = sign * LARGEST[dtype]
    assert one_output(dtype, [large, large, 1], sign * np.inf).passed
    assert one_output(dtype, [large, large, 1], -sign * np.inf).passed is (dtype is not DType.FLOAT16)
    assert not one_output(dtype, [large / 8, large / 8, 1], sign * np.inf).passed


def test_a_sum_that_some_order_overflows_may_be_anything_that_an_order_gives() -> None:
    large = LARGEST[DType.FLOAT32]
    for answer in (large, np.inf, -np.inf, np.nan):
        assert one_output(DType.FLOAT32, [large, large, -large], answer).passed
    assert not one_output(DType.FLOAT32, [large, large, -large], 1.0).passed


def test_float16_sums_overflow_at_the_end_only() -> None:
    large = LARGEST[DType.FLOAT16]
    assert one_output(DType.FLOAT16, [large, large, -large], large).passed
    found = one_output(DType.FLOAT16, [large, large / 2, -large], np.inf)
    assert (found.passed, found.rule) == (False, "exact")


def test_the_largest_number_and_infinity_are_neighbours() -> None:
    numbers = [LARGEST[DType.FLOAT16], 16.0, 0.01]
    for answer in (65504.0, np.inf):
        assert one_output(DType.FLOAT16, numbers, answer).passed
    found = one_output(DType.FLOAT16, numbers, -np.inf)
    assert (found.passed, found.rule) == (False, "special")
    assert found.worst == "output[0, 0, 0, 0] is -inf, must be inf: the sum overflows"


def test_an_infinity_without_reason_is_not_special() -> None:
    given = operands()
    answer = windows.conv2d(given.input, given.filters)
    answer[0, 0, 0, 0] = np.inf
    assert verdict(VALID, given, answer).rule == "exact"


def test_a_small_number_is_not_what_overflows() -> None:
    case = replace(VALID, dtype=DType.FLOAT16)
    image, filters = (np.full(shape, 100, np.float16) for shape in SHAPES[:2])
    given = Operands(image, filters, None)
    right = np.full(VALID.output, np.inf, np.float16)
    assert verdict(case, given, right).passed
    assert not verdict(case, given, np.ones_like(right)).passed


def test_the_largest_number_is_wrong_where_the_sum_is_far_beyond_it() -> None:
    case = replace(VALID, dtype=DType.FLOAT16)
    image, filters = (np.full(shape, 100, np.float16) for shape in SHAPES[:2])
    found = verdict(case, Operands(image, filters, None), np.full(VALID.output, 65504, np.float16))
    assert (found.passed, found.rule) == (False, "special")
    assert found.worst == "output[0, 0, 0, 0] is 65504, must be inf: the sum overflows"
