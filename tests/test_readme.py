"""README.md is true: its commands run in an empty folder, its files are right, its output is what comes."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import ROOT, Command
from documents import blocks, text_of, walk

from conformance.defects import DEFECTS
from conformance.implementations import ADAPTERS

README = text_of("README.md")

BLOCKS = blocks(README)

SHOWN = text_of("docs/images/verdict.svg").replace("&#160;", " ")
"""The picture's text."""


def test_the_two_commands_come_first() -> None:
    assert BLOCKS[:2] == [
        ("run", "pip install '.[tensorflow]' && conformance run\n"),
        ("test", "pip install -e '.[test]' && pytest -n auto\n"),
    ]


def test_ci_runs_the_readme_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'step "$(readme run)"' in script
    assert 'step "$(readme test)"' in script


def test_walkthrough_works_as_printed(tmp_path: Path) -> None:
    walk(BLOCKS[2:], tmp_path)


def test_every_command_shown_is_marked_and_so_executed() -> None:
    shown = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    assert shown == [block for mark, block in BLOCKS if mark in ("run", "test") or mark.startswith("exit: ")]


def test_picture_shows_the_diagnosis_that_the_text_tells() -> None:
    (told,) = re.findall(r"^most likely: .+$", README, re.MULTILINE)
    assert told in SHOWN


def test_picture_shows_the_totals_of_today(command: Command, tmp_path: Path) -> None:
    (function,) = (block for mark, block in BLOCKS if mark == "file: mine.py")
    (tmp_path / "mine.py").write_text(function, encoding="utf-8")
    printed = command("run", "-i", "mine.py:conv2d", "--diagnose", "0").stdout
    (totals,) = re.findall(r"^mine\.py:conv2d: .+$", printed, re.MULTILINE)
    assert totals in SHOWN, "run python docs/images/verdict.py"


def test_the_kit_is_as_large_as_it_says() -> None:
    (claimed,) = re.findall(r"a kit of more than (\d+)\s+wrong implementations", README)
    assert int(claimed) < len(DEFECTS)


def test_there_are_as_many_frameworks_as_it_says() -> None:
    assert "thirteen frameworks" in README
    frameworks = {name.split("-")[0] for name in ADAPTERS}
    assert len(frameworks) == 13
    rows = re.findall(r"^\| `(\w+)[\w-]*` \| \d", text_of("docs/matrix.md"), re.MULTILINE)
    assert {*rows} == frameworks
