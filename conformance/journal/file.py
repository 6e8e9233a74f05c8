"""The file of a journal: opened so that nothing in it is lost, and by one run at a time."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from conformance.errors import UsageError
from conformance.journal.lines import Note

__all__ = ["open_journal"]


def open_journal(path: Path | None, resume: bool) -> IO[bytes]:
    """Return the file, opened and kept from other runs, with what is in it.

    Raises:
        UsageError: what is in it would be lost.
    """
    if path is None:
        return tempfile.NamedTemporaryFile(prefix="conformance-", buffering=0)
    is_new = not resume and not path.exists()
    with ExitStack() as opened:
        file = opened.enter_context(path.open("x+b" if is_new else "r+b", buffering=0))
        _lock(file, path)
        if not is_new and not resume and not _is_complete(file):
            text = (
                f"--journal {path}: holds no complete journal; go on with it by --resume {path}, or name another file"
            )
            raise UsageError(text)
        opened.pop_all()
    return file


def _is_complete(file: IO[bytes]) -> bool:
    """Tell whether a file is empty, or the journal of a run that came to its end."""
    last = Note(complete=True).model_dump_json(exclude_defaults=True).encode() + b"\n"
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - len(last)))
    is_complete = not size or file.read() == last
    file.seek(0)
    return is_complete


def _lock(file: IO[bytes], path: Path) -> None:
    """Keep other runs from writing to the file, where the system can."""
    with suppress(ImportError):
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"journal {path}: another run is writing to it; wait for that") from error
