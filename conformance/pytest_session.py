"""The pytest session that runs, as far as cases have to know it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conformance.choices import DEFAULT_EXPECTATIONS

__all__ = ["begin", "catalogues", "destination", "end", "expectations", "option", "register_marks"]

_sessions: list[Any] = []
"""Their configurations, the last one that of the session that runs: pytest's own tests start sessions within one."""


def begin(config: Any) -> None:
    """Remember a session by its configuration."""
    _sessions.append(config)


def end(config: Any) -> None:
    """Forget it."""
    if config in _sessions:
        _sessions.remove(config)


def destination(name: str) -> str:
    """Return under which name pytest keeps an option of ours, whatever others call theirs.

    >>> destination("--catalogue")
    'conformance_catalogue'
    """
    return f"conformance_{name.removeprefix('--').removeprefix('conformance-')}"


def option(name: str, default: Any) -> Any:
    """Return an option of ours, in a worker of xdist too, which gets the values and does not parse them again."""
    return getattr(_sessions[-1].option, destination(name), default) if _sessions else default


def catalogues() -> tuple[Path, ...]:
    """Return the files of `--catalogue`."""
    return tuple(map(Path, option("--catalogue", [])))


def expectations() -> Path | None:
    """Return the file of `--expectations`, or else the one in the rootdir, if there is one."""
    named = option("--expectations", None)
    if named is not None or not _sessions:
        return named and Path(named)
    found: Path = _sessions[-1].rootpath / DEFAULT_EXPECTATIONS
    if not found.is_file():
        return None
    return found.relative_to(Path.cwd()) if found.is_relative_to(Path.cwd()) else found


def register_marks(tags: Iterable[str]) -> None:
    """Make tags known as marks, for sessions in which marks must be."""
    if not _sessions:
        return
    config = _sessions[-1]
    known = {line.partition(":")[0].partition("(")[0].strip() for line in config.getini("markers")}
    for tag in tags:
        if tag not in known:
            config.addinivalue_line("markers", f"{tag}: a tag of conformance cases")
