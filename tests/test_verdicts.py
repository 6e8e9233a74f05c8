"""Verdicts in full, word by word, on numbers that were worked out by hand.

A 3×3 image 0.1, 0.2, … 0.9 under a 2×2 window of ones: sums 1.2, 1.6, 2.4, 2.8 of 4 products, u = 2^-24. The third is
made wrong by 0.01. Its bounds: 2·4·u·2.4 = 1.144e-6 in exact order; (2v + v²)·2.4 more for operands rounded to v. The
norm of the image is √2.85 and that of the window 2, so that the fast algorithms' bound is
√(1.6·(33 + 4/9))·u·44.2·2·√2.85 = 6.507e-5.
"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from test_judgement import make_case

from conformance.case import Case, DType, Literal, Operation
from conformance.data import Operands, make_operands
from conformance.errors import CatalogueError
from conformance.judgement import Accuracy, Verdict, expect, judge

BATCH = "NaN or Inf from an operand spread to another batch item"

IMAGE = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]]
CASE = make_case(
    data={"input": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]], "filters": [[1.0, 1.0], [1.0, 1.0]]}
)
WHOLE = make_case()
U = 2.0**-24

LIMIT = "|error| ≤ 2·4·u·Σ|input·filters|, u = 5.96e-08"
WORST = "output[0, 1, 0, 0] is 2.41000009, must be 2.4000001: off by 0.00999999046"
REACHED = "bfloat16 is reached, at 0.53 of its bound"


def wrong_by(error: float, demand: Accuracy = Accuracy.EXACT_ORDER) -> Verdict:
    expected = expect(CASE, make_operands(CASE))
    answer = expected.value.astype(np.float32)
    answer[0, 1, 0, 0] += error
    return judge(CASE, expected, answer, demand)


@pytest.mark.parametrize(
    ("demand", "limit", "worst", "wrong"),
    [
        (
            Accuracy.EXACT_ORDER,
            f"{LIMIT}; exact-order is demanded, and missed by a factor of 1.38e+04; {REACHED}",
            f"{WORST}, 8.74e+03 times the limit",
            "1 of 4 elements",
        ),
        (
            Accuracy.FAST_ALGORITHM,
            "the 2-norm of the errors of each image and channel; fast-algorithm is demanded, and missed by a factor of "
            f"154; {REACHED}",
            f"{WORST}, 8.74e+03 times the limit",
            "all 4 together",
        ),
        (
            Accuracy.TF32,
            f"{LIMIT}, and the error of operands rounded to tf32; tf32 is demanded, and missed by a factor of 4.26; "
            f"{REACHED}",
            f"{WORST}, 4.26 times the limit",
            "1 of 4 elements",
        ),
    ],
)
def test_verdict_of_real_numbers(demand: Accuracy, limit: str, worst: str, wrong: str) -> None:
    verdict = wrong_by(0.01, demand)
    assert verdict == Verdict(False, "bound", limit, worst, wrong, reached=verdict.reached)
    assert verdict.reached is not None
    assert verdict.reached.accuracy is Accuracy.BFLOAT16
    bfloat16 = (2 * 2.0**-8 + 2.0**-16) * 2.4 + 8 * U * 2.4
    assert verdict.reached.margin == pytest.approx(0.00999999046 / bfloat16, rel=1e-6)


def test_margin_of_the_fast_algorithms_is_that_of_the_norms() -> None:
    reached = wrong_by(0.01, Accuracy.FAST_ALGORITHM).reached
    assert reached is not None
    limit = sqrt(1.6 * (33 + 4 / 9)) * U * 44.2 * 2 * sqrt(2.85)
    assert reached.demanded == pytest.approx(0.00999999046 / limit, rel=1e-6)


def test_verdict_of_all_elements_together() -> None:
    """An error of e = 6.67 rounding units: its square is beyond what four elements may have together, 1.6·4·4."""
    verdict = wrong_by(1e-6)
    words = "Σe² ≤ 1.6·4·4 = 25.6, but is 44.44; e = error / (u·Σ|input·filters|)"
    assert verdict == Verdict(
        False,
        "bound",
        f"{words}; exact-order is demanded, and missed by a factor of 1.32; "
        "fast-algorithm is reached, at 0.015 of its bound",
        "output[0, 1, 0, 0] is 2.40000105, must be 2.4000001: off by 9.53674316e-07, 0.833 times the limit",
        "all 4 together",
        reached=verdict.reached,
    )


@pytest.mark.parametrize(
    ("demand", "more"),
    [
        (Accuracy.EXACT_ORDER, ""),
        (
            Accuracy.TF32,
            ", or the bound of tf32; tf32 is demanded, and missed by a factor of 128; no class is reached",
        ),
        (
            Accuracy.FLOAT16,
            ", or the bound of float16; float16 is demanded, and missed by a factor of 15.7; no class is reached",
        ),
    ],
)
@pytest.mark.parametrize(
    ("value", "worst"),
    [
        (4.5, "is 4.5, must be 4: off by 0.5, where no error is allowed"),
        (np.nan, "is nan, must be 4: no error can be measured"),
    ],
)
def test_verdict_of_whole_numbers(demand: Accuracy, more: str, value: float, worst: str) -> None:
    if np.isnan(value):
        more = more.replace("128", "inf").replace("15.7", "inf")
    answer = np.full(WHOLE.output, 4, np.float32)
    answer[0, 1, 0, 0] = value
    verdict = judge(WHOLE, expect(WHOLE, make_operands(WHOLE)), answer, demand)
    proof = "whole numbers, Σ|input·filters| + |bias| is at most 4 ≤ 2^24: every order of summation gives the same bits"
    words = (f"equality; {proof}{more}", f"output[0, 1, 0, 0] {worst}", "1 of 4 elements")
    assert verdict == Verdict(False, "exact", *words, reached=verdict.reached)
    assert (verdict.reached is None) is (demand is Accuracy.EXACT_ORDER)


@pytest.mark.parametrize(
    ("literal", "rule", "words"),
    [
        (Literal([[4, 4], [4, 5]]), "exact", "equality with the literal in the catalogue"),
        (
            Literal([[4.0, 4.0], [4.0, 4.06]], decimals=1),
            "printed",
            "the printed value to half a unit of decimal 1, plus the bound",
        ),
    ],
)
def test_verdict_of_a_wrong_literal_blames_the_literal(literal: Literal, rule: str, words: str) -> None:
    case = make_case(literal=literal)
    verdict = judge(case, expect(case, make_operands(case)), np.full(case.output, 4, np.float32))
    assert (verdict.passed, verdict.rule, verdict.limit, verdict.wrong) == (False, rule, words, "1 of 4 elements")
    assert verdict.note == "the reference disagrees with the literal too: check the literal in the catalogue"


def test_literal_of_rows_is_compared_with_these_rows() -> None:
    case = make_case(literal=Literal([[4, 4]], decimals=0, rows=1))
    expected = expect(case, make_operands(case))
    assert judge(case, expected, np.full(case.output, 4, np.float32)) == Verdict(True, "exact, printed")


def test_sums_beyond_int32_are_the_catalogues_fault() -> None:
    data = {"input": [[2_000_000_000] * 3] * 3, "filters": [[1, 1], [1, 1]]}
    case = make_case(dtype=DType.INT32, data=data, catalogue="mine.yaml")
    with pytest.raises(CatalogueError) as caught:
        expect(case, make_operands(case))
    (fault,) = caught.value.faults
    assert (fault.file, fault.line, fault.case) == (Path("mine.yaml"), 0, "x")
    assert fault.text.startswith("its sums leave int32: conv2d: dtype must be an integer dtype that holds 8000000000")


def test_bias_must_fit_the_dtype_itself() -> None:
    """Sums of 3,000 are whole in float32, where float16 is summed; a bias may be added after their rounding."""
    data = {"input": [[750] * 3] * 3, "filters": [[1, 1], [1, 1]]}
    plain = make_case(dtype=DType.FLOAT16, data=data)
    biased = make_case(dtype=DType.FLOAT16, data=data, bias=(-5.0,))
    found = expect(biased, make_operands(biased))
    assert (expect(plain, make_operands(plain)).exact, found.exact) == (True, False)
    assert np.all(found.largest == 2996 + 5)  # 2995 rounds to even
    assert found.value.dtype == np.float64


def special_verdict(case: Case, operands: Operands, **changes: float) -> Verdict:
    """Return the verdict of the right answer, but for the changes: `p1_2` is the second row's third column."""
    expected = expect(case, operands)
    answer = expected.value.astype(np.float32)
    for place, value in changes.items():
        answer[tuple(int(number) for number in place[1:].split("_"))] = value
    return judge(case, expected, answer)


