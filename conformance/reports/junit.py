"""The report as CI servers read tests: a suite for each implementation, a test for each case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from conformance.case import Outcome
from conformance.record import Record, State, Status
from conformance.reports.json_report import told_environment
from conformance.reports.summary import Run
from conformance.reports.visible import visible

__all__ = ["junit_lines"]

_IDS = 12
"""Cases that are named of a stale expectation."""

_ELEMENTS = {
    Outcome.FAILED: "failure",
    Outcome.ERROR: "error",
    Outcome.CRASHED: "error",
    Outcome.TIMED_OUT: "error",
    Outcome.UNSUPPORTED: "skipped",
    Outcome.KNOWN: "skipped",
}
"""What stands in a test that has not passed."""

_COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def junit_lines(run: Run) -> Iterator[str]:
    """Yield the report of a run, a suite at a time."""
    yield '<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="conformance">\n'
    for status in run.implementations:
        suite = _suite(status, run)
        ET.indent(suite)
        yield ET.tostring(suite, encoding="unicode") + "\n"
    yield "</testsuites>\n"


def _suite(status: Status, run: Run) -> ET.Element:
    suite = ET.Element("testsuite", name=visible(status.name))
    _add_properties(suite, status, run)
    seconds, counts = 0.0, Counter[str](tests=0, failures=0, errors=0, skipped=0)
    for record in run.records(status.name):
        seconds += record.seconds
        counts.update(_add_case(suite, record))
    for name, text in _troubles(status):
        counts.update(_add_test(suite, name, status.name, 0.0, "error", text))
    for name, count in counts.items():
        suite.set(name, str(count))
    suite.set("time", f"{seconds:.3f}")
    return suite


def _add_properties(suite: ET.Element, status: Status, run: Run) -> None:
    """Say what the results may depend on."""
    properties = ET.SubElement(suite, "properties")
    traits = {f"trait {name}": trait.value for name, trait in status.traits.items()}
    told = {
        "implementation": status.name,
        "version": status.version,
        **dict(told_environment(run.environment)),
        **traits,
    }
    for name, value in told.items():
        ET.SubElement(properties, "property", name=visible(name), value=visible(value))


def _add_case(suite: ET.Element, record: Record) -> list[str]:
    element = _ELEMENTS.get(record.outcome, "")
    kind = f"{record.implementation}.{record.operation}"
    text = record.detail or str(record.outcome)
    return _add_test(suite, record.case, kind, record.seconds, element, text, record.rule or record.outcome)


def _add_test(
    suite: ET.Element, name: str, kind: str, seconds: float, element: str, text: str, why: str = "error"
) -> list[str]:
    """Add a test, and return what it is counted as.

    Args:
        suite: that it belongs to.
        name: of the test.
        kind: what it is a test of.
        seconds: that it took.
        element: that says how it went wrong; nothing where it passed.
        text: of that element.
        why: of which type that is.
    """
    test = ET.SubElement(suite, "testcase", name=visible(name), classname=visible(kind), time=f"{seconds:.3f}")
    if not element:
        return ["tests"]
    content = visible(text)
    ET.SubElement(test, element, type=visible(why), message=_headline(content)).text = content
    return ["tests", _COUNTED[element]]


def _headline(text: str) -> str:
    """Return the one line that servers show: the worst element of a failure, the first line of everything else."""
    lines = text.splitlines() or [""]
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("worst:")), lines[0])


def _troubles(status: Status) -> Iterator[tuple[str, str]]:
    """Yield what went wrong beside the cases; no server takes a suite for good that could not be run."""
    if status.state is not State.AVAILABLE:
        yield str(status.state), f"{status.state}: {status.reason}"
    for number, incident in enumerate(status.incidents, 1):
        yield f"incident {number}", incident
    for entry in status.stale:
        if entry.fails:
            yield f"stale {entry.place}", entry.sentence(_IDS)
