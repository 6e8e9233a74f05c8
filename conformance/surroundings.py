"""What a process has only one of, and what an implementation may change of it: noticed, put back, and reported.

| noticed                    | put back |
|----------------------------|----------|
| the working directory      | yes      |
| environment variables      | yes      |
| signal handlers            | yes      |
| NumPy's error state        | yes      |
| threads that are left over | no       |

Looked at round each case, NumPy's error state round each call.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["OWN", "Surroundings", "note_error_state", "take_notes"]

OWN = "conformance"
"""The name of threads that are the harness's own."""

_HANDLED = [signal.SIGINT, signal.SIGTERM, *([signal.SIGALRM, signal.SIGCHLD] if os.name == "posix" else [])]

_notes: dict[str, None] = {}
"""What was noticed and not yet taken, in sentences without a subject."""


def note_error_state(expected: Any) -> None:
    """Take note where NumPy's error state is another one than was set for the call."""
    if np.geterr() != expected:
        _notes["changes NumPy's error state"] = None


def take_notes() -> tuple[str, ...]:
    """Return what was noticed since the last time."""
    taken = tuple(_notes)
    _notes.clear()
    return taken


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A process at one moment; made by `now`."""

    folder: str
    variables: dict[str, str]
    handlers: list[Any]
    threads: int

    @classmethod
    def now(cls) -> Surroundings:
        """Return how things are."""
        handlers = [signal.getsignal(each) for each in _HANDLED]
        return cls(_folder(), os.environ.copy(), handlers, sum(each.name != OWN for each in threading.enumerate()))

    def restore(self) -> None:
        """Put back what has changed since, and take note of it."""
        now = Surroundings.now()
        if now.folder != self.folder:
            _notes["changes the working directory"] = None
            with suppress(OSError):
                os.chdir(self.folder)
        if now.variables != self.variables:
            changed = sorted({name for name, _ in now.variables.items() ^ self.variables.items()})
            _notes[f"changes environment variables ({', '.join(changed)})"] = None
            os.environ.clear()
            os.environ.update(self.variables)
        for each, before, after in zip(_HANDLED, self.handlers, now.handlers, strict=True):
            if before is not after and before != after:
                _notes[f"changes the handler of {each.name}"] = None
                with suppress(ValueError, TypeError):  # in a thread, or one that was not set by Python
                    signal.signal(each, before)
        if now.threads > self.threads:
            _notes["leaves threads behind"] = None


def _folder() -> str:
    """Return the working directory; nothing where it was removed."""
    try:
        return os.getcwd()  # noqa: PTH109  # three times as fast, and asked twice for each case
    except OSError:
        return ""
