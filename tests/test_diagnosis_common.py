"""What failing cases have in common: told with true counts, and only where it tells them from the passing ones."""

from __future__ import annotations

from mistakes import case

from conformance.case import Case
from conformance.catalogue import load_catalogue
from conformance.diagnosis.common import find_common
from conformance.diagnosis.conditions import CONDITIONS


def cases(**others: object) -> list[Case]:
    sizes = [(1, 7, 9, 2), (2, 8, 7, 2), (3, 9, 8, 2)]
    return [case("x", size, (3, 2, 2, place + 3), **others) for place, size in enumerate(sizes)]


def test_one_condition() -> None:
    assert find_common(cases(strides=(2, 2)), cases()) == [
        "all 3 failing cases, and none of the 3 passing ones, have a stride > 1"
    ]


def test_two_conditions() -> None:
    failing = cases(dilations=(2, 2), padding="SAME")
    passing = [*cases(dilations=(2, 2)), *cases(padding="SAME"), *cases()]
    assert find_common(failing, passing) == [
        "all 3 failing cases, and none of the 9 passing ones, have a dilation > 1 and padding SAME"
    ]


def test_exceptions_are_counted() -> None:
    failing = [*cases(bias="integers"), *cases(bias="integers"), cases()[0]]
    passing = [*(cases() * 3), cases(bias="integers")[1]]
    (sentence,) = find_common(failing, passing)[:1]
    assert sentence == "6 of 7 failing cases, and 1 of the 10 passing ones, have a bias"


def test_two_rules_where_failures_are_of_two_kinds() -> None:
    failing = [*cases(dilations=(2, 2)), *cases(bias="integers")[:2]]
    assert find_common(failing, cases() * 2) == [
        "3 of 5 failing cases, and none of the 6 passing ones, have a dilation > 1",
        "the 2 others, and none of the 6 passing ones, have a bias",
    ]


def test_nothing_to_tell_apart_is_not_told() -> None:
    assert find_common(cases(), cases()) == []
    assert find_common(cases(), []) == []
    assert find_common(cases()[:1], cases()) == []


def test_thresholds_are_found() -> None:
    failing = [case("x", (1, 5, width, 2), (1, 1, 2, 3)) for width in (16, 17, 33)]
    passing = [case("x", (1, 5, width, 2), (1, 1, 2, 3)) for width in (3, 9, 15)]
    assert find_common(failing, passing) == [
        "all 3 failing cases, and none of the 3 passing ones, have output width ≥ 16"
    ]


def test_every_condition_can_be_asked_of_every_case() -> None:
    catalogue = load_catalogue()
    answers = {condition.words: {condition.of(each) for each in catalogue} for condition in CONDITIONS}
    assert len(answers) == len(CONDITIONS)
    assert answers["a dilation > 1"] == answers["depthwise filters"] == {True, False}
