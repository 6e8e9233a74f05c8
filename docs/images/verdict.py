"""Make verdict.svg: what `conformance run` says of the function in README.md, as a terminal shows it.

    python docs/images/verdict.py

The first failure stands for all of them; traits and what is unsupported are left out.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent

WIDTH = 118
"""Columns: as many as the README's page shows without scrolling."""

COMMAND = "conformance run -i mine.py:conv2d"


def printed() -> str:
    """Return what the command prints in a terminal, for the file that the README tells to write."""
    readme = (HERE.parent.parent / "README.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"<!-- file: mine.py -->\n```python\n(.*?)```", readme, re.DOTALL)
    words = [sys.executable, "-m", *COMMAND.split()]
    environment = os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mine.py").write_text(source, encoding="utf-8")
        done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout


def shortened(text: str) -> str:
    """Return the output up to the first failure and its facts, and the totals with what follows them."""
    _, *lines = text.rstrip().splitlines()  # the first names the catalogue, by a path
    (first,) = (index for index, line in enumerate(lines) if "failed valid-unequal-strides" in line)
    end = lines.index("", first)
    start = next(index for index, line in enumerate(lines) if "unsupported, " in line and "offers no" in line)
    facts = [line for line in lines[:start] if not re.match(r"(again:|.\[2mtrait)", line)]
    totals = next(index for index, line in enumerate(lines) if "mine.py:conv2d: " in line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join([*facts, *lines[first:end], "⋮", *lines[totals:]]))


def main() -> None:
    """Write the picture."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), highlight=False)
    console.print(Text.from_ansi(f"$ {COMMAND}\n{shortened(printed())}"))
    picture = console.export_svg(title="conformance", font_aspect_ratio=0.6, unique_id="verdict")
    fonts = re.compile(r"@font-face {.*?}\s*", re.DOTALL)  # from another site; the reader's own monospace will do
    (HERE / "verdict.svg").write_text(fonts.sub("", picture), encoding="utf-8")


if __name__ == "__main__":
    main()
