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

__all__ = ["MARKS", "PAGES", "blocks", "is_coming", "lacking_options", "options_of", "run_line", "text_of", "walk"]

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

MARKS = ("run", "test", "exit: ", "build", "in: ", "not run: ")
"""What may stand over commands: the first two are for .ci/run, the next one for `walk`; docs/native.md has tests of its
own for what is built, and the last one says why nothing runs them."""

_COMMANDS: Any = typer.main.get_command(app)

_COMING = {"report"}
"""Commands that pages show and this version may lack; where it does, only their spelling is there to be looked at."""

_COMING_OPTIONS = {"--html", "--junit", "--markdown"}


def text_of(name: str) -> str:
    """Return the text of a page, by its path in the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str) -> list[tuple[str, str]]:
    """Return the marked blocks of a page: the mark, and what stands in the block."""
    return re.findall(r"<!-- (.+?) -->\n```\w+\n(.*?)```", text, re.DOTALL)


def is_coming(words: list[str]) -> bool:
    """Tell whether a command is one that this version does not have yet."""
    return words[0] == "conformance" and words[1] in _COMING - set(_names())


def lacking_options() -> set[str]:
    """Return the options that pages show and `conformance run` does not have yet, likewise."""
    return _COMING_OPTIONS - options_of("run")


def options_of(command: str) -> set[str]:
    """Return the options of a command, by all of their names."""
    return {option for parameter in _COMMANDS.commands[command].params for option in parameter.opts}


def _names() -> list[str]:
    return list(_COMMANDS.commands)


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
            lines = [line for line in block.splitlines() if not is_coming(shlex.split(line))]
            done = [run_line(line, folder) for line in lines]
            printed = done[-1].stdout
            assert [each.returncode for each in done[:-1]] == [0] * (len(done) - 1), [each.stderr for each in done]
            assert done[-1].returncode == int(mark.removeprefix("exit: ")), printed + done[-1].stderr
        elif mark == "printed":
            assert block in printed
