"""Memory and state: right numbers are not enough."""

from __future__ import annotations

from dataclasses import replace

import forgetful
import numpy as np
import pytest

from conformance.case import Case, Outcome
from conformance.catalogue import load_catalogue
from conformance.data import Operands, make_operands
from conformance.handover import ALIGNMENT, GUARD, Handover
from conformance.implementations import load_implementation
from conformance.runner import Result, attempt
from conformance.trial import other_data

CASE = next(case for case in load_catalogue() if case.id == "stride")

IDENTITY = replace(
    CASE,
    id="identity",
    filters=(1, 1, 1, 1),
    output=CASE.input,
    strides=(1, 1),
    written={"input": (7, 7), "filters": (1, 1), "output": (7, 7)},
    data={"input": "arange", "filters": [[1]]},
    literal=None,
)


def result(name: str, case: Case = CASE) -> Result:
    return attempt(case, load_implementation(f"forgetful:{name}")).result


def test_right_one_passes() -> None:
    assert result("right").outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("name", "rule", "mistake"),
    [
        ("changes_input", "memory", "changes 1 of 49 elements of input, [0, 0, 1, 0] first, from 1.0 to 7.0"),
        ("writes_past_filters", "memory", "writes 2 elements past the end of filters"),
        ("writes_before_input", "memory", "writes 1 elements before the start of input"),
        ("own_buffer", "state", "returns a buffer of its own and overwrites it in the next call"),
        (
            "stale",
            "exact",
            "gives the first call's result again: it keeps results by shape and does not look at the data",
        ),
        (
            "accumulates",
            "exact",
            "gives another result for the same data: it is not deterministic, or adds to what an earlier call left",
        ),
    ],
)
def test_bad_manners_fail_by_their_rule(name: str, rule: str, mistake: str) -> None:
    found = result(name)
    assert (found.outcome, found.rule, found.diagnosis) == (Outcome.FAILED, rule, (mistake,))


def test_reading_past_the_end_shows_in_the_result() -> None:
    found = result("reads_past_input")
    assert (found.outcome, found.rule) == (Outcome.FAILED, "exact")
    assert "is nan, must be" in found.detail


def test_stale_filters_fail_in_the_second_call() -> None:
    found = result("stale_filters")
    assert found.outcome is Outcome.FAILED
    assert "in a second call, with other data of the same shapes" in found.detail


def test_right_only_once_is_an_error() -> None:
    found = result("once")
    assert found.outcome is Outcome.ERROR
    assert "RuntimeError: the handle is closed" in found.detail


def test_result_in_the_memory_of_an_operand_fails() -> None:
    found = result("returns_input", IDENTITY)
    assert (found.outcome, found.rule) == (Outcome.FAILED, "memory")
    assert found.diagnosis == ("returns the memory of input instead of memory of its own",)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int8"])
def test_guards_surround_operands_of_every_dtype(dtype: str) -> None:
    operands = Operands(np.ones((1, 2, 3, 1), dtype), np.ones((2, 2, 1, 1), dtype), np.ones(1, dtype))
    handover = Handover(operands)
    given = handover.operands
    assert handover.damage() == ""
    for part, original in (
        (given.input, operands.input),
        (given.filters, operands.filters),
        (given.bias, operands.bias),
    ):
        assert part is not None
        assert original is not None
        assert np.array_equal(part, original)
        assert part.ctypes.data % ALIGNMENT == 0
        around = np.lib.stride_tricks.as_strided(part.ravel(), (part.size + GUARD,))[part.size :]
        assert not np.any(around == 1)
    assert handover.shared(given.filters[0]) == "filters"
    assert handover.shared(operands.filters) == ""


def test_other_data_are_the_same_numbers_at_other_places() -> None:
    operands = make_operands(CASE)
    others = other_data(operands)
    assert np.array_equal(np.sort(operands.input.ravel()), np.sort(others.input.ravel()))
    assert not np.array_equal(operands.input, others.input)
    assert forgetful.right.__doc__
