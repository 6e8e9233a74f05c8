"""The pages of the documents, and a walk through one: what it tells to write is written, what it shows is run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import typer
from conftest import ROOT

from conformance.cli import app

__all__ = ["MARKS", "PAGES", "blocks", "options_of", "run_line", "text_of", "walk"]

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

MARKS = ("run", "test", "exit: ", "build", "in: ", "not run: ")
"""What may stand over commands: the first two are for .ci/run, the next one for `walk`; docs/native.md has tests of its
own for what is built, and the last one says why nothing runs them."""

_COMMANDS: Any = typer.main.get_command(app)


def text_of(name: str) -> str:
    """Return the text of a page, by its path in the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str) -> list[tuple[str, str]]:
    """Return the marked blocks of a page: the mark, and what stands in the block."""
    return re.findall(r"<!-- ([^\n]+) -->\n```\w+\n(.*?)```", text, re.DOTALL)


def options_of(words: list[str]) -> set[str]:
    """Return the options of the command that a line calls, by all of their names."""
    command = _COMMANDS
    for word in words[1:]:
        command = getattr(command, "commands", {}).get(word, command)
    return {option for parameter in command.params for option in parameter.opts}


def run_line(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a page, which must call `conformance` or `python`."""
    program, *arguments = shlex.split(line)
    assert program in ("conformance", "python"), line
    words = [sys.executable, *(["-m", "conformance"] if program == "conformance" else []), *arguments]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def walk(marked: list[tuple[str, str]], folder: Path) -> None:
    """Do what a page says in an empty folder, beside the examples, and compare what is printed and how it ends."""
    (folder / "examples").symlink_to(ROOT / "examples")
    printed = ""
    for mark, block in marked:
        if mark.startswith("file: "):
            path = folder / mark.removeprefix("file: ")
            path.parent.mkdir(exist_ok=True)
            path.write_text(block, encoding="utf-8")
        elif mark.startswith("exit: "):
            done = [run_line(line, folder) for line in block.splitlines()]
            printed = done[-1].stdout
            assert [each.returncode for each in done[:-1]] == [0] * (len(done) - 1), [each.stderr for each in done]
            assert not [each.stderr for each in done if "Traceback" in each.stderr]
            assert done[-1].returncode == int(mark.removeprefix("exit: ")), printed + done[-1].stderr
        elif mark == "printed":
            assert block in printed
        elif mark == "printed in part":
            assert block.rstrip("\n") in printed
