"""Writing reports: whole or not at all, to files, devices and pipes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from conformance.errors import UsageError
from conformance.whole_file import replace_file

__all__ = ["check_target", "write_bytes", "write_file"]


def check_target(path: Path, option: str = "--json") -> None:
    """Refuse, before anything is judged, a file that cannot be written for lack of a folder.

    Args:
        path: the file.
        option: by which the user named it.

    Raises:
        UsageError: it names no file in an existing folder.
    """
    try:
        if path.is_dir() or not path.name or not path.parent.is_dir():
            raise UsageError(f"{option} must name a file in an existing folder, but is {str(path)!r}")
    except OSError as error:
        raise UsageError(f"{option} {str(path)!r} cannot be written ({error.strerror})") from error


def write_file(path: Path, text: Iterable[str], option: str = "--json") -> None:
    """Write text to a file, whole or not at all; a device or pipe is written to as it is.

    Args:
        path: the file.
        text: in parts, so that it need not be in memory as a whole; a lone surrogate becomes an escape.
        option: by which the user named it.

    Raises:
        UsageError: it cannot be written there; the message says why.
    """
    write_bytes(path, (part.encode("utf-8", "backslashreplace") for part in text), option)


def write_bytes(path: Path, content: Iterable[bytes], option: str) -> None:
    """Write bytes, otherwise as `write_file` does."""
    try:
        if _is_standard_output(path):
            sys.stdout.flush()
            with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output:
                output.writelines(content)
        elif path.exists() and not path.is_file():  # asked before links are followed: those of pipes lead nowhere
            with path.open("wb") as output:
                output.writelines(content)
        else:
            replace_file(path.resolve(), content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{option} {str(path)!r} cannot be written ({reason}); name a file that can be") from error


def _is_standard_output(path: Path) -> bool:
    """Tell whether `path` is what the report for people goes to; opening it again would write over that."""
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError, AttributeError):
        return False
