"""Known deviations: what is expected is told with its reason, and is no failure; what does not come true is stale."""

from __future__ import annotations

import json
import platform
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from conformance.case import Outcome
from conformance.catalogue import load_catalogue
from conformance.errors import CatalogueError
from conformance.expectations import (
    Awaited,
    Expectation,
    Expectations,
    Kind,
    Written,
    json_schema,
    load_expectations,
    shipped_expectations,
)
from conformance.implementations import BUILT_IN
from conformance.record import StaleEntry
from conformance.runner import Result

CASES = load_catalogue()
CASE = CASES[0]
KNOWN = Expectation(implementation="mine.py:conv2d", case="bas?c", words="ten", reason="rows are lost")
HERE = f"{sys.platform}-{platform.machine()}"


def awaited(**changed: Any) -> Awaited:
    """Return what is expected by one entry of a user's file, which is KNOWN but for what is changed."""
    entry = KNOWN.model_copy(update=changed)
    return Expectations((Written(entry, "known.yaml:3"),)).of("mine.py:conv2d", "2.21.0")


def outcome(result: Result, **changed: Any) -> Outcome:
    """Return what becomes of a result under that entry."""
    return awaited(**changed).apply(result).outcome


@pytest.mark.parametrize("wrong", [Outcome.FAILED, Outcome.ERROR, Outcome.CRASHED, Outcome.TIMED_OUT])
def test_failure_that_is_expected_is_known(wrong: Outcome) -> None:
    known = awaited().apply(Result(CASE, "mine.py:conv2d", wrong, detail="ten lines", diagnosis=("flips",)))
    assert (known.outcome, known.detail, known.diagnosis) == (Outcome.KNOWN, "rows are lost", ())


