"""How far a run is: a bar where somebody looks, now and then a line where nobody does."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from types import TracebackType

from rich import progress
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from conformance.reports.terminal import new_console

__all__ = ["Progress"]

_SECONDS = 10.0
"""From one line to the next: a log of a run of an hour stays readable, and nobody takes a run of minutes for dead."""

_BAR_FROM, _RATE_FROM = 80, 60
"""Columns of a terminal that has room for a bar, and for the rate, beside the words."""

_RATE = 16
"""Columns that the rate takes at most."""


class Progress:
    """How far one implementation is; a context manager, on the standard error.

    Args:
        name: of the implementation.
        total: the cases.
        console: another place.
        clock: tells seconds.
    """

    def __init__(
        self, name: str, total: int, console: Console | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self._name, self._total, self._clock = name, total, clock
        self._console = console or new_console(stderr=True)
        columns = _columns(self._console.width, name, total)
        self._bar = progress.Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        )
        self._task = self._bar.add_task("", total=total, name=name, case="importing")
        self._start = self._told = clock()
        self._before = 0

    def __enter__(self) -> Progress:
        """Begin."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._bar.stop()

    def resume(self, done: int) -> None:
        """Begin behind cases that an earlier run has judged."""
        self._before = done
        self._bar.reset(self._task, completed=done)

    def show(self, doing: str, done: int = 0) -> None:
        """Tell what comes next.

        Args:
            doing: the case, or whatever else.
            done: the cases that are behind.
        """
        self._bar.update(self._task, completed=done, case=doing)
        now = self._clock()
        if self._console.is_terminal or now - self._told < _SECONDS:
            return
        self._told = now
        rate = f"{(done - self._before) / (now - self._start):.3g} cases/s"
        line = f"{self._name}: {done}/{self._total}, {rate}, {doing}"
        self._console.print(line, markup=False, soft_wrap=True)


def _columns(width: int, name: str, total: int) -> list[progress.ProgressColumn]:
    """Return what stands in a line of so many columns; the case takes what is left."""
    shown = min(cell_len(name), width // 4)
    columns = [_Words("name", shown), progress.MofNCompleteColumn()]
    taken = shown + 2 * len(str(total)) + 1
    if width >= _BAR_FROM:
        columns.insert(1, progress.BarColumn(width // 6))
        taken += width // 6
    if width >= _RATE_FROM:
        columns.append(_Rate())
        taken += _RATE
    return [*columns, _Words("case", width - taken - len(columns))]


class _Words(progress.ProgressColumn):
    """Words of a task, shortened to the room that there is, so that the bar stays one line."""

    def __init__(self, field: str, room: int) -> None:
        super().__init__()
        self._field, self._room = field, room

    def render(self, task: progress.Task) -> Text:
        """Return the words."""
        words = Text(str(task.fields[self._field]))
        words.truncate(max(0, self._room), overflow="ellipsis")
        return words


class _Rate(progress.ProgressColumn):
    """Cases a second."""

    def render(self, task: progress.Task) -> Text:
        """Return the rate of late; nothing before there is one."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.3g} cases/s", style="dim")
