"""int8 operands, summed in int32: who offers that, who does not, and which mistakes show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import make_case

from conformance.case import Case, Outcome
from conformance.catalogue import load_catalogue
from conformance.data import Array, make_operands
from conformance.implementations import Implementation
from conformance.judgement import expect
from conformance.runner import Result, attempt
from reference import windows

INT8 = [case for case in load_catalogue() if case.dtype == "int8"]
CASES = [case for case in INT8 if case.operation == "conv2d" and not case.channels_first]
BIASED = make_case(dtype="int8", bias="wide", data={"input": "saturating", "filters": "saturating"})


def widened(x: Array, w: Array, strides: Any, padding: Any, dilations: Any = 1) -> Array:
    """Right: every product in int32."""
    return windows.conv2d(x.astype(np.int32), w.astype(np.int32), strides, padding, dilations=dilations)


def narrow(x: Array, w: Array, strides: Any, padding: Any, dilations: Any = 1) -> Array:
    """Keep int8, as NumPy does."""
    return windows.conv2d(x, w, strides, padding, dilations=dilations)


def wrapped(x: Array, w: Array, strides: Any, padding: Any, dilations: Any = 1) -> Array:
    """Wrong: sums in int8, handed back as int32."""
    return narrow(x, w, strides, padding, dilations).astype(np.int32)


def saturated_pairs(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    """Wrong: products of -128·-128 in int16, beyond 2^15 - 1 after two."""
    limit = np.iinfo(np.int16).max
    total: Any = 0
    for c in range(0, x.shape[-1], 2):
        for r, s in np.ndindex(*w.shape[:2]):
            tap = np.zeros_like(w[:, :, c : c + 2], np.int32)
            tap[r, s] = w[r, s, c : c + 2]
            pair = windows.conv2d(x[..., c : c + 2].astype(np.int32), tap, strides, padding)
            total = total + pair.clip(-limit - 1, limit)
    return np.asarray(total)


def judged(function: Any, case: Case) -> Result:
    return attempt(case, Implementation("mine", "", {"conv2d": function})).result


@pytest.mark.parametrize("case", [*CASES, BIASED], ids=lambda case: case.id)
def test_int32_sums_pass(case: Case) -> None:
    result = judged(widened, case)
    assert (result.outcome, result.rule) == (Outcome.PASSED, "exact")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_int8_sums_are_not_offered(case: Case) -> None:
    result = judged(narrow, case)
    assert result.outcome is Outcome.UNSUPPORTED
    assert result.detail == "mine gives int8 for int8, and no sums in int32"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_wrapped_sums_fail(case: Case) -> None:
    assert judged(wrapped, case).outcome is Outcome.FAILED


def test_pairs_saturated_in_int16_fail_where_operands_saturate() -> None:
    plain = [case for case in CASES if "dtype" in case.tags]
    assert {case.id: judged(saturated_pairs, case).outcome for case in plain} == {
        "dtype-int8": Outcome.PASSED,
        "dtype-int8-saturating": Outcome.FAILED,
    }


def test_float32_answers_have_the_wrong_dtype() -> None:
    def floats(x: Array, w: Array, strides: Any, padding: Any) -> Array:
        return widened(x, w, strides, padding).astype(np.float32)

    result = judged(floats, CASES[0])
    assert (result.outcome, result.rule) == (Outcome.FAILED, "dtype")


def test_bias_and_output_are_int32() -> None:
    operands = make_operands(BIASED)
    assert operands.bias is not None
    assert {name: str(part.dtype) for name, part in operands.given.items()} == {
        "input": "int8",
        "filters": "int8",
        "bias": "int32",
    }
    assert np.abs(operands.bias).min() > 2048
    assert expect(BIASED, operands).value.max() > 2**15
    assert BIASED.out_dtype == "int32"


@pytest.mark.parametrize("case", INT8, ids=lambda case: case.id)
def test_tensorflow_offers_no_int8(case: Case, tensorflow: Implementation) -> None:
    result = attempt(case, tensorflow).result
    assert result.outcome is Outcome.UNSUPPORTED
    assert result.detail.endswith("not int8")
