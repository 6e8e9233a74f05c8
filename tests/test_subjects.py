"""What becomes of implementations, right and wrong, that only a test would write."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
import pytest
import subjects

from conformance.case import Case, DType, Operation, Outcome
from conformance.catalogue import load_catalogue
from conformance.implementations import load_implementation
from conformance.runner import Result, attempt

CASES = {
    case.id: case
    for case in load_catalogue()
    if case.operation is Operation.CONV2D
    if case.dtype is not DType.INT8 and not case.channels_first and not case.refuses  # which have tests of their own
}


def results(name: str) -> dict[str, Result]:
    implementation = load_implementation(f"subjects:{name}")
    return {case.id: attempt(case, implementation).result for case in CASES.values()}


def outcomes(name: str, outcome: Outcome) -> set[str]:
    return {case for case, result in results(name).items() if result.outcome is outcome}


def dilated(case: Case) -> bool:
    return case.dilations != (1, 1)


def place(function: Callable[..., object]) -> str:
    """Return file and line of the statement after a function's docstring."""
    return f"{subjects.__file__}:{inspect.getsourcelines(function)[1] + 2}"


def facts(result: Result) -> dict[str, str]:
    """Return the facts of a failure by name."""
    return {line.split(":")[0]: line.split(":", 1)[1].strip() for line in result.detail.splitlines()}


@pytest.mark.parametrize("name", ["conv2d", "keywords_only"])
def test_right_one_passes_everything(name: str) -> None:
    assert outcomes(name, Outcome.PASSED) == set(CASES)


@pytest.mark.parametrize("name", ["plain", "positional", "with_bias", "lazy", "foreign"])
def test_lacking_dilations_is_unsupported_only_where_they_are_not_one(name: str) -> None:
    found = results(name)
    lacking = {case.id for case in CASES.values() if dilated(case)}
    assert {case for case, result in found.items() if result.outcome is Outcome.UNSUPPORTED} == lacking
    assert {result.outcome for result in found.values()} == {Outcome.PASSED, Outcome.UNSUPPORTED}
    assert found["dilations-with-same"].detail == "takes no 'dilations', and the case has dilations=[1, 2, 3, 1]"


def test_own_word_is_unsupported() -> None:
    found = results("not_implemented")
    assert found["padding"].outcome is Outcome.UNSUPPORTED
    assert found["padding"].detail == "only VALID"
    assert found["basic"].outcome is Outcome.PASSED


def test_flipped_filter_fails_with_the_six_facts() -> None:
    result = results("flipped")["basic"]
    assert result.outcome is Outcome.FAILED
    assert facts(result) == {
        "case": "basic, conv2d (4×4) * (3×3) = (2×2), by subjects:flipped",
        "rule": "exact: equality; whole numbers, Σ|input·filters| + |bias| is at most 642 ≤ 2^24: every order of "
        "summation gives the same bits",
        "worst": "output[0, 0, 0, 0] is 438, must be 282: off by 156, where no error is allowed",
        "wrong": "4 of 4 elements",
        "likely": "it flips the filter in both axes: it computes a convolution where a cross-correlation is due",
        "again": "conformance show basic -i subjects:flipped",
    }


@pytest.mark.parametrize(
    ("name", "case", "mistake"),
    [
        ("strides_swapped", "strides-swapped-keep-the-shape", "swaps the vertical and the horizontal stride"),
        ("strides_swapped", "valid-unequal-strides", "swaps the vertical and the horizontal stride"),
        (
            "bias_along_width",
            "rgb-mini-batch-padding-and-stride",
            "adds the bias along the width axis instead of the channels",
        ),
        ("doubled", "basic", "computes in or converts to float64 where the operands are float32; the values are right"),
    ],
)
def test_mistake_is_named(name: str, case: str, mistake: str) -> None:
    result = results(name)[case]
    assert result.outcome is Outcome.FAILED
    assert mistake in result.diagnosis
    assert f"it {mistake}" in facts(result)["likely"]


def test_swapped_strides_pass_where_strides_are_equal() -> None:
    taken = [case for case in CASES.values() if not dilated(case)]
    differing = [case for case in taken if case.strides[0] != case.strides[1]]
    harmed = {case.id for case in differing if 0 not in case.output and case.input[1:-1] != (1, 1)}
    assert outcomes("strides_swapped", Outcome.FAILED) == harmed


def test_float64_fails_every_other_dtype() -> None:
    found = results("doubled")
    wrong = {case for case, result in found.items() if result.rule == "dtype"}
    assert wrong == {case.id for case in CASES.values() if case.dtype != "float64" and not dilated(case)}


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("raising", f"conv2d raised RuntimeError: no kernel for this ({place(subjects.raising)}, in raising)"),
        ("leaving", f"conv2d raised SystemExit: 0 ({place(subjects.leaving)}, in leaving)"),
        ("returns_nothing", "conv2d: returned None; is a return statement missing?"),
        ("returns_text", "conv2d: returned object of dtype object, which is no array of numbers"),
        (
            "wants_groups",
            "conv2d: requires 'groups'; the call gives it input, filters, strides, padding, data_format, dilations and "
            "bias; its signature is (x: 'Array', w: 'Array', strides: 'Sequence[int]', padding: 'Any', groups: 'int') "
            "-> 'Array'",
        ),
        (
            "one_argument",
            "conv2d: must take input and filters as its first two arguments, but its signature is (x: 'Array') -> "
            "'Array'",
        ),
    ],
)
def test_no_answer_is_an_error(name: str, detail: str) -> None:
    result = results(name)["basic"]
    assert (result.outcome, result.detail) == (Outcome.ERROR, detail)


def test_namespace_adds_the_bias_itself() -> None:
    found = results("namespace")
    assert found["channel"].outcome is Outcome.PASSED
    assert facts(found["channel-and-bias"])["worst"].endswith("off by 1, where no error is allowed")


def test_missing_operation_is_unsupported() -> None:
    implementation = load_implementation("subjects")
    implementation.functions.pop("conv2d")
    result = attempt(CASES["basic"], implementation).result
    assert (result.outcome, result.detail) == (Outcome.UNSUPPORTED, "subjects offers no conv2d")


def test_subjects_do_not_touch_the_data_of_the_harness() -> None:
    tried = attempt(CASES["basic"], load_implementation("subjects:scribbling"))
    assert tried.operands is not None
    assert np.array_equal(tried.operands.input.ravel(), np.arange(16))
    assert tried.result.outcome is Outcome.FAILED
