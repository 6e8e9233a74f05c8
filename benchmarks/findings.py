"""Run the scripts of docs/findings whose framework is installed, and tell which findings are reproduced here.

    python benchmarks/findings.py [WORD …]      only those whose name contains a word

Each runs in a process of its own: some findings end it, and their scripts look on from outside.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

SCRIPTS = sorted((Path(__file__).parent.parent / "docs" / "findings").glob("*.py"))

MODULES = {"litert": "ai_edge_litert"}
"""Frameworks whose module has another name than their scripts."""

SECONDS = 600


def outcome(script: Path) -> str:
    """Return the last line that a script prints, or why there is none."""
    framework = script.stem.split("_")[0]
    if find_spec(MODULES.get(framework, framework)) is None:
        return f"{framework} is not installed"
    try:
        command = [sys.executable, str(script)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"no end within {SECONDS} s"
    lines = done.stdout.splitlines()
    return lines[-1] if lines else f"ended with status {done.returncode}, without a word"


def main() -> None:
    """Run those that are asked for, and print a line for each."""
    for script in SCRIPTS:
        if not sys.argv[1:] or any(word in script.stem for word in sys.argv[1:]):
            print(f"{script.stem}: {outcome(script)}", flush=True)


if __name__ == "__main__":
    main()
