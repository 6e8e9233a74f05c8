"""Known deviations: a failure that is expected is told with its reason, and is no failure of the run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

from conformance.case import Outcome
from conformance.catalogue import load_catalogue
from conformance.errors import CatalogueError
from conformance.expectations import Expectation, as_expected, load_expectations, shipped_expectations
from conformance.implementations import BUILT_IN
from conformance.runner import Result

CASES = load_catalogue()
CASE = CASES[0]
KNOWN = Expectation(implementation="mine.py:conv2d", case="bas?c", words="ten", reason="rows are lost")


def outcome(result: Result, expectation: Expectation = KNOWN) -> Outcome:
    """Return what becomes of a result under one expectation."""
    return as_expected(result, [expectation]).outcome


@pytest.mark.parametrize("wrong", [Outcome.FAILED, Outcome.ERROR])
def test_failure_that_is_expected_is_known(wrong: Outcome) -> None:
    result = Result(CASE, "mine.py:conv2d", wrong, detail="ten lines")
    known = as_expected(result, [KNOWN])
    assert (known.outcome, known.detail) == (Outcome.KNOWN, "rows are lost")


@pytest.mark.parametrize("other", [{"implementation": "yours"}, {"case": "stride*"}, {"words": "eleven"}])
def test_expectation_of_something_else_changes_nothing(other: dict[str, str]) -> None:
    result = Result(CASE, "mine.py:conv2d", Outcome.FAILED, detail="ten lines")
    assert outcome(result, KNOWN.model_copy(update=other)) is Outcome.FAILED


@pytest.mark.parametrize("green", [Outcome.PASSED, Outcome.UNSUPPORTED])
def test_what_does_not_fail_stays_as_it_is(green: Outcome) -> None:
    assert outcome(Result(CASE, "mine.py:conv2d", green, detail="ten")) is green


def test_shipped_expectations_are_of_built_in_implementations_and_existing_cases() -> None:
    for each in shipped_expectations():
        assert each.implementation in BUILT_IN
        results = [Result(case, each.implementation, Outcome.FAILED, detail=each.words) for case in CASES]
        assert any(map(each.covers, results)), f"{each.case} is the id of none of {len(CASES)} cases"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {implementation: x, case: y, words: w}", r"known\.yaml:1: 0\.reason: Field required"),
        ("- {implementation: x, case: y, words: w, reason: z, cause: q}", r"0\.cause: Extra inputs are not permitted"),
        ("implementation: x", "valid list"),
        ("", "holds no case"),
    ],
)
def test_malformed_file_is_refused_by_name_and_line(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=message):
        load_expectations(file)


@pytest.mark.parametrize("name", ["tensorflow", "runtimes"])
def test_page_of_findings_names_cases_that_exist(name: str) -> None:
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    named = [name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row.rsplit("|", 2)[1])]
    entries = {case.id.partition(".")[0] for case in CASES}
    assert named
    assert [name for name in named if name not in entries] == []