SPREAD = "NaN and Inf reach every output whose window holds them, and no other"


@pytest.mark.parametrize(
    ("place", "value", "worst"),
    [
        (
            "p1_0_0",
            np.nan,
            "output[1, 0, 0] is nan, must be 3: NaN or Inf from an operand spread to another batch item",
        ),
        ("p0_1_1", np.inf, "output[0, 1, 1] is inf, must be 3: NaN or Inf from an operand spread to another position"),
        ("p0_0_0", 3.0, "output[0, 0, 0] is 3, must be nan: it does not propagate as it must"),
    ],
)
def test_special_verdict_in_one_dimension(place: str, value: float, worst: str) -> None:
    case = Case("x", Operation.CONV1D, (2, 3, 1), (2, 1, 2), (2, 2, 2), {}, strides=(1,), dilations=(1,))
    image = np.array([[np.nan, 1, 2], [1, 2, 1]], np.float32)[..., None]
    operands = Operands(image, np.ones((2, 1, 2), np.float32), None)
    assert special_verdict(case, operands, **{place: value}) == Verdict(
        False, "special", SPREAD, worst, "1 of 8 elements"
    )


def test_infinite_depthwise_filter_on_padding_accepts_both() -> None:
    """The tap before the image meets padding at the first position only: a skipped zero, or Inf·0."""
    case = Case(
        "x",
        Operation.DEPTHWISE_CONV2D,
        (1, 1, 3, 2),
        (1, 2, 2, 1),
        (1, 1, 3, 2),
        {},
        padding=((0, 0), (1, 0)),
    )
    filters = np.array([np.inf, 1, 1, 1], np.float32).reshape(1, 2, 2, 1)
    operands = Operands(np.ones((1, 1, 3, 2), np.float32), filters, None)
    assert special_verdict(case, operands).passed
    assert special_verdict(case, operands, p0_0_0_0=np.nan).passed
    assert not special_verdict(case, operands, p0_0_1_0=np.nan).passed
    assert not special_verdict(case, operands, p0_0_0_1=np.nan).passed


