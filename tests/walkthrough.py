"""Documents whose commands are run: blocks below a mark, such as `<!-- exit: 1 -->`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from conftest import Command

__all__ = ["blocks_of", "walk"]


def blocks_of(document: Path) -> list[tuple[str, str]]:
    """Return the marks of a document, each with the block below it."""
    return re.findall(r"<!-- (.+?) -->\n```\w+\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)


def walk(document: Path, command: Command, folder: Path) -> None:
    """Do what a document says, in its order: write the files, run the commands, compare status and output.

    Args:
        document: in Markdown.
        command: that runs `conformance` in `folder`.
        folder: where the files go.
    """
    printed = ""
    for mark, block in blocks_of(document):
        kind, _, value = mark.partition(": ")
        if kind == "file":
            (folder / value).write_text(block, encoding="utf-8")
        elif kind == "exit":
            done = [command(*shlex.split(line)[1:]) for line in block.splitlines()]
            printed = done[-1].stdout
            assert [each.stderr for each in done] == [""] * len(done)
            assert done[-1].returncode == int(value), printed
        else:
            assert kind == "printed"
            assert block.rstrip("\n") in printed
