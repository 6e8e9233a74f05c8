"""The tables: a line a case, however narrow the terminal."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from conformance.case import Operation, Outcome
from conformance.catalogue import load_catalogue
from conformance.record import Status, record_of
from conformance.reports import Run, print_cases, print_run
from conformance.runner import Result

CASES = load_catalogue()


def narrow(width: int) -> Console:
    return Console(width=width, file=StringIO(), highlight=False, emoji=False)


def printed(console: Console) -> list[str]:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def a_run(offered: frozenset[str] = frozenset(Operation)) -> Run:
    results = [
        Result(case, "mine", Outcome.PASSED, "exact")
        if case.operation in offered
        else Result(case, "mine", Outcome.UNSUPPORTED, detail=f"mine offers no {case.operation}")
        for case in CASES
    ]
    return run_of(results, offered)


def run_of(results: list[Result], offered: frozenset[str]) -> Run:
    run = Run({"catalogues": ["cases.yaml"]}, [Status(name="mine", offered=tuple(offered))])
    for result in results:
        run.add(record_of(result))
    return run


@pytest.mark.parametrize("width", [70, 80, 100, 120, 160])
def test_case_takes_one_line(width: int) -> None:
    console = narrow(width)
    print_run(console, a_run(), verbose=True)
    lines = printed(console)
    table = lines[2 : lines.index("")]
    assert [line.split()[0] for line in table] == ["case", *(case.id for case in CASES)]
    assert all(len(line) <= width for line in table)
    assert all(line.endswith("passed") for line in (line.rstrip() for line in table[1:]))


def test_case_takes_two_lines_at_most_where_its_id_does_not_fit() -> None:
    console = narrow(40)
    print_run(console, a_run(), verbose=True)
    lines = printed(console)
    table = lines[3 : lines.index("")]
    assert sum("passed" in line for line in table) == len(CASES)
    assert len(table) <= 2 * len(CASES)


def test_wide_terminal_shows_every_column() -> None:
    console = narrow(160)
    print_run(console, a_run(), verbose=True)
    assert printed(console)[2].split() == ["case", "problem", "P", "S", "rule", "outcome"]
    assert "multiple-filters-and-bias (4×4×3) * (3×3×3×4) + (4) = (2×2×4) VALID 1 exact passed" in [
        " ".join(line.split()) for line in printed(console)
    ]


@pytest.mark.parametrize("width", [80, 120])
def test_listed_case_takes_one_line(width: int) -> None:
    console = narrow(width)
    print_cases(console, CASES)
    assert [line.split()[0] for line in printed(console)] == ["case", *(case.id for case in CASES)]


def test_operations_that_are_not_offered_take_one_line() -> None:
    console = narrow(80)
    print_run(console, a_run(frozenset({"conv2d"})), verbose=True)
    lines = printed(console)
    others = [case for case in CASES if case.operation is not Operation.CONV2D]
    names = ", ".join(dict.fromkeys(str(case.operation) for case in others))
    assert f"unsupported, {len(others)} cases: mine offers no {names}" in lines
    assert not any(line.startswith(case.id) for line in lines for case in others)
    assert lines[-1] == f"mine: {len(CASES) - len(others)} passed, {len(others)} unsupported"


def test_no_table_where_nothing_is_offered() -> None:
    console = narrow(80)
    cases = [case for case in CASES if case.id == "basic"]
    results = [Result(case, "mine", Outcome.UNSUPPORTED, detail="mine offers no conv2d") for case in cases]
    print_run(console, run_of(results, frozenset({"conv1d"})), verbose=True)
    assert printed(console) == [
        "catalogue: cases.yaml",
        "mine",
        "unsupported, 1 case: mine offers no conv2d",
        "",
        "mine: 1 unsupported",
    ]
