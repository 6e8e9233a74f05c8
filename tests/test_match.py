"""One wrong answer against the known mistakes: the very numbers, else the shape, and no harm to the harness."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from mistakes import CASES, FLIPPED, KIT, NO_BIAS, WIDER, case

from conformance.case import Case, numpy_dtype
from conformance.data import Array, Operands, make_operands
from conformance.defects import RIGHT, Defect
from conformance.judgement import Expected, expect
from conformance.match import Bench, Likeness, diagnose

BY_NAME = {each.name: each for each in KIT}


def found(given: Case, answer: Array, kit: tuple[Defect, ...] = KIT) -> list[str]:
    operands = make_operands(given)
    return diagnose(given, operands, expect(given, operands), answer, kit)


def posed(given: Case) -> tuple[Case, Operands, Expected]:
    operands = make_operands(given)
    return given, operands, expect(given, operands)


def wrong(given: Case, name: str) -> Array:
    return BY_NAME[name].answer(given, make_operands(given))


BIASED, FILTERED = (next(each for each in CASES if each.id == name) for name in ("biased", "filtered"))


def test_same_numbers_are_named() -> None:
    assert found(BIASED, wrong(BIASED, "no-bias")) == [NO_BIAS]
    assert found(FILTERED, wrong(FILTERED, "flipped")) == [FLIPPED]


def test_one_number_off_is_not() -> None:
    answer = wrong(FILTERED, "flipped")
    answer[0, 1, 2, 3] += 1
    assert found(FILTERED, answer) == []


def test_mistake_that_does_no_harm_here_is_not() -> None:
    right = expect(FILTERED, make_operands(FILTERED)).value.astype(np.float32)
    assert found(FILTERED, right) == []


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_real_numbers_agree_within_the_bound(dtype: str) -> None:
    given = case("real", (2, 6, 7, 3), (3, 2, 3, 4), dtype=dtype, data={"input": "normal", "filters": "normal"})
    operands = make_operands(given)
    reversed_order = replace(
        operands, input=operands.input[..., ::-1], filters=np.ascontiguousarray(operands.filters[:, :, ::-1])
    )
    answer = BY_NAME["flipped"].answer(given, reversed_order)
    assert found(given, answer) == [FLIPPED]
    assert found(given, (answer.astype(np.float64) * 1.2).astype(numpy_dtype(given.out_dtype))) == []


def test_wrong_dtype_with_right_values_is_told_of() -> None:
    right = expect(FILTERED, make_operands(FILTERED)).value
    assert found(FILTERED, right) == [
        "computes in or converts to float64 where the operands are float32; the values are right"
    ]
    assert found(FILTERED, wrong(FILTERED, "flipped").astype(np.float64)) == [FLIPPED]


def test_shape_alone_is_told_as_such() -> None:
    answer = np.full(wrong(FILTERED, "wider").shape, 0.5, np.float32)
    assert found(FILTERED, answer) == [f"returns the shape that comes when it {WIDER}"]


def test_answer_of_text_or_no_elements_is_not_compared() -> None:
    assert found(FILTERED, np.array(["x"])) == []
    assert found(FILTERED, np.zeros((0,), np.float32)) == []


def test_defect_that_raises_explains_nothing() -> None:
    def refuse(call: object) -> Array:
        raise ZeroDivisionError

    raising = replace(RIGHT, name="raising", mistake="divides by 0", contract=refuse)
    assert found(FILTERED, wrong(FILTERED, "flipped"), (raising, BY_NAME["flipped"])) == [FLIPPED]


def test_defect_that_writes_into_its_operands_changes_nothing_of_the_harness() -> None:
    def write(output: Array, call: object) -> Array:
        for part in call.raw.values():  # type: ignore[attr-defined]
            part[...] = 7
        return output + 1

    writing = replace(RIGHT, name="writing", mistake="writes", returned=write)
    given, operands, expected = posed(FILTERED)
    before = operands.input.copy(), operands.filters.copy()
    bench = Bench(given, operands, expected)
    assert bench.likeness(writing, wrong(FILTERED, "flipped")) is Likeness.NONE
    assert bench.likeness(BY_NAME["flipped"], wrong(FILTERED, "flipped")) is Likeness.NUMBERS
    np.testing.assert_array_equal(operands.input, before[0])
    np.testing.assert_array_equal(operands.filters, before[1])


def test_infinities_do_not_widen_the_bound() -> None:
    given = case("special", (2, 6, 7, 3), (3, 2, 3, 4), data={"input": "special"})
    _, operands, expected = posed(given)
    answer = np.where(np.isfinite(expected.value), expected.value + 1, expected.value).astype(np.float32)
    assert not Bench(given, operands, expected).agree(answer, expected.value.astype(np.float32))
