"""Memory and state: right numbers are not enough."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conformance.case import Case, Memory, Outcome
from conformance.catalogue import load_catalogue
from conformance.implementations import load_implementation
from conformance.runner import Result, attempt
from conformance.trial import _Kept

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


def result(name: str, case: Case = CASE, rounds: int = 1) -> Result:
    return attempt(case, load_implementation(f"forgetful:{name}"), rounds=rounds).result


def memory(kind: Memory) -> Case:
    return replace(CASE, memory=kind)


def test_right_one_passes() -> None:
    assert result("right").outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("name", "rule", "mistake"),
    [
        ("changes_input", "memory", "changes 1 of 49 elements of input, [0, 0, 1, 0] first, from 1.0 to 7.0"),
        ("writes_past_filters", "memory", "writes 2 elements past the end of filters"),
        ("writes_before_input", "memory", "writes 1 elements before the start of input"),
        ("writes_nan_past_input", "memory", "writes 1 elements past the end of input"),
        ("writes_old_guard", "memory", "writes 1 elements past the end of input"),
        ("reshapes_input", "memory", "changes the shape, strides, dtype or flags of input in place"),
        ("changes_kept_input", "memory", "changes 48 of 49 elements of input, [0, 0, 1, 0] first, from -1.0 to 0.0"),
        (
            "own_buffer_late",
            "state",
            "returns buffers of its own, and returns one again while its earlier contents may be in use",
        ),
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
    assert "in a second call, with other data of the same shapes" in found.detail


def test_result_in_the_memory_of_an_operand_fails() -> None:
    found = result("returns_input", IDENTITY)
    assert (found.outcome, found.rule) == (Outcome.FAILED, "memory")
    assert found.diagnosis == ("returns the memory of input instead of memory of its own",)


def test_filters_kept_by_address_fail_in_the_second_call() -> None:
    found = result("keeps_by_address")
    assert (found.outcome, found.rule) == (Outcome.FAILED, "exact")
    assert "in a second call, with other data of the same shapes" in found.detail


def test_results_are_compared_by_bits() -> None:
    zeros = replace(IDENTITY, data={"input": "arange", "filters": [[0]]})
    found = result("clears_signs_later", zeros)
    assert (found.outcome, found.rule) == (Outcome.FAILED, "state")
    assert "49 of 49 elements of the result of call 1" in found.detail


def test_a_result_of_nan_that_stays_is_unchanged() -> None:
    array = np.full((2, 3), np.nan)
    assert _Kept(1, array, array.copy()).change() == ""


def test_writing_into_gaps_fails() -> None:
    found = result("writes_between", memory(Memory.EVERY_SECOND))
    assert found.diagnosis == ("writes 1 elements between those of input",)


def test_writing_to_a_read_only_operand_is_an_error() -> None:
    assert result("writes_in_place").outcome is Outcome.PASSED
    found = result("writes_in_place", memory(Memory.READ_ONLY))
    assert found.outcome is Outcome.ERROR
    assert "read-only" in found.detail


def test_refusing_what_was_done_before_is_an_error() -> None:
    found = result("refuses_later")
    assert found.outcome is Outcome.ERROR
    assert "refuses what it did before, in a second call" in found.detail
    assert "busy" in found.detail


def test_a_fault_of_the_fifth_call_shows_in_the_second_round() -> None:
    assert result("wrong_fifth").outcome is Outcome.PASSED
    other = replace(CASE, dilations=(1, 1), strides=(4, 4), output=(1, 2, 2, 1), literal=None)
    found = result("wrong_fifth", other, rounds=2)
    assert (found.outcome, found.rule) == (Outcome.FAILED, "exact")
    assert "in call 5, with the first data again" in found.detail
    assert "conformance show stride -i forgetful:wrong_fifth --repeat 2" in found.detail


@pytest.mark.parametrize("kind", Memory)
def test_right_one_passes_in_every_kind_of_memory(kind: Memory) -> None:
    assert result(
        "right", memory(kind) if kind is not Memory.BROADCAST else replace(IDENTITY, memory=kind)
    ).outcome is (Outcome.PASSED)
