"""The report as JUnit XML: by the rules of the schema that CI servers read it by."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from runs import HOSTILE, hostile_run, record, run_of

from conformance.case import Outcome
from conformance.record import StaleEntry, State, Status
from conformance.reports import Outputs, Run
from conformance.reports.junit import junit_lines
from conformance.reports.visible import visible

ATTRIBUTES = {
    "testsuites": ({"name"}, {"time", "tests", "failures", "errors"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"time", "skipped", "timestamp", "hostname", "id", "version"},
    ),
    "properties": (set[str](), set[str]()),
    "property": ({"name", "value"}, set[str]()),
    "testcase": ({"name"}, {"time", "classname", "group"}),
    "failure": (set[str](), {"type", "message"}),
    "error": (set[str](), {"type", "message"}),
    "skipped": (set[str](), {"type", "message"}),
}
"""Which attributes an element must have, and which it may have."""

CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped"},
}


def parsed(run: Run) -> ET.Element:
    """Return the report, once it is held to the rules."""
    root = ET.fromstring("".join(junit_lines(run)).encode())  # noqa: S314  # just written
    assert root.tag == "testsuites"
    for element in root.iter():
        must, may = ATTRIBUTES[element.tag]
        assert must <= element.attrib.keys() <= must | may
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        if "time" in element.attrib:
            assert re.fullmatch(r"\d+\.\d{3}", element.attrib["time"])
    return root


def test_case_is_a_test_and_implementation_a_suite() -> None:
    root = parsed(run_of(record("one"), record("one", name="theirs"), record("two", Outcome.FAILED, name="theirs")))
    told = [(suite.get("name"), [case.get("name") for case in suite.iter("testcase")]) for suite in root]
    assert told == [("mine", ["one"]), ("theirs", ["one", "two"])]
    assert root[1][1].get("classname") == "theirs.conv2d"
    assert (root[1].get("tests"), root[1].get("failures"), root[1].get("time")) == ("2", "1", "0.500")


@pytest.mark.parametrize(
    ("outcome", "element"),
    [
        (Outcome.PASSED, None),
        (Outcome.FAILED, "failure"),
        (Outcome.ERROR, "error"),
        (Outcome.CRASHED, "error"),
        (Outcome.TIMED_OUT, "error"),
        (Outcome.UNSUPPORTED, "skipped"),
        (Outcome.KNOWN, "skipped"),
    ],
)
def test_outcome_has_its_element(outcome: Outcome, element: str | None) -> None:
    (suite,) = parsed(run_of(record("one", outcome)))
    (case,) = suite.iter("testcase")
    assert [child.tag for child in case] == ([element] if element else [])
    counted = {name: int(suite.get(name, "")) for name in ("failures", "errors", "skipped")}
    assert counted == {name: int(name.rstrip("s") == (element or "").rstrip("s")) for name in counted}


def test_failure_says_the_worst_first_and_has_all_facts() -> None:
    (suite,) = parsed(run_of(record("one", Outcome.FAILED)))
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "output[0] is 1, must be 2"
    assert failure.get("type") == "exact"
    assert failure.text == record("one", Outcome.FAILED).detail


@pytest.mark.parametrize(
    "status",
    [
        Status(name="mine", state=State.UNAVAILABLE, reason="no such module"),
        Status(name="mine", state=State.INTERRUPTED, reason="2 of 3 cases not run"),
        Status(name="mine", incidents=("it died",)),
        Status(name="mine", stale=(StaleEntry(place="mine.yaml:3", pattern="x*"),)),
    ],
    ids=["unavailable", "interrupted", "incident", "stale"],
)
def test_suite_that_was_not_run_in_full_has_an_error(status: Status) -> None:
    (suite,) = parsed(run_of(statuses=(status,)))
    (error,) = suite.iter("error")
    stale = "mine.yaml:3: 'x*' is the id of no case of the catalogue; correct it or remove the entry"
    assert error.text in {"unavailable: no such module", "interrupted: 2 of 3 cases not run", "it died", stale}
    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")


def test_version_and_environment_are_properties() -> None:
    status = Status(name="mine", version="1.2")
    (suite,) = parsed(run_of(record("one"), statuses=(status,), run={"cases": 1}))
    told = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert told["version"] == "1.2"
    assert told["conformance"] == "0.1.0"
    assert told["run cases"] == "1"


def test_hostile_texts_are_text(tmp_path: Path) -> None:
    (suite,) = parsed(hostile_run())
    assert suite.get("name") == visible(HOSTILE)
    (failure,) = suite.iter("failure")
    assert failure.text == visible(HOSTILE)
    Outputs(junit=tmp_path / "report.xml").write(hostile_run())
    assert ET.parse(tmp_path / "report.xml").getroot().tag == "testsuites"  # noqa: S314  # just written


def test_control_characters_of_names_are_written_as_escapes() -> None:
    stale = StaleEntry(place="a\x1b.yaml:3", pattern="x")
    (suite,) = parsed(run_of(statuses=(Status(name="mine", stale=(stale,)),)))
    assert [each.get("name") for each in suite.iter("testcase")] == [r"stale a\x1b.yaml:3"]
