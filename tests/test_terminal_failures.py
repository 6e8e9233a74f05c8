"""Failures in a terminal, and in a pipe: the grid, the command to go on with, and texts that command nothing."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console
from runs import HOSTILE, SHOWN, hostile_run, record, run_of

from conformance.case import Outcome
from conformance.record import Smallest, Status
from conformance.reports import Progress, Run, new_console, print_run


def shown(run: Run, *, terminal: bool = True, verbose: bool = False) -> str:
    console = Console(
        file=io.StringIO(), force_terminal=terminal, color_system="standard" if terminal else None, width=200
    )
    print_run(console, run, verbose=verbose)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


FAILING = run_of(record("one"), record("two", Outcome.FAILED, shown=SHOWN))


def test_grid_shows_where_the_output_is_wrong() -> None:
    text = shown(FAILING)
    assert "  · ·\n  · ■\ncase:   two" in plain(text)
    assert "\x1b[31m■" in text


def test_grid_is_plain_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    print_run(console, FAILING)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "· ■" in plain(text)
    assert not re.search(r"\x1b\[[\d;]*3[0-9]m", text)


def test_no_grid_and_no_colour_in_a_pipe() -> None:
    text = shown(FAILING, terminal=False)
    assert "■" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize(("verbose", "grids"), [(False, 3), (True, 5)])
def test_grids_of_the_first_failures_only(verbose: bool, grids: int) -> None:
    run = run_of(*(record(f"case-{number}", Outcome.FAILED, shown=SHOWN) for number in range(5)))
    assert shown(run, verbose=verbose).count("■") == grids


def test_next_is_the_first_failure() -> None:
    lines = shown(FAILING, terminal=False).splitlines()
    assert lines[-2:] == ["mine: 1 passed, 1 failed", "next: conformance show two"]


def test_next_is_rather_the_smallest_case() -> None:
    status = Status(name="mine", minimal=Smallest(case="- id: tiny", command="conformance show tiny"))
    run = run_of(record("two", Outcome.FAILED), statuses=(status,))
    assert shown(run, terminal=False).splitlines()[-1] == "next: conformance show tiny"


def test_nothing_is_next_where_all_is_green() -> None:
    run = run_of(record("one"), record("two", Outcome.KNOWN))
    assert "next:" not in shown(run, terminal=False)


@pytest.mark.parametrize("terminal", [False, True])
def test_texts_command_no_terminal(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    console = new_console()
    console.file = io.StringIO()
    console._force_terminal = terminal
    print_run(console, hostile_run(), verbose=True)
    text = console.file.getvalue()
    assert not re.search("[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\u202e\ud800-\udfff]", text)
    assert not re.search(r"\x1b(?!\[[\d;]*m)", text)
    assert "\\x1b[31m" in text
    assert "\x1b[31m|" not in text  # what HOSTILE asks for


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def followed(seconds: list[float], resumed: int = 0) -> list[str]:
    """Return the lines of a run that shows a case after each of these seconds, without a terminal."""
    clock, file = Clock(), io.StringIO()
    with Progress("mine", 90, Console(file=file, width=200), clock) as progress:
        if resumed:
            progress.resume(resumed)
        for number, pause in enumerate(seconds, 1):
            clock.now += pause
            progress.show(f"case-{number}", resumed + number)
    return file.getvalue().splitlines()


def test_short_run_tells_nothing_where_there_is_no_terminal() -> None:
    assert followed([0.1] * 90) == []


def test_long_run_tells_a_line_every_ten_seconds() -> None:
    assert followed([4.0] * 6) == ["mine: 3/90, 0.25 cases/s, case-3", "mine: 6/90, 0.25 cases/s, case-6"]


def test_rate_does_not_count_what_an_earlier_run_has_judged() -> None:
    assert followed([10.0], resumed=50) == ["mine: 51/90, 0.1 cases/s, case-1"]


def test_terminal_has_a_bar_with_case_and_rate() -> None:
    file, clock = io.StringIO(), Clock()
    with Progress("mine", 3, Console(file=file, force_terminal=True, width=200), clock) as progress:
        for number in range(3):
            progress.show(f"case-{number}", number)
        progress._bar.refresh()
    text = plain(file.getvalue())
    assert "2/3" in text
    assert "case-2" in text
    assert HOSTILE not in text


@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_bar_is_one_line_however_narrow_the_terminal(width: int) -> None:
    file, ticks = io.StringIO(), iter(range(10_000))
    console = Console(file=file, force_terminal=True, width=width)
    with Progress("somebody/wrong.py:conv2d", 1_000_000, console, lambda: float(next(ticks))) as progress:
        for done in range(3):
            progress.show("path-float64-depthwise.depthwise-conv2d-backprop-filter", 1000 * done)
            progress._bar.refresh()
    printed = file.getvalue()
    assert "\x1b[1A\x1b[2K" not in printed.rpartition("\x1b[?25h")[0]  # nothing but the last line is taken back
    assert "2000/1000000" in printed
    assert "path-f" in printed
