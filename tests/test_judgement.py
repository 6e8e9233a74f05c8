"""The judge: when equality is asked, what the bounds let through, and what a failure says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conformance.case import Case, DType, Literal, Operation
from conformance.data import Array, Operands, make_operands
from conformance.judgement import Accuracy, Verdict, expect, judge
from conformance.judgement.bound import elementwise, totals


def make_case(**changes: object) -> Case:
    """Return a case of a 2×2 window that sums a 3×3 image of ones."""
    case = Case(
        id="x",
        operation=Operation.CONV2D,
        input=(1, 3, 3, 1),
        filters=(2, 2, 1, 1),
        output=(1, 2, 2, 1),
        written={"input": (3, 3), "filters": (2, 2), "output": (2, 2)},
        data={"input": [[1.0] * 3] * 3, "filters": [[1.0] * 2] * 2},
    )
    return replace(case, **changes)  # type: ignore[arg-type]


def verdict(case: Case, answer: Array) -> Verdict:
    return judge(case, expect(case, make_operands(case)), answer)


def filled(value: float, dtype: str = "float32") -> Array:
    return np.full((1, 2, 2, 1), value, dtype)


def test_right_answer_passes_by_the_exact_rule() -> None:
    assert verdict(make_case(), filled(4)) == Verdict(True, "exact")


@pytest.mark.parametrize(("largest", "exact"), [(2**24, True), (2**24 + 1, False)])
def test_equality_is_proved_up_to_the_exact_integers_of_float32(largest: int, exact: bool) -> None:
    case = make_case()
    image = np.zeros(case.input, np.float32)
    image[0, 0, :2, 0] = [2**23, 2**23]
    bias = np.array([largest - 2**24], np.float32)
    expected = expect(case, Operands(image, np.ones(case.filters, np.float32), bias))
    assert expected.magnitude.max() == largest
    assert expected.exact is exact


def test_magnitude_counts_what_cancels() -> None:
    case = make_case(data={"input": [[2.0**24, -(2.0**24), 1]] * 3, "filters": [[1.0] * 2] * 2})
    expected = expect(case, make_operands(case))
    assert expected.value[0, 0, 0, 0] == 0
    assert not expected.exact


@pytest.mark.parametrize(
    ("number", "exact", "proof"),
    [
        (1.0, True, "whole numbers, Σ|input·filters| + |bias| is at most 4 ≤ 2^24: every order of summation gives the"),
        (0.5, True, "multiples of 2^-1, Σ|input·filters| + |bias| is at most 2 ≤ 2^23: every order of summation gives"),
        (2.0**30, True, "multiples of 2^30, Σ|input·filters| + |bias| is at most 4,294,967,296 ≤ 2^54: every order of"),
        (0.1, False, "sums may round, Σ|input·filters| + |bias| is at most 0.4"),
    ],
)
def test_proof_is_made_from_the_data_and_says_so(number: float, exact: bool, proof: str) -> None:
    case = make_case(data={"input": [[number] * 3] * 3, "filters": [[1.0] * 2] * 2})
    expected = expect(case, make_operands(case))
    assert expected.exact is exact
    assert expected.proof.startswith(proof)


def test_one_ulp_fails_where_equality_is_proved() -> None:
    answer = filled(4)
    answer[0, 1, 0, 0] = np.nextafter(np.float32(4), np.float32(5))
    found = verdict(make_case(), answer)
    assert (found.passed, found.rule, found.wrong) == (False, "exact", "1 of 4 elements")
    assert found.worst.startswith("output[0, 1, 0, 0] is 4.00000048, must be 4: off by 4.76837158e-07")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_fail(value: float) -> None:
    assert not verdict(make_case(), filled(value)).passed


def test_shape_is_judged_before_values() -> None:
    found = verdict(make_case(), np.full((1, 2, 2), 4, np.float32))
    assert (found.rule, found.worst) == ("shape", "none compared: the shape is (1×2×2), must be (1×2×2×1)")


def test_dtype_is_judged_before_values() -> None:
    found = verdict(make_case(), filled(4, "float64"))
    assert (found.rule, found.worst) == ("dtype", "none compared: the dtype is float64, must be float32")


def test_literal_is_judged_by_equality() -> None:
    found = verdict(make_case(literal=Literal([[4, 4], [5, 4]])), filled(4))
    assert (found.passed, found.rule, found.wrong) == (False, "exact", "1 of 4 elements")
    assert found.worst.startswith("output[0, 1, 0, 0] is 4, must be 5: off by 1")
    assert found.note == "the reference disagrees with the literal too: check the literal in the catalogue"


@pytest.mark.parametrize(("printed", "passed"), [(0.42, True), (0.41, False), (0.43, False)])
def test_printed_literal_holds_to_half_its_last_decimal(printed: float, passed: bool) -> None:
    data = {"input": [[0.42] * 3] * 3, "filters": [[0.25] * 2] * 2}
    case = make_case(dtype=DType.FLOAT64, data=data, literal=Literal([[printed] * 2], decimals=2, rows=1))
    found = verdict(case, filled(0.42, "float64"))
    assert (found.passed, found.rule) == (passed, "bound, printed" if passed else "printed")


def test_bound_is_twice_the_terms_in_units_of_the_magnitude() -> None:
    value, magnitude = np.zeros(3), np.array([0.0, 1.0, 2.0**-149])
    assert elementwise(value, magnitude, 9, DType.FLOAT32).tolist() == [0.0, 18 * 2.0**-24, 18 * 2.0**-126]


def test_bound_of_a_narrow_dtype_adds_its_own_rounding() -> None:
    (limit,) = elementwise(np.array([4.0]), np.array([4.0]), 1, DType.BFLOAT16)
    assert limit == 8 * 2.0**-24 + 3 * 2.0**-8 * (4 + 8 * 2.0**-24)


def test_real_data_pass_in_any_order_and_fail_one_percent_off() -> None:
    random = np.random.default_rng(5)
    image, filters = random.normal(size=(1, 9, 9, 64)), random.normal(size=(3, 3, 64, 8))
    case = make_case(input=image.shape, filters=filters.shape, output=(1, 7, 7, 8), dtype=DType.FLOAT32)
    operands = Operands(image.astype(np.float32), filters.astype(np.float32), None)
    expected = expect(case, operands)
    forwards, backwards = np.zeros(case.output, np.float32), np.zeros(case.output, np.float32)
    taps = [(r, s, c) for r in range(3) for s in range(3) for c in range(64)]
    for total, order in ((forwards, taps), (backwards, taps[::-1])):
        for r, s, c in order:
            total += operands.input[:, r : r + 7, s : s + 7, c, None] * operands.filters[r, s, c]
        found = judge(case, expected, total)
        assert (found.passed, found.rule) == (True, "bound")
        assert found.reached is not None
        assert found.reached.accuracy is Accuracy.EXACT_ORDER
        assert 0 < found.reached.margin == found.reached.demanded < 0.1
    forwards[0, 3, 4, 5] *= np.float32(1.01)
    assert judge(case, expected, forwards).rule == "bound"
    assert not judge(case, expected, forwards).passed


def test_errors_that_lean_to_one_side_break_the_total() -> None:
    value, magnitude = np.zeros(10_000), np.ones(10_000)
    error = np.full(10_000, 0.1 * 2.0**-24)
    assert np.all(error < elementwise(value, magnitude, 9, DType.FLOAT32))
    squares, lean = totals(error, value, magnitude, 9, DType.FLOAT32)
    assert max(squares.ratio, lean.ratio) <= 1
    squares, lean = totals(15 * error, value, magnitude, 9, DType.FLOAT32)
    assert squares.ratio <= 1
    assert lean.ratio == pytest.approx(15_000 / 1200)
    assert lean.words.startswith("|Σe| ≤ √(16·9·10000) = 1200, but is 1.5e")
    assert len(totals(15 * error, magnitude, magnitude, 9, DType.FLOAT32)) == 1
    squares, _ = totals(40 * error, value, magnitude, 9, DType.FLOAT32)
    assert squares.ratio == pytest.approx((1.6e5 / 1.44e5) ** 0.5)
    assert squares.words.startswith("Σe² ≤ 1.6·9·10000 = 1.44e+05, but is 1.6e")


@pytest.mark.parametrize("changes", [{"data": {"input": [[0] * 3] * 3, "filters": [[1] * 2] * 2}}, {}], ids=str)
def test_proof_of_zeros_is_worded(changes: dict[str, object]) -> None:
    """Σ|x·w| of 0, by zeros or by no channels at all, has no quantum to take the logarithm of."""
    written = {"input": (3, 3, 0), "filters": (2, 2, 0, 1), "output": (2, 2, 1)}
    no_channels = {"input": (1, 3, 3, 0), "filters": (2, 2, 0, 1), "written": written}
    case = make_case(**(changes or no_channels | {"data": {"input": "arange", "filters": "arange"}}))
    expected = expect(case, make_operands(case))
    assert (expected.exact, expected.proof) == (True, "every product is 0, and so is every sum")
    assert judge(case, expected, filled(0)) == Verdict(True, "exact")


def test_integers_are_always_judged_by_equality() -> None:
    """Partial sums beyond int32 wrap, and wrap back: no rounding excuses an answer that is off by one."""
    large = [2_000_000_000, -2_000_000_000, 1]
    data = {"input": [large, [5, -7, 3], large], "filters": [[1, 1], [1, 1]]}
    case = make_case(dtype=DType.INT32, data=data)
    expected = expect(case, make_operands(case))
    right = expected.value.astype(np.int32)
    assert expected.exact
    assert judge(case, expected, right).passed
    assert not judge(case, expected, right + 1).passed
