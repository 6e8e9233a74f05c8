"""The page: whole without a network, safe whatever its texts are, and readable without its script."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from runs import HOSTILE, SHOWN, hostile_run, record, run_of

from conformance.case import Outcome
from conformance.record import StaleEntry, State, Status, TraitValue
from conformance.reports import Run
from conformance.reports import html as page
from conformance.reports.html import html_lines
from conformance.reports.visible import visible


class Parsed(HTMLParser):
    """A page as a browser reads it: elements, attributes, and the text of scripts apart from the rest."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.source = "".join(html_lines(run))
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text += data

    @property
    def data(self) -> Any:
        """What the page's script works on."""
        return json.loads(self.scripts[0])

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of each element of a kind."""
        return [attributes for name, attributes in self.tags if name == tag]


def two_runs() -> Run:
    return run_of(
        record("one"),
        record("two", Outcome.FAILED, diagnosis=("swaps the strides",), features=("strides",), shown=SHOWN),
        record("three", Outcome.UNSUPPORTED),
        record("one", name="theirs"),
        record("two", name="theirs", features=("strides",)),
        statuses=(Status(name="mine", version="1.2", traits={"denormals": TraitValue(value="flushed")}),),
    )


def test_verdicts_come_first() -> None:
    text = Parsed(two_runs()).text
    assert text.index("1 of 2 judged cases is wrong") < text.index("Operation × feature") < text.rindex("Failures")
    assert "2 of 2 judged cases passed, none is wrong" in text


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (Status(name="mine", state=State.UNAVAILABLE, reason="no such module"), "unavailable: no such module"),
        (
            Status(name="mine", state=State.INTERRUPTED, reason="3 of 4 cases not run"),
            "interrupted: 3 of 4 cases not run",
        ),
        (Status(name="mine", incidents=("it died",)), "1 of 1 judged cases passed, but there were incidents"),
        (
            Status(name="mine", stale=(StaleEntry(place="mine.yaml:3", pattern="x*"),)),
            "1 of 1 judged cases passed, but expectations are stale",
        ),
    ],
    ids=["unavailable", "interrupted", "incidents", "stale"],
)
def test_verdict_of_who_was_not_judged_in_full(status: Status, told: str) -> None:
    records = [] if status.state is State.UNAVAILABLE else [record("one")]
    parsed = Parsed(run_of(*records, statuses=(status,)))
    assert told in parsed.text
    assert [each["class"] for each in parsed.attributes("article")] == ["card bad"]


def test_matrix_tells_wrong_cases_by_operation_and_feature() -> None:
    labels = {each.get("aria-label") for each in Parsed(two_runs()).attributes("button")}
    assert "conv2d, all: 1 of 2 wrong; show the cases" in labels
    assert "conv2d, strides: 1 of 1 wrong; show the cases" in labels
    assert "conv2d, strides: all 1 right or known; show the cases" in labels


def test_implementations_stand_side_by_side() -> None:
    assert "Side by side" in Parsed(two_runs()).text
    assert "Side by side" not in Parsed(run_of(record("one"))).text


def test_data_has_every_case_with_each_result() -> None:
    data = Parsed(two_runs()).data
    assert data["names"] == ["mine", "theirs"]
    told = {case["id"]: [result and result["outcome"] for result in case["results"]] for case in data["cases"]}
    assert told == {"one": ["passed", "passed"], "two": ["failed", "passed"], "three": ["unsupported", None]}
    picture = data["cases"][1]["results"][0]["shown"]
    assert picture["planes"][1]["rows"] == [[1, 2], [3, "nan"]]


def test_page_of_many_cases_keeps_all_that_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "_ROWS", 3)
    passing = [record(f"case-{number}", name=name) for name in ("mine", "theirs") for number in range(5)]
    parsed = Parsed(run_of(*passing[:5], *passing[5:9], record("case-4", Outcome.FAILED, "theirs")))
    told = {case["id"]: [result["outcome"] for result in case["results"]] for case in parsed.data["cases"]}
    assert list(told) == ["case-0", "case-1", "case-2", "case-4"]
    assert told["case-4"] == ["passed", "failed"]
    assert "The table has 4 of 5 cases" in parsed.text


def test_nothing_is_fetched() -> None:
    parsed = Parsed(two_runs())
    fetched = [
        value
        for tag, attributes in parsed.tags
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action") and not (value or "").startswith(("#", "data:"))
    ]
    assert fetched == []
    assert not re.search(r"@import|url\(", parsed.source)


def test_no_script_but_its_own_may_run() -> None:
    parsed = Parsed(two_runs())
    (policy,) = (each["content"] or "" for each in parsed.attributes("meta") if "http-equiv" in each)
    digest = base64.b64encode(hashlib.sha256(parsed.scripts[1].encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy


def test_hostile_texts_are_text() -> None:
    parsed, plain = Parsed(hostile_run()), Parsed(two_runs())
    assert len(parsed.scripts) == 2
    assert {tag for tag, _ in parsed.tags} <= {tag for tag, _ in plain.tags} | {"strong"}
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800-\udfff]", parsed.source)
    assert visible(HOSTILE) in parsed.text
    assert parsed.data["names"] == [visible(HOSTILE)]
    assert parsed.scripts[1] == plain.scripts[1]


def test_first_failures_are_readable_without_a_script() -> None:
    source = Parsed(two_runs()).source
    (failure,) = re.findall(r'<details class="failure".*?</details>', source, re.DOTALL)
    assert "again:  conformance show two" in failure
    assert "·■" in failure
    assert "<noscript>" in source


def test_every_control_has_a_name() -> None:
    source = Parsed(two_runs()).source
    for control in re.findall(r"<(?:select|input)\b[^>]*>", source):
        before = source[: source.index(control)]
        assert before.rindex("<label") > before.rfind("</label>"), control


def test_commands_judge_again_as_before() -> None:
    run = run_of(record("one"), run={"asked": {"-k": "stride and not bias"}})
    assert "conformance run cases.yaml -i mine -k 'stride and not bias'" in Parsed(run).text