def test_margin_of_a_filter_gradient_is_that_of_each_filter() -> None:
    """Image 0.1, 0.2, 0.3; arriving 0.1, 0.2 and 0.3, 0.4: gradients 0.05, 0.08 and 0.11, 0.18 of two products."""
    shapes = (1, 3, 1), (2, 1, 2), (2, 1, 2)
    case = Case("x", Operation.CONV1D_BACKPROP_FILTER, *shapes, {}, (1, 2, 2), strides=(1,), dilations=(1,))
    image = np.array([0.1, 0.2, 0.3], np.float32).reshape(1, 3, 1)
    arriving = np.array([[0.1, 0.3], [0.2, 0.4]], np.float32).reshape(1, 2, 2)
    expected = expect(case, Operands(image, np.zeros((2, 1, 2), np.float32), None, arriving))
    answer = expected.value.astype(np.float32)
    answer[0, 0, 1] += 0.001
    reached = judge(case, expected, answer, Accuracy.FAST_ALGORITHM).reached
    assert reached is not None
    limit = sqrt(1.6 * (33 + 2 / 9)) * U * 44.2 * sqrt(0.11**2 + 0.18**2)
    assert reached.demanded == pytest.approx(0.001 / limit, rel=1e-4)
    assert expected.proof.startswith("sums may round, Σ|input·out_backprop| is at most 0.18")


@pytest.mark.parametrize(
    ("literal", "verdict"),
    [
        (Literal([[1.2, 1.6], [2.4, 2.8]]), Verdict(True, "bound")),
        (Literal([[1.25, 1.6], [2.4, 2.75]], decimals=1), Verdict(True, "bound, printed")),
        (
            Literal([[1.2, 1.6], [2.4, 2.9]]),
            Verdict(
                False,
                "bound",
                "the literal in the catalogue, to the bound",
                "output[0, 1, 1, 0] is 2.79999995, must be 2.9: off by 0.100000048, 7.49e+04 times the limit",
                "1 of 4 elements",
                "the reference disagrees with the literal too: check the literal in the catalogue",
            ),
        ),
    ],
    ids=["right", "printed", "wrong"],
)
def test_literal_of_real_numbers_is_compared_to_the_bound(literal: Literal, verdict: Verdict) -> None:
    case = replace(CASE, literal=literal)
    expected = expect(case, make_operands(case))
    found = judge(case, expected, expected.value.astype(np.float32))
    assert replace(found, reached=None) == verdict


def test_norms_count_what_is_there() -> None:
    small = replace(CASE, data={"input": IMAGE, "filters": [[0.5, 0.25], [0.25, 0.25]]})
    norms = expect(small, make_operands(small)).norms
    assert (norms.peaks, norms.finite) == (float(np.float32(0.9)) + 0.5, True)
    operands = replace(make_operands(WHOLE), bias=np.array([np.inf], np.float32))
    assert not expect(replace(WHOLE, bias=(1.0,)), operands).norms.finite
