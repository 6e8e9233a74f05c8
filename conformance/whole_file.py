"""Files that are written whole or not at all, whoever else writes them at the same time."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from secrets import token_hex

__all__ = ["replace_file"]

_SHOWN = 32
"""Characters of a file's name that the name of its beginning has, which a file system must take too."""


def replace_file(path: Path, content: Iterable[bytes]) -> None:
    """Write a file beside `path`, under a name of its own, and put it there once it is complete.

    Args:
        path: of the file, no link; one that is there is replaced, and its mode is kept.
        content: in parts.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    partial = path.with_name(f"{path.name[:_SHOWN]}.{token_hex(8)}.partial")
    try:
        with partial.open("xb") as output:  # not by `tempfile`, whose files nobody else may read
            output.writelines(content)
        if path.exists():
            shutil.copymode(path, partial)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
