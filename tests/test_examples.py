"""The examples get the verdicts that examples/README.md tells."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from conftest import ROOT, Command

EXAMPLES = ROOT / "examples"

ROWS = re.findall(r"^\| `conformance (.+?)` \| (.+?) \|$", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
"""The arguments of each command, and what it says."""


def test_every_example_is_told() -> None:
    told = {line.split("/")[1].split(":")[0] for line, _ in ROWS}
    assert {path.name for path in EXAMPLES.glob("*.py")} == told


@pytest.mark.parametrize(("line", "said"), ROWS, ids=[line.split("/")[1] for line, _ in ROWS])
def test_example_gets_its_verdict(command: Command, tmp_path: Path, line: str, said: str) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    done = command(*line.split())
    assert said in done.stdout
    assert done.returncode == int("most likely" in said)
