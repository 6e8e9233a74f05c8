"""The example of a program, and programs through the command."""

from __future__ import annotations

import sys
from pathlib import Path

from conftest import ROOT, Command

EXAMPLE = f"cmd:{sys.executable} {ROOT / 'examples' / 'program' / 'conv2d.py'}"


def test_example_is_right(command: Command) -> None:
    done = command("run", "-i", EXAMPLE, "-k", "basic or (conv2d and same) or groups or dtype or stride-and-dilation")
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout.splitlines()[-1]
    assert "stray" not in done.stdout


def test_example_refuses_what_has_no_meaning(command: Command) -> None:
    done = command("run", "-i", EXAMPLE, "--tier", "full", "-k", "refuses-channels or refuses-stride")
    assert done.returncode == 0, done.stdout


def test_faults_of_a_program_are_errors_of_their_cases(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text("import sys\nsys.exit('no licence')\n")
    spec = f"cmd:{sys.executable} mute.py"
    done = command("run", "-i", spec, "-k", "basic or channel")
    assert done.returncode == 1
    assert "conv2d: the program ended with status 1 without an answer; its last lines: no licence" in done.stdout
