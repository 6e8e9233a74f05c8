"""In what two stored runs differ, and what of it is a regression."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console
from runs import HOSTILE, record, run_of

from conformance.case import Outcome
from conformance.choices import Accuracy
from conformance.record import Exactness, Record, StaleEntry, State, Status, TraitValue
from conformance.reports import Run, difference_markdown, difference_of, print_difference


def changed(old: Run, new: Run) -> dict[str, tuple[str, ...]]:
    """Return the lines by title."""
    return {section.title: section.lines for section in difference_of(old, new).sections}


def test_same_run_differs_in_nothing() -> None:
    run = run_of(record("one"), record("two", Outcome.FAILED))
    difference = difference_of(run, run)
    assert difference.sections == ()
    assert not difference.is_regression
    assert difference.verdict == "no difference"


REGRESSIONS = {
    (Outcome.PASSED, Outcome.FAILED),
    (Outcome.PASSED, Outcome.ERROR),
    (Outcome.PASSED, Outcome.CRASHED),
    (Outcome.PASSED, Outcome.TIMED_OUT),
    (Outcome.PASSED, Outcome.UNSUPPORTED),
    *(
        (good, bad)
        for good in (Outcome.KNOWN, Outcome.UNSUPPORTED)
        for bad in Outcome
        if bad not in (Outcome.KNOWN, Outcome.UNSUPPORTED, Outcome.PASSED)
    ),
}


@pytest.mark.parametrize("new", Outcome, ids=str)
@pytest.mark.parametrize("old", Outcome, ids=str)
def test_outcome_that_is_worse_is_a_regression(old: Outcome, new: Outcome) -> None:
    difference = difference_of(run_of(record("one", old)), run_of(record("one", new)))
    assert difference.is_regression == ((old, new) in REGRESSIONS)
    titles = [section.title for section in difference.sections]
    if old is new:
        assert titles == []
    elif (old, new) in REGRESSIONS:
        assert titles == ["mine: newly failing"]
    elif new is Outcome.PASSED and old not in (Outcome.KNOWN, Outcome.UNSUPPORTED):
        assert titles == ["mine: fixed"]
    else:
        assert titles == ["mine: another outcome"]


def test_newly_failing_case_is_told_with_its_mistake() -> None:
    new = record("one", Outcome.FAILED, diagnosis=("flips the filter",))
    told = changed(run_of(record("one")), run_of(new))
    assert told == {"mine: newly failing": ("one: passed → failed, likely: it flips the filter",)}


def exact(accuracy: Accuracy | None, case: str = "one") -> Record:
    return record(case, exactness=Exactness(accuracy=accuracy, margin=0.5))


@pytest.mark.parametrize(
    ("old", "new", "title"),
    [
        (Accuracy.EXACT_ORDER, Accuracy.TF32, "mine: looser accuracy class"),
        (Accuracy.TF32, None, "mine: looser accuracy class"),
        (Accuracy.BFLOAT16, Accuracy.FAST_ALGORITHM, "mine: stricter accuracy class"),
    ],
)
def test_accuracy_class_by_operation(old: Accuracy | None, new: Accuracy | None, title: str) -> None:
    difference = difference_of(run_of(exact(old)), run_of(exact(new)))
    assert [section.title for section in difference.sections] == [title]
    assert difference.is_regression == ("looser" in title)


def test_accuracy_is_compared_on_the_cases_of_both() -> None:
    old = run_of(exact(Accuracy.EXACT_ORDER))
    new = run_of(exact(Accuracy.EXACT_ORDER), exact(Accuracy.TF32, "two"))
    assert changed(old, new) == {"new cases": ("two",)}


def test_traits_and_versions_that_changed() -> None:
    statuses = [
        Status(
            name="mine",
            version=version,
            traits={"denormals": TraitValue(value=value), "determinism": TraitValue(value="yes")},
        )
        for version, value in (("1", "kept"), ("2", "flushed"))
    ]
    old, new = (run_of(record("one"), statuses=(status,)) for status in statuses)
    assert changed(old, new) == {"mine: traits": ("denormals: kept → flushed",), "mine: version": ("1 → 2",)}
    assert not difference_of(old, new).is_regression


def test_new_and_gone_cases_and_implementations() -> None:
    old = run_of(record("one"), record("gone"), record("one", name="before"))
    new = run_of(record("one"), record("new", Outcome.FAILED), record("one", name="after"))
    difference = difference_of(old, new)
    assert changed(old, new) == {
        "new implementations": ("after",),
        "implementations gone": ("before",),
        "new cases": ("new (mine failed)",),
        "cases gone": ("gone",),
    }
    assert [section.title for section in difference.sections if section.is_regression] == ["implementations gone"]
    assert difference.verdict == "worse: implementations gone"
    assert not difference_of(new, run_of(*new.records("mine"), *new.records("after"), record("two"))).is_regression


def stale_run(*entries: StaleEntry) -> Run:
    return run_of(record("one"), statuses=(Status(name="mine", stale=entries),))


def test_newly_stale_expectation_is_a_regression_but_where_it_only_warns() -> None:
    entry = StaleEntry(place="ours.yaml:3", pattern="on*", passed=("one",))
    warning = entry.model_copy(update={"fails": False})
    fails = changed(stale_run(), stale_run(entry))
    assert fails == {"mine: newly stale expectations": (entry.sentence(),)}
    assert difference_of(stale_run(), stale_run(entry)).is_regression
    assert changed(stale_run(), stale_run(warning)) == {
        "mine: newly stale expectations, which only warn": (entry.sentence(),)
    }
    assert not difference_of(stale_run(), stale_run(warning)).is_regression
    assert difference_of(stale_run(warning), stale_run(entry)).is_regression
    assert changed(stale_run(entry), stale_run(warning)) == {}


def test_expectation_that_was_stale_at_another_line_is_no_news() -> None:
    old, new = (StaleEntry(place=f"ours.yaml:{line}", pattern="on*") for line in (3, 7))
    assert changed(stale_run(old), stale_run(new)) == {}
    assert changed(stale_run(old), stale_run(new, old)) == {"mine: newly stale expectations": (old.sentence(),)}


@pytest.mark.parametrize(
    "after",
    [Status(name="mine", state=State.UNAVAILABLE, reason="no module"), Status(name="mine", incidents=("it died",))],
    ids=["unavailable", "incident"],
)
def test_implementation_that_is_no_longer_judged_is_a_regression(after: Status) -> None:
    difference = difference_of(run_of(record("one")), run_of(record("one"), statuses=(after,)))
    assert [section.title for section in difference.sections] == ["mine: no longer judged in full"]
    assert difference.is_regression


def test_long_lists_are_cut_but_for_what_is_worse() -> None:
    many = [f"case-{number}" for number in range(100)]
    better = difference_of(run_of(*(record(each, Outcome.ERROR) for each in many)), run_of(*map(record, many)))
    worse = difference_of(run_of(*map(record, many)), run_of(*(record(each, Outcome.ERROR) for each in many)))
    printed = []
    for difference in (better, worse):
        console = Console(file=StringIO(), width=200)
        print_difference(console, difference)
        assert isinstance(console.file, StringIO)
        printed.append(console.file.getvalue())
    assert "and 80 more" in printed[0]
    assert printed[1].count("passed → error") == 100


def test_markdown_escapes_and_says_the_verdict_first() -> None:
    new = record("one", Outcome.FAILED, diagnosis=(HOSTILE,))
    text = "".join(difference_markdown(difference_of(run_of(record("one")), run_of(new))))
    assert text.splitlines()[0] == "❌ **worse: mine: newly failing**"
    assert "<" not in text
    assert "\x1b" not in text