@pytest.mark.parametrize(
    "other",
    [
        {"implementation": "yours"},
        {"case": "stride*"},
        {"words": "eleven"},
        {"version": "<2.21"},
        {"platform": "another-*"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_expectation_of_something_else_changes_nothing(other: dict[str, str]) -> None:
    assert outcome(Result(CASE, "mine.py:conv2d", Outcome.FAILED, detail="ten lines"), **other) is Outcome.FAILED


@pytest.mark.parametrize(
    "other",
    [{"words": ""}, {"version": ">=2.20,<2.22"}, {"platform": HERE}, {"platform": f"{sys.platform}-*"}],
    ids=str,
)
def test_expectation_of_this_is_told_whatever_else_it_says(other: dict[str, str]) -> None:
    assert outcome(Result(CASE, "mine.py:conv2d", Outcome.FAILED, detail="ten lines"), **other) is Outcome.KNOWN


@pytest.mark.parametrize("green", [Outcome.PASSED, Outcome.UNSUPPORTED])
@pytest.mark.parametrize("kind", Kind)
def test_what_does_not_fail_stays_as_it_is(green: Outcome, kind: Kind) -> None:
    assert outcome(Result(CASE, "mine.py:conv2d", green, detail="ten"), kind=kind) is green


@pytest.mark.parametrize(
    ("wrong", "becomes"),
    [(Outcome.ERROR, Outcome.UNSUPPORTED), (Outcome.FAILED, Outcome.FAILED), (Outcome.CRASHED, Outcome.CRASHED)],
)
def test_only_what_raises_is_accepted_as_unsupported(wrong: Outcome, becomes: Outcome) -> None:
    assert outcome(Result(CASE, "mine.py:conv2d", wrong, detail="ten lines"), kind=Kind.UNSUPPORTED) is becomes


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2.20.0", True),
        ("2.21.0+cu12", True),
        ("2.21.0rc1", True),
        ("2.21.1, oneDNN 3.5", True),
        ("2.22", False),
        ("2.3", False),
        ("", False),
        ("nightly", False),
    ],
)
def test_versions_are_compared_as_numbers(version: str, expected: bool) -> None:
    entry = KNOWN.model_copy(update={"version": ">=2.20,<2.22"})
    assert entry.applies("mine.py:conv2d", version) is expected


def test_reasons_of_one_kind_are_told_each_once_the_users_first() -> None:
    others = [KNOWN.model_copy(update={"reason": reason}) for reason in ("columns are lost", "rows are lost")]
    lacking = KNOWN.model_copy(update={"kind": Kind.UNSUPPORTED, "reason": "not built yet"})
    both = Awaited([Written(KNOWN, "known.yaml:3")], [lacking, *others])
    told = both.apply(Result(CASE, "mine.py:conv2d", Outcome.ERROR, detail="ten lines"))
    assert (told.outcome, told.detail) == (Outcome.KNOWN, "rows are lost; columns are lost")


def test_shipped_entries_apply_without_a_file() -> None:
    first = shipped_expectations()[0]
    case = next(each for each in CASES if first.names(each.id))
    result = Result(case, first.implementation, Outcome.FAILED, detail=first.words)
    assert Expectations().of(first.implementation).apply(result).outcome is Outcome.KNOWN


def test_entry_whose_case_passes_is_stale_with_all_such_cases() -> None:
    expected = awaited(case="bas*")
    for name, became in [("basic", "passed"), ("stride", "passed"), ("bass", "known"), ("base", "passed")]:
        expected.note(name, Outcome(became))
    (stale,) = expected.stale()
    assert stale == StaleEntry(place="known.yaml:3", pattern="bas*", passed=("base", "basic"))
    assert stale.sentence() == (
        "known.yaml:3: 'bas*' is expected not to pass, but 2 cases do: base, basic; "
        "remove the entry, narrow its pattern, or add `sometimes: true`"
    )
    assert "but 2 cases do: base and 1 more; remove" in stale.sentence(1)


@pytest.mark.parametrize("became", [Outcome.KNOWN, Outcome.UNSUPPORTED, Outcome.FAILED])
def test_entry_whose_case_does_not_pass_is_not_stale(became: Outcome) -> None:
    expected = awaited()
    expected.note("basic", became)
    assert expected.stale() == ()


def test_what_comes_and_goes_is_not_stale_because_it_passes() -> None:
    expected = awaited(sometimes=True)
    expected.note("basic", Outcome.PASSED)
    assert expected.stale() == ()


@pytest.mark.parametrize("sometimes", [False, True])
@pytest.mark.parametrize(("ids", "is_stale"), [(["stride", "basic"], False), (["stride"], True), ([], True)])
def test_entry_that_names_no_case_of_the_catalogue_is_stale(ids: list[str], is_stale: bool, sometimes: bool) -> None:
    entry = KNOWN.model_copy(update={"sometimes": sometimes})
    expectations = Expectations((Written(entry, "known.yaml:3"),)).compared(ids)
    stale = expectations.of("mine.py:conv2d").stale()
    assert bool(stale) is is_stale
    assert expectations.of("yours.py:conv2d").stale() == ()
    if is_stale:
        message = "known.yaml:3: 'bas?c' is the id of no case of the catalogue; correct it or remove the entry"
        assert stale[0].sentence() == message


def test_warning_is_told_as_one() -> None:
    expectations = Expectations((Written(KNOWN, "known.yaml:3"),), fails=False).compared([])
    assert [each.fails for each in expectations.of("mine.py:conv2d").stale()] == [False]


def test_shipped_expectations_are_of_built_in_implementations_and_existing_cases() -> None:
    for each in shipped_expectations():
        assert each.implementation in BUILT_IN
        assert each.words
        results = [Result(case, each.implementation, Outcome.FAILED, detail=each.words) for case in CASES]
        assert any(map(each.covers, results)), f"{each.case} is the id of none of {len(CASES)} cases"


def test_shipped_expectations_are_never_stale() -> None:
    expected = Expectations().compared([]).of("tensorflow", "2.21.0")
    for case in CASES:
        expected.note(case.id, Outcome.PASSED)
    assert expected.stale() == ()


def refused(text: str, folder: Path) -> str:
    """Return why a file is refused."""
    file = folder / "known.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as refusal:
        load_expectations(file)
    return str(refusal.value).replace(f"{folder}/", "")


GOOD = "implementation: x, case: y"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"- {{{GOOD}}}", "known.yaml:1: expectation of 'y': reason is missing; it must be a sentence"),
        ("- {implementation: x, reason: z}", "known.yaml:1: expectation number 1: case is missing"),
        (f"- {{{GOOD}, reason: z, word: q}}", "unknown key 'word' (did you mean 'words'?)"),
        (f"- {{{GOOD}, reason: z, zzz: q}}", "unknown key 'zzz' (known keys: implementation, version, platform,"),
        (f"- {{{GOOD}, reason: ' '}}", "reason must be a sentence: what is wrong, and how that was seen, but is "),
        (f"- {{{GOOD}, reason: z, kind: odd}}", 'kind must be one of known, unsupported, but is "odd"'),
        (f"- {{{GOOD}, reason: z, version: 2.20}}", "version must be a range of versions in quotes, such as '>=2.20,"),
        (f"- {{{GOOD}, reason: z, version: '2.20'}}", 'but is "2.20"'),
        (f"- {{{GOOD}, reason: z, sometimes: 1}}", "sometimes must be true or false: whether the case may pass too"),
        (
            f"- {GOOD.replace(', ', chr(10) + '  ')}\n  reason: z\n  link: 3",
            "known.yaml:4: expectation of 'y': link must",
        ),
        ("- x", 'expectation number 1: must be a mapping such as {implementation: …, case: …, reason: …}, but is "x"'),
        ("implementation: x", "known.yaml:1: must be a list of expectations, '- implementation: …', but is"),
        (f"- {{{GOOD}, reason: !odd z}}", "tag !odd is not allowed"),
        ("- [", "known.yaml:1: is not YAML"),
    ],
)
def test_malformed_file_is_refused_by_name_and_line(text: str, message: str, tmp_path: Path) -> None:
    assert message in refused(text, tmp_path)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    said = refused("- {case: y}\n- {implementation: x, case: y, reason: z}\n- {reason: z, case: ''}\n", tmp_path)
    assert [line.partition(": ")[0] for line in said.splitlines()] == [
        *("known.yaml:1", "known.yaml:1"),
        *("known.yaml:3", "known.yaml:3"),
    ]


@pytest.mark.parametrize("text", ["", "# nothing is left\n", "[]\n"])
def test_file_may_be_empty(text: str, tmp_path: Path) -> None:
    (tmp_path / "known.yaml").write_text(text)
    assert load_expectations(tmp_path / "known.yaml") == ()


def test_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CatalogueError, match=r"none\.yaml: cannot be read \(No such file or directory\); check the path"
    ):
        load_expectations(tmp_path / "none.yaml")


def test_published_schema_is_the_generated_one() -> None:
    published = (ROOT / "conformance" / "expectations.schema.json").read_text(encoding="utf-8")
    assert published == json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def test_every_key_is_documented() -> None:
    page = (ROOT / "docs" / "expectations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == Expectation.model_fields.keys()


@pytest.mark.parametrize("name", ["tensorflow", "runtimes"])
def test_page_of_findings_names_cases_that_exist(name: str) -> None:
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    named = [name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row.rsplit("|", 2)[1])]
    entries = {case.id.partition(".")[0] for case in CASES}
    assert named
    assert [name for name in named if name not in entries] == []
