"""What can go wrong outside the judged implementation, as messages for people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "CatalogueError",
    "ConformanceError",
    "Fault",
    "Unavailable",
    "Unsupported",
    "UsageError",
    "described",
    "text_of",
]


class ConformanceError(Exception):
    """Base of all errors that are reported as one message, without a traceback."""


class UsageError(ConformanceError):
    """A command was given something that it cannot work with."""


class Unavailable(ConformanceError):
    """An implementation cannot be imported; the message says why."""


class Unsupported(ConformanceError):
    """An implementation does not offer what a case asks; the message says what."""


@dataclass(frozen=True, order=True, slots=True)
class Fault:
    """One thing wrong in a catalogue: where, and what to do about it.

    >>> print(Fault(Path("cases.yaml"), 41, "strides must be >= 1, but is 0", case="case 'x'"))
    cases.yaml:41: case 'x': strides must be >= 1, but is 0
    """

    file: Path
    line: int
    text: str
    case: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return ": ".join(part for part in (place, self.case, self.text) if part)


class CatalogueError(ConformanceError):
    """A catalogue cannot be used; holds every fault that was found in it."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(map(str, self.faults)))


def described(error: BaseException) -> str:
    """Return the type and the text of an exception.

    >>> described(ValueError("no kernel"))
    'ValueError: no kernel'
    """
    return f"{type(error).__name__}: {text_of(error)}"


def text_of(error: BaseException) -> str:
    """Return the text of an exception, which may be of any code, even of such as fails to give one."""
    try:
        return str(error)
    except (Exception, SystemExit) as failure:
        return f"(its text cannot be had: it raises {type(failure).__name__})"
