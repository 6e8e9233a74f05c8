"""Time what a new user waits for: from a fresh clone to the verdict of a function of his own.

    python benchmarks/first_verdict.py [RUNS]

Makes a virtual environment in an empty folder, installs the project without extras, writes the function of README.md to
`mine.py`, and judges it: once right after the install, when Python still compiles what it imports, and RUNS times more.
What the install takes depends on the network and on pip's cache, which is used as it is.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parent.parent


def timed(name: str, command: list[str], folder: Path, statuses: tuple[int, ...] = (0,)) -> tuple[float, str]:
    """Run `command` as a new user would, print and return its wall time in seconds, and return what it printed."""
    foreign = {"PYTHONPATH", "VIRTUAL_ENV"}  # of whoever runs this
    environment = {key: value for key, value in os.environ.items() if key not in foreign}
    start = perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds = perf_counter() - start
    if done.returncode not in statuses:
        raise SystemExit(f"{name} ended with status {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    print(f"{name:<48} {seconds:6.1f} s", flush=True)
    return seconds, done.stdout


def function_of_readme() -> str:
    """Return the file that README.md tells to write."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"<!-- file: mine.py -->\n```python\n(.*?)```", text, re.DOTALL)
    return str(source)


def main() -> None:
    """Take the steps in turn, and print the wall time of each and of all until the verdict."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mine.py").write_text(function_of_readme(), encoding="utf-8")
        scripts = folder / ".venv" / ("Scripts" if os.name == "nt" else "bin")
        pip = [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(ROOT)]
        judge = [str(scripts / "conformance"), "run", "-i", "mine.py:conv2d"]
        total, _ = timed("python -m venv .venv", [sys.executable, "-m", "venv", ".venv"], folder)
        total += timed("pip install .", pip, folder)[0]
        seconds, printed = timed("conformance run -i mine.py:conv2d, first", judge, folder, (1,))
        print(f"{'until the verdict':<48} {total + seconds:6.1f} s")
        again = [timed("conformance run -i mine.py:conv2d, again", judge, folder, (1,))[0] for _ in range(runs)]
        if again:
            print(f"{'median of these':<48} {statistics.median(again):6.1f} s")
    (verdict,) = re.findall(r"^most likely: .*$", printed, re.MULTILINE)
    print(verdict)
    print(printed.splitlines()[-1])


if __name__ == "__main__":
    main()
