"""Proposed expectations: few patterns, none of which covers what did not fail so, and a file that stays as it was."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.case import Operation, Outcome
from conformance.expectations import Proposal, load_expectations, propose, with_proposals
from conformance.expectations.propose import patterns
from conformance.record import Mistake, Record, Status

WORDS = st.sampled_from(["a", "b", "ab", "edge", "12", "1x2"])
IDS = st.lists(st.tuples(WORDS, st.lists(st.tuples(st.sampled_from("-."), WORDS), max_size=3)), min_size=1, max_size=30)


@st.composite
def ids(draw: st.DrawFn) -> list[str]:
    """Return different ids."""
    drawn = [first + "".join(joint + word for joint, word in rest) for first, rest in draw(IDS)]
    return sorted(set(drawn))


def chosen(own: list[str], others: list[str]) -> list[str]:
    return [pattern for pattern, _ in patterns(own, [*own, *others])]


@given(ids(), st.data())
def test_patterns_name_all_that_failed_and_nothing_else(names: list[str], data: st.DataObject) -> None:
    own = data.draw(st.lists(st.sampled_from(names), unique=True))
    found = list(patterns(own, names))
    assert {name for name in names if any(fnmatchcase(name, pattern) for pattern, _ in found)} == set(own)
    assert sorted(name for _, named in found for name in named) == sorted(own)
    assert all(fnmatchcase(name, pattern) for pattern, named in found for name in named)


@pytest.mark.parametrize(
    ("own", "others", "expected"),
    [
        (["edge-top", "edge-left"], ["plain"], ["edge-*"]),
        (["dtype.int32", "sum.int32"], ["dtype.int8"], ["*.int32"]),
        (["a.int32.valid", "b.int32.same"], ["a.int8.valid", "b.int8.same"], ["*.int32.*"]),
        (["sweep.int32.same", "sweep.int8.same"], ["sweep.int8.valid", "edge.same"], ["sweep.*.same"]),
        (["edge", "edge-top"], ["plain"], ["edge*"]),
        (["edge", "plain"], [], ["*"]),
        (["edge-top", "edge-left", "plain"], ["edge-right", "plain-wide"], ["edge-left", "edge-top", "plain"]),
        (["a-1", "a-2", "a-3", "b-1"], ["b-2", "c-1"], ["a-*", "b-1"]),
        ([], ["edge"], []),
    ],
)
def test_patterns_are_as_few_as_can_be(own: list[str], others: list[str], expected: list[str]) -> None:
    assert sorted(chosen(own, others)) == expected


def test_characters_of_patterns_in_ids_stand_for_themselves() -> None:
    assert chosen(["size[1]", "what?"], ["size1", "whatx"]) == ["size[[]1]", "what[?]"]


def test_thousands_of_ids_are_put_together_by_their_ends() -> None:
    own = [f"sweep.{number}.int32" for number in range(4_000)]
    assert chosen(own, [f"sweep.{number}.int8" for number in range(4_000)]) == ["*.int32"]


def record(case: str, outcome: Outcome = Outcome.FAILED, detail: str = "", **others: Any) -> Record:
    facts = "rule:   exact: equality\nworst:  output[0] is 1, must be 2\nlikely: none of the known mistakes"
    values: dict[str, Any] = {"rule": "exact" if outcome is Outcome.FAILED else "", "detail": detail or facts} | others
    return Record(case=case, operation=Operation.CONV2D, implementation="mine.py:conv2d", outcome=outcome, **values)


def proposals(*records: Record, status: Status | None = None, others: tuple[str, ...] = ()) -> list[Proposal]:
    names = [*(each.case for each in records), *others]
    return propose(status or Status(name="mine.py:conv2d"), records, lambda: names)


def raised(case: str, text: str) -> Record:
    return record(case, Outcome.ERROR, f"conv2d raised {text} (/home/me/mine.py:7, in conv2d)")


def test_failures_are_put_together_by_the_broken_rule() -> None:
    found = proposals(record("a-1"), record("a-2"), record("b-1", rule="shape"), record("b-2", Outcome.PASSED))
    assert [(each.case, each.words, each.count) for each in found] == [("a-*", "exact:", 2), ("b-1", "shape:", 1)]


def test_no_pattern_covers_what_was_not_run() -> None:
    assert [each.case for each in proposals(record("a-1"), record("a-2"), others=("a-3",))] == ["a-1", "a-2"]


@pytest.mark.parametrize("green", [Outcome.PASSED, Outcome.KNOWN, Outcome.UNSUPPORTED])
def test_no_pattern_covers_what_did_not_fail(green: Outcome) -> None:
    found = proposals(record("a-1"), record("a-2"), record("a-3", green, "no groups"))
    assert [each.case for each in found] == ["a-1", "a-2"]


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("conv2d raised ValueError: sizes 3 and 4 differ (/home/me/m.py:7, in f)", "raised ValueError: sizes"),
        ("conv2d raised ValueError: 3 is odd (/home/me/m.py:7, in f)", "raised ValueError"),
        ("conv2d raised KeyError: 'stride' (/home/me/m.py:7, in f)", "raised KeyError"),
        ("conv2d raised RuntimeError:  (/home/me/m.py:7, in f)", "raised RuntimeError"),
        ("conv2d: the process was killed by signal 11 (SIGSEGV); its last lines: 7", "(SIGSEGV)"),
        ("conv2d: no answer within 60 s; --timeout SECONDS gives it more", "no answer within"),
    ],
)
def test_words_are_what_an_error_says_without_what_changes(detail: str, words: str) -> None:
    (found,) = proposals(record("a", Outcome.ERROR, detail))
    assert found.words == words
    assert words in detail


def test_reason_is_the_mistake_of_the_diagnosis() -> None:
    leading = Mistake(mistake="flips the filters", cases=("a-1", "a-2"), label="most likely")
    doubtful = Mistake(mistake="adds noise", cases=("a-3",))
    status = Status(name="mine.py:conv2d", diagnosis=(leading, doubtful))
    one, other = proposals(
        record("a-1"), record("a-2", diagnosis=("turns",)), record("b-1"), status=status, others=("c-1",)
    )
    assert (one.case, one.reason) == ("a-*", "it flips the filters")
    assert (other.case, other.reason) == ("b-1", "none of the known mistakes; in b-1, output[0] is 1, must be 2")


def test_reason_is_the_mistake_that_most_failures_share_where_nothing_was_diagnosed() -> None:
    found = proposals(record("a-1", diagnosis=("turns", "flips")), record("a-2", diagnosis=("flips",)), others=("c",))
    assert [each.reason for each in found] == ["it flips"]


def test_reason_says_how_many_cases_it_is_of() -> None:
    found = proposals(record("a-1", diagnosis=("flips",)), record("a-2", diagnosis=("flips",)), record("a-3"))
    assert [(each.case, each.reason) for each in found] == [("a-*", "it flips, in 2 of these 3 cases")]


def test_reason_of_an_error_is_what_it_says() -> None:
    (found,) = proposals(raised("a", "ValueError: sizes 3 and 4 differ"))
    assert found.reason == "raised ValueError: sizes 3 and 4 differ"


def test_mistake_that_was_not_looked_for_is_not_said_to_be_none() -> None:
    (found,) = proposals(record("a", detail="worst:  output[0] is 1\nlikely: not looked for within the time"))
    assert found.reason == "in a, output[0] is 1"


PROPOSED = [
    Proposal("mine.py:conv2d", "*-x", "exact:", "it: is #1 [a]", 3),
    Proposal("cmd:./mine --odd", "b", "", '"it" flips', 1),
]

WRITTEN = """# ours

