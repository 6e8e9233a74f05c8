"""The report as Markdown: short, first things first, and nothing in it is markup by accident."""

from __future__ import annotations

import re

from runs import HOSTILE, hostile_run, record, run_of

from conformance.case import Outcome
from conformance.record import Mistake, Smallest, StaleEntry, State, Status
from conformance.reports.markdown import escaped, markdown_lines


def text_of(*arguments: object, **others: object) -> str:
    return "".join(markdown_lines(run_of(*arguments, **others)))  # type: ignore[arg-type]


def test_verdicts_then_counts_then_mistakes_then_failures() -> None:
    status = Status(
        name="mine",
        version="1.2",
        diagnosis=(Mistake(mistake="flips", evidence="3 of 3", label="most likely"),),
        minimal=Smallest(case="- id: x", command="conformance show x"),
    )
    text = text_of(
        record("one"), record("two", Outcome.FAILED), record("three", Outcome.UNSUPPORTED), statuses=(status,)
    )
    assert text.splitlines()[2] == "- ❌ **mine 1.2**: 1 of 2 judged cases passed, **1 is wrong**"
    table = ["| implementation | passed | failed | unsupported |", "|---|---:|---:|---:|", "| mine | 1 | 1 | 1 |"]
    assert "\n".join(table) in text
    assert "- **most likely: it flips** – 3 of 3" in text
    assert text.index("| mine |") < text.index("most likely") < text.index("<details>")
    assert "again:  conformance show two" in text


def test_green_run_takes_a_few_lines() -> None:
    text = text_of(record("one"))
    assert "- ✅ **mine**: 1 of 1 judged cases passed, none is wrong" in text
    assert "<details>" not in text
    assert len(text.splitlines()) < 12


def test_unavailable_implementation_has_its_reason() -> None:
    status = Status(name="mine", state=State.UNAVAILABLE, reason="no module | named x")
    assert "❌ **mine**: unavailable, no module &#124; named x" in text_of(statuses=(status,))


def test_stale_expectation_is_told_and_makes_nobody_green() -> None:
    status = Status(name="mine", stale=(StaleEntry(place="mine.yaml:3", pattern="x", passed=("x",)),))
    text = text_of(record("x"), statuses=(status,))
    assert "- ❌ **mine**: 1 of 1 judged cases passed, **0 are wrong**, 1 stale expectation" in text
    assert "- stale: mine.yaml:3: 'x' is expected not to pass, but x does; remove the entry" in text


def test_only_the_first_failures_are_told() -> None:
    text = text_of(*(record(f"case-{number}", Outcome.FAILED) for number in range(200)))
    assert "10 of 200 wrong" in text
    assert text.count("again:") == 10


def test_same_reason_is_told_once() -> None:
    text = text_of(*(record(f"case-{number}", Outcome.ERROR, detail="conv2d raised") for number in range(20)))
    assert text.count("conv2d raised") == 1


def test_hostile_texts_are_text() -> None:
    text = "".join(markdown_lines(hostile_run()))
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"<[^>]*>", outside)) == {
        "<details>",
        "<summary>",
        "</summary>",
        "</details>",
        "<sub>",
        "</sub>",
    }
    assert not re.search(r"`|\]\(|^# ", outside, re.MULTILINE)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800-\udfff]", text)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in rows}) == 1


def test_block_of_code_ends_where_it_must() -> None:
    detail = "first\n```\n<script>\n````"
    text = text_of(record("one", Outcome.ERROR, detail=detail))
    assert f"`````text\n{detail}\n`````" in text


def test_escaped_text_is_one_line_and_begins_no_list() -> None:
    assert "\n" not in escaped(HOSTILE)
    assert escaped("- a") == "&#45; a"
    assert escaped("1. a") == "1&#46; a"
