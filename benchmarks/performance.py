"""Measure what the harness costs and how fast the reference is, in ratios, and write the table of docs/performance.md.

    python benchmarks/performance.py [--runs 9] [--rounds 15]

Minutes, on a machine that does nothing else. Each part is a script or a command of its own, which can be run alone; its
two sides take turns in one run, and what is told is the median of the ratios, with the middle half of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ratios import read_ratios

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a ratio by the name that its script gives it, in words, with its goal."""

    name: str
    words: str
    over: str
    goal: str


SCRIPTS = {
    "harness_cost.py": (
        Row("run", "`conformance run`, TensorFlow judged", '`python -c "import tensorflow"`', "1.5"),
        Row("pytest", "pytest on the same cases, `reference` judged", "`conformance run --isolate none`", "2"),
        Row("help", "`conformance --help`", '`python -c "import numpy"`', "3"),
    ),
    "trial_cost.py": (
        Row("with over bare", "core catalogue judged, TensorFlow in this process", "its three calls of each case", "3"),
        Row("with over without", "the same", "one call and one comparison of each case", "–"),
    ),
    "oracle_speed.py": (Row("oracle", "the oracle, eight layers and kinds of data", "TensorFlow's convolution", "20"),),
}


def run(script: str, *options: str) -> str:
    """Return what a script prints."""
    print(f"{script} …", file=sys.stderr, flush=True)
    command = [sys.executable, str(HERE / script), *options]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def script_lines(runs: int) -> list[str]:
    """Return a line of the table for each ratio that the scripts measure."""
    options = {"harness_cost.py": ("--runs", str(runs)), "trial_cost.py": (str(runs),)}
    lines = []
    for script, rows in SCRIPTS.items():
        found = {ratio.name: ratio for ratio in read_ratios(run(script, *options.get(script, ())))}
        for row in rows:
            ratio = found[row.name]
            half = f"{ratio.first:.2f} to {ratio.third:.2f}"
            lines.append(f"| {row.words} | {row.over} | {row.goal} | {ratio.median:.2f} | {half} | `{script}` |")
    return lines


def layer_line(layers: str, rounds: int) -> str:
    """Return a line of the table for the reference over TensorFlow on the layers of a network."""
    print(f"bench {layers} …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.json"
        command = [sys.executable, "-m", "conformance", "bench", "-i", "tensorflow", "-i", "reference"]
        options = ["--layers", layers, "--rounds", str(rounds), "--json", str(file)]
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
        report = json.loads(file.read_text(encoding="utf-8"))
    ratios = sorted(layer["results"][1]["ratio"] for layer in report["layers"])
    mean = report["summary"]["reference"]["geometric_mean"]
    half = f"{ratios[len(ratios) // 4]:.2f} to {ratios[3 * len(ratios) // 4]:.2f}"
    words = f"`reference`, the layers of {layers}, geometric mean"
    return f"| {words} | TensorFlow | – | {mean:.2f} | {half} | `conformance bench` |"


def main() -> None:
    """Measure everything, and write the table into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="of each command and of the catalogue")
    parser.add_argument("--rounds", type=int, default=15, help="of each layer")
    arguments = parser.parse_args()
    lines = ["| what | over | goal | ratio | middle half | by |", "|---|---|---|---|---|---|"]
    lines += script_lines(arguments.runs)
    lines += [layer_line(layers, arguments.rounds) for layers in ("resnet50", "mobilenet")]
    libraries = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "numpy"))
    measured = f"Measured with {os.cpu_count()} cores, {libraries}; {arguments.runs} runs, {arguments.rounds} rounds."
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    table = "\n".join([BEGIN, "", *lines, "", measured, "", END])
    PAGE.write_text(f"{before}{table}{after}", encoding="utf-8")
    print("\n".join([*lines, measured]))


if __name__ == "__main__":
    main()