- implementation: x   # who
  case: "a*"
  # inner
  reason: |
    long
    text

# second
- {implementation: y, case: b, reason: 'z'}
"""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "[]\n",
        "[{implementation: x, case: y, reason: z}]\n",
        "- implementation: x\n  case: y\n  reason: z",
        "-   implementation: x\n    case: y\n    reason: z\n",
        "  - implementation: x\n    case: y\n    reason: z\n\n\n",
        "---\n- {implementation: x, case: y, reason: z}\n",
        "- implementation: x\r\n  case: y\r\n  reason: z\r\n# end\r\n",
        WRITTEN,
    ],
    ids=["empty", "comment", "nothing", "flow", "no-end", "wide", "indented", "marked", "windows", "ours"],
)
def test_entries_are_written_behind_those_that_there_are(tmp_path: Path, text: str) -> None:
    (tmp_path / "before.yaml").write_bytes(text.encode())
    (tmp_path / "after.yaml").write_bytes(with_proposals(text, PROPOSED).encode())
    before, after = (
        [each.expectation for each in load_expectations(tmp_path / name)] for name in ("before.yaml", "after.yaml")
    )
    assert after[: len(before)] == before
    added = [each.model_dump(exclude_defaults=True) for each in after[len(before) :]]
    assert added == [each.entry for each in PROPOSED]


def test_comments_order_and_forms_stay() -> None:
    assert with_proposals(WRITTEN, PROPOSED).startswith(WRITTEN)


def test_line_ends_stay() -> None:
    whole = with_proposals("- implementation: x\r\n  case: y\r\n  reason: z\r\n", PROPOSED)
    assert whole.count("\n") == whole.count("\r\n") > 6


def test_file_that_is_new_says_what_it_is() -> None:
    assert with_proposals("", PROPOSED).startswith("# What is expected not to pass, and why; ")


def test_nothing_is_written_where_there_is_nothing_to_add() -> None:
    assert with_proposals(WRITTEN, []) == WRITTEN
