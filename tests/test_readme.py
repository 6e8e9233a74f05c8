"""README.md is true: its commands run in an empty folder, its files are right, its output is what comes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from conftest import ROOT, Command

from conformance.choices import DEFAULT_SECONDS, DEFAULT_TIMEOUT
from conformance.defects import DEFECTS
from conformance.implementations import ADAPTERS

README = (ROOT / "README.md").read_text(encoding="utf-8")

BLOCKS = re.findall(r"<!-- (.+?) -->\n```\w+\n(.*?)```", README, re.DOTALL)


def test_the_two_commands_come_first() -> None:
    assert BLOCKS[:2] == [
        ("run", "pip install '.[tensorflow]' && conformance run\n"),
        ("test", "pip install -e '.[test]' && pytest -n auto\n"),
    ]


def test_ci_runs_the_readme_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'step "$(readme run)"' in script
    assert 'step "$(readme test)"' in script


def test_walkthrough_works_as_printed(command: Command, tmp_path: Path) -> None:
    printed = ""
    for mark, block in BLOCKS[2:]:
        if mark.startswith("file: "):
            (tmp_path / mark.removeprefix("file: ")).write_text(block, encoding="utf-8")
        elif mark.startswith("exit: "):
            done = [command(*shlex.split(line)[1:]) for line in block.splitlines()]
            printed = done[-1].stdout
            assert [each.returncode for each in done[:-1]] == [0] * (len(done) - 1)
            assert done[-1].returncode == int(mark.removeprefix("exit: ")), printed
        else:
            assert mark == "printed"
            assert block in printed


def test_reference_example_runs() -> None:
    section = README[README.index("## The reference") :]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert "assert" in code
    exec(code, {})  # noqa: S102


def test_every_command_shown_is_marked_and_so_executed() -> None:
    shown = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    assert shown == [block for mark, block in BLOCKS if mark in ("run", "test") or mark.startswith("exit: ")]


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_linked_files_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert (ROOT / target).exists(), target


def test_every_key_of_a_case_is_documented() -> None:
    from conformance.catalogue.schema import CaseEntry, RefusedEntry

    table = README[README.index("## Add a case") :]
    rows = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert documented == CaseEntry.model_fields.keys() | RefusedEntry.model_fields.keys()


def test_the_kit_is_as_large_as_it_says() -> None:
    (claimed,) = re.findall(r"a kit of more than (\d+)\s+wrong implementations", README)
    assert int(claimed) < len(DEFECTS)


def test_limits_and_adapters_are_those_of_the_program() -> None:
    text = " ".join(README.split())
    assert f"no answer came in time: {DEFAULT_TIMEOUT:g} seconds, or what `--timeout` says" in text
    assert f"for {DEFAULT_SECONDS:g} seconds an implementation or what `--diagnose SECONDS` says" in text
    told = text.split("shows the adapters: ")[1].split(", each with what it offers")[0]
    names = {name.split("-")[0] for name in ADAPTERS}
    assert {name.replace(" ", "").lower().removeprefix("py") for name in re.split(", | and ", told)} == {
        "tensorflowinfourmodes" if name == "tensorflow" else name for name in names
    }
    assert sum(name.startswith("tensorflow") for name in ADAPTERS) == 4
