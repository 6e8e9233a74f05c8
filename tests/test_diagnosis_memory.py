"""Mistakes that earlier calls cause, which no known mistake gives the numbers of: a new process tells them."""

from __future__ import annotations

from pathlib import Path

import pytest
from mistakes import case

from conformance.case import Case
from conformance.defects import DEFECTS
from conformance.diagnosis import Diagnosis, Gathering, diagnose_run
from conformance.implementations import Implementation
from conformance.isolation import Asking, InProcess, Isolated, Subject
from conformance.trial import CHANGEABLE

MISTAKE = "is wrong because of earlier calls, of which it keeps something"

STALE = """
from reference import windows

seen = {}

def conv2d(image, filters, strides, padding):
    output = windows.conv2d(image, filters, strides, padding)
    seen[image.shape] = True
    output[..., 0] += 1000 * (len(seen) - 1)  # of the shapes that came before
    return output
"""

ALWAYS = STALE.replace("1000 * (len(seen) - 1)", "1000")

ONCE = """
from reference import windows

calls = []

def conv2d(image, filters, strides, padding):
    calls.append(image.shape)
    output = windows.conv2d(image, filters, strides, padding)
    output[..., 0] += 1000 * (len(calls) == 4)  # the first call of the second case, and never again
    return output
"""

RANDOM = """
import random
from reference import windows

def conv2d(image, filters, strides, padding):
    output = windows.conv2d(image, filters, strides, padding)
    output[..., 0] += random.randrange(1, 10**6)
    return output
"""

PADDING = [[0, 0], [1, 1], [2, 0], [0, 0]]

CASES = [case("first", (1, 4, 5, 2), (2, 3, 2, 3)), case("second", (1, 5, 4, 2), (3, 2, 2, 3))]


def diagnosed(subject: Subject, cases: list[Case]) -> Diagnosis:
    gathering = Gathering()
    subject.begin(cases)
    for attempt in subject.attempts():
        gathering.add(attempt)
    assert gathering.failing
    return diagnose_run(gathering, subject, seconds=20, kit=())


def written(folder: Path, text: str) -> str:
    path = folder / "mine.py"
    path.write_text(text)
    return f"{path}:conv2d"


def test_failure_that_a_new_process_does_not_show_is_of_earlier_calls(tmp_path: Path) -> None:
    with Isolated(written(tmp_path, STALE), Asking(search=False)) as subject:
        found = diagnosed(subject, CASES)
    (finding,) = found.findings
    assert (finding.label, finding.mistake, finding.cases) == ("most likely", MISTAKE, ("second",))
    assert finding.evidence == "second fails again, but passes in a new process"
    assert found.minimal is None  # no case alone shows it


def test_failure_that_a_new_process_shows_too_is_not(tmp_path: Path) -> None:
    with Isolated(written(tmp_path, ALWAYS), Asking(search=False)) as subject:
        assert diagnosed(subject, CASES).findings == ()


@pytest.mark.parametrize("text", [ONCE, RANDOM], ids=["once", "random"])
def test_failure_that_is_another_one_each_time_is_not_deterministic(tmp_path: Path, text: str) -> None:
    with Isolated(written(tmp_path, text), Asking(search=False)) as subject:
        (finding,) = diagnosed(subject, CASES).findings
    assert (finding.label, finding.mistake) == ("most likely", CHANGEABLE)
    assert finding.evidence.endswith(" is answered in another way when it is asked for again")


def test_border_that_another_case_left_is_found_where_the_padded_images_are_of_one_size() -> None:
    border = next(each for each in DEFECTS if each.name == "kept-border")
    cases = [case("plain", (1, 6, 7, 2), (2, 3, 2, 3)), case("padded", (1, 4, 5, 2), (3, 2, 2, 4), padding=PADDING)]
    gathering = Gathering()
    subject = InProcess(Implementation("mine", "", dict(border.functions())), Asking(search=False))
    subject.begin(cases)
    for attempt in subject.attempts():
        gathering.add(attempt)
    assert [sighting.case.id for sighting in gathering.failing] == ["padded"]
    (finding,) = diagnose_run(gathering, subject, seconds=20, kit=[border]).findings
    assert (finding.label, finding.mistake) == ("most likely", border.mistake)


def test_subject_without_a_process_of_its_own_cannot_tell(tmp_path: Path) -> None:
    subject = InProcess(written(tmp_path, STALE), Asking(search=False))
    assert MISTAKE not in [finding.mistake for finding in diagnosed(subject, CASES).findings]
    assert subject.attempt_alone(CASES[0]) is None
