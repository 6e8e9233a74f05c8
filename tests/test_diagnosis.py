"""The diagnosis of a run: the mistake that all failures point to comes first, with numbers that are true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from mistakes import (
    CASES,
    FLIPPED,
    KIT,
    NO_BIAS,
    STALE,
    SWAPPED,
    UNDILATED,
    case,
    diagnosed,
    flipped_and_swapped,
    implementation,
    right,
)

from conformance.case import Outcome
from conformance.data import Array
from conformance.defects import Call, Defect
from conformance.diagnosis import Diagnosis, Gathering, diagnose_run
from conformance.implementations import Implementation
from conformance.isolation import Asking, InProcess
from conformance.runner import attempt


def labelled(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    return [(finding.label, finding.mistake) for finding in diagnosis.findings if finding.label]


def subject(defect: Defect) -> Implementation:
    return Implementation("unknown", "", dict(defect.functions()))


@pytest.mark.parametrize("defect", KIT, ids=[defect.name for defect in KIT])
def test_every_mistake_of_the_kit_comes_first(defect: Defect) -> None:
    found = diagnosed(subject(defect))
    assert found.findings[0].mistake == defect.mistake
    assert found.findings[0].label == "most likely"


def test_evidence_counts_failing_and_passing_cases() -> None:
    found = diagnosed(subject(KIT[1]))
    assert found.findings[0].cases == ("unequal", "both")
    assert found.findings[0].evidence == (
        "equals the reference with this mistake on 2 of 2 failing cases, and agrees on the 6 others, where it does no "
        "harm"
    )


def test_right_one_is_not_diagnosed() -> None:
    assert diagnosed(implementation(right)) == Diagnosis()


def test_no_seconds_switch_it_off() -> None:
    assert diagnosed(subject(KIT[0]), seconds=0) == Diagnosis()


def test_mistake_that_passing_cases_speak_against_is_left_out_where_another_is_clear() -> None:
    """With strides ignored the only failing case gives the same numbers, but another case would fail too."""
    one = replace(KIT[1], name="one", mistake="ignores unequal strides", asked=_unequal_ignored)
    found = diagnosed(subject(one), kit=(KIT[2], one))
    assert [finding.mistake for finding in found.findings] == ["ignores unequal strides"]
    found = diagnosed(subject(one), kit=(KIT[2],))
    assert labelled(found) == [("perhaps", KIT[2].mistake)]
    assert found.findings[0].evidence == (
        "equals the reference with this mistake on 2 of 2 failing cases, but would be wrong on strided, which passes"
    )


def _unequal_ignored(call: Call) -> Call:
    return replace(call, strides=(1, 1)) if len(set(call.strides)) > 1 else call


def test_different_failures_have_mistakes_of_their_own() -> None:
    def wrong(x: Array, w: Array, bias: Array | None, strides: list[int], padding: object, dilations: object) -> Array:
        return right(x, w, [1, strides[2], strides[1], 1], padding, dilations)

    found = diagnosed(implementation(wrong))
    assert labelled(found) == [("most likely", SWAPPED), ("and", NO_BIAS)]
    assert [finding.cases for finding in found.findings] == [("unequal", "both"), ("biased",)]
    assert "on 2 of 3 failing cases" in found.findings[0].evidence


def test_two_mistakes_at_once_are_one_explanation() -> None:
    found = diagnosed(implementation(flipped_and_swapped), seconds=120)
    first = found.findings[0]
    assert set(first.mistake.split(", and it ")) == {FLIPPED, SWAPPED}
    assert first.evidence == (
        "equals the reference with these mistakes on 5 of 5 failing cases, and agrees on the 3 others, where it does "
        "no harm"
    )


def test_sentences_of_a_case_are_those_of_the_run_first() -> None:
    found = diagnosed(subject(KIT[1]))
    result = found.results["both"]
    assert result.diagnosis[0] == SWAPPED
    assert f"\nlikely: it {SWAPPED}" in result.detail
    assert result.detail.splitlines()[-1].startswith("again:")


def test_unexplained_failure_says_so() -> None:
    found = diagnosed(implementation(lambda x, w, strides, padding: right(x, w, strides, padding, 1) + 1))
    assert found.findings == ()
    assert {result.diagnosis for result in found.results.values()} == {()}
    assert "likely: none of the known mistakes gives these numbers" in found.results["plain"].detail


def test_shape_alone_is_a_guess() -> None:
    def noisy(x: Array, w: Array, strides: object, padding: object) -> Array:
        output = right(x, w, 1, padding, 1)
        return np.asarray(output + np.arange(output.size, dtype=output.dtype).reshape(output.shape))

    found = diagnosed(implementation(noisy), [CASES[1]])
    assert labelled(found) == [("perhaps", "returns the shape that comes when it ignores the strides")]
    assert found.findings[0].evidence == "the shape is the same on the only failing case, and the values are not"


def test_what_a_failure_tells_itself_counts() -> None:
    def writing(x: Array, w: Array, strides: object, padding: object, dilations: object) -> Array:
        output = right(x, w, strides, padding, dilations)
        x[...] = 7
        return output

    found = diagnosed(implementation(writing))
    assert labelled(found) == [("most likely", "changes elements of input")]
    assert found.findings[0].evidence == "told by 8 of 8 failing cases"
    assert found.results["plain"].diagnosis[0].startswith("changes 198 of 210 elements of input, [0, 0, 0, 0]")


def test_errors_are_failures_without_an_answer() -> None:
    def raising(x: Array, w: Array, strides: list[int], padding: object, dilations: list[int]) -> Array:
        if strides[1] != strides[2]:
            raise RuntimeError("no kernel")
        return right(x, w[::-1, ::-1], strides, padding, dilations)

    found = diagnosed(implementation(raising))
    assert labelled(found) == [("most likely", FLIPPED)]
    assert found.findings[0].cases == ("filtered", "dilated", "dilated-same")
    assert "on 3 of the 3 that were compared, of 5 failing cases" in found.findings[0].evidence


def test_state_between_cases_is_found_by_going_through_the_run() -> None:
    """The second case of a shape fails by what was kept from the first, which no call of its own can show."""
    cases = [case("first", (1, 3, 4, 2), (1, 1, 2, 3)), case("second", (1, 3, 4, 2), (1, 1, 2, 3))]
    found = diagnosed(subject(KIT[-1]), cases)
    assert labelled(found)[0] == ("most likely", STALE)
    assert set(found.findings[0].cases) == {"first", "second"}


def test_wrong_literal_is_nobodys_mistake() -> None:
    built = case("literal", (1, 1, 2, 1), (1, 1, 1, 1), output=[1, 1, 2, 1], expect=[[[[1], [2]]]])
    found = diagnosed(implementation(right), [built])
    assert found.findings == ()
    gathering = Gathering()
    tried = attempt(built, implementation(right), search=False)
    gathering.add(tried)
    assert tried.result.outcome is Outcome.FAILED
    assert "check the literal in the catalogue" in tried.result.detail
    assert diagnose_run(gathering, InProcess(implementation(right), Asking()), kit=KIT).results == {}


def test_same_run_gives_the_same_diagnosis() -> None:
    first, second = (diagnosed(subject(KIT[3])) for _ in range(2))
    assert first.findings == second.findings
    assert (first.common, first.minimal) == (second.common, second.minimal)
    assert first.findings[0].mistake == UNDILATED


def test_mistake_under_a_condition_is_named_where_it_fits_every_failure() -> None:
    """It would be wrong on cases that pass, in which the condition does not hold; what they lack is told beside it."""

    def flipped_if_dilated(x: Array, w: Array, strides: Any, padding: Any, dilations: Any) -> Array:
        return right(x, w[::-1, ::-1] if max(dilations) > 1 else w, strides, padding, dilations)

    more = case("dilated-wide", (2, 9, 12, 2), (3, 3, 2, 4), dilations=(2, 2))
    found = diagnosed(implementation(flipped_if_dilated), [*CASES, more])
    assert labelled(found) == [("most likely", f"{FLIPPED}, though not in every case")]
    assert "would be wrong on both, which passes" in found.findings[0].evidence
    assert found.common == ("all 3 failing cases, and none of the 6 passing ones, have a dilation > 1",)
    fewer = diagnosed(implementation(flipped_if_dilated))
    assert labelled(fewer) == [("perhaps", FLIPPED)]
