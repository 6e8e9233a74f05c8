"""docs/known-bugs.md and the catalogue agree: every class has its cases, and every report is asked for or excused."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

import pytest
from conftest import ROOT

from conformance.case import Case
from conformance.catalogue import load_catalogue

CASES = [case for case in load_catalogue() if "known-bug" in case.tags]

_, ASKED, NOT_ASKED = re.split("^## .*$", (ROOT / "docs" / "known-bugs.md").read_text("utf-8"), flags=re.MULTILINE)

REFUSED = "refuses"
"""The class of arguments that must be refused: this tag makes a case one of it, and the case need not name reports."""


class Row(NamedTuple):
    """What the page says of a class: ids of catalogue entries, and reports."""

    entries: list[str]
    reports: list[str]


def table(text: str) -> list[list[str]]:
    """Return the cells of a table's rows, without its head."""
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")][1:]


def reports(cell: str) -> list[str]:
    return cell.split("; ")


CLASSES = {
    name.strip("`"): Row(re.findall("`(.+?)`", entries), reports(cell)) for name, _, entries, cell in table(ASKED)
}

EXCUSED = [report for _, cell in table(NOT_ASKED) for report in reports(cell)]

TAGGED = sorted(CLASSES.keys() - {REFUSED})


def cases_of(name: str) -> list[Case]:
    return [case for case in CASES if name in case.tags]


@pytest.mark.parametrize("name", TAGGED)
def test_cases_of_a_class_stand_on_the_page(name: str) -> None:
    entries = list(dict.fromkeys(case.id.split(".")[0] for case in cases_of(name)))
    assert entries
    assert CLASSES[name].entries == entries


@pytest.mark.parametrize("name", TAGGED)
def test_reports_of_a_class_are_sources_of_its_cases(name: str) -> None:
    cited = {report for case in cases_of(name) for report in reports(case.source)}
    assert set(CLASSES[name].reports) - cited == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case_names_reports_of_its_classes(case: Case) -> None:
    known = {report for name in CLASSES.keys() & {*case.tags} for report in CLASSES[name].reports}
    assert known
    assert REFUSED in case.tags or {*reports(case.source)} - known == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_id_that_begins_with_a_class_has_its_tag(case: Case) -> None:
    assert {name for name in CLASSES if f"{case.id}-".startswith(f"{name}-")} <= {*case.tags}


def test_each_report_is_asked_or_excused() -> None:
    asked = {report for row in CLASSES.values() for report in row.reports}
    assert len(asked) + len(EXCUSED) == 203
    assert asked & {*EXCUSED} == set()
    assert [report for report, count in Counter(EXCUSED).items() if count > 1] == []
