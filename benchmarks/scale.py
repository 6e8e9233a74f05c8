"""Measure runs of many small cases: time a case and memory of the parent by their number, and the start of a million.

    python benchmarks/scale.py [COUNT …]

Writes catalogues of one matrix each, and runs them with `conformance run -i reference`, traits and diagnosis included.
The parent's memory is its largest resident set; its workers' is not counted. A run of a million cases is ended when its
first result is in the journal.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

COUNTS = [1_000, 10_000, 100_000, 200_000]

START = 1_000_000


def catalogue(folder: Path, count: int) -> Path:
    """Write a catalogue of `count` small cases: the same thousand again and again, each time for another reason."""
    matrix = {
        "why": [f"round {number}" for number in range(count // 1_000)],
        "input": [[1, height, width, 2] for height in (4, 7) for width in (3, 5, 6, 8, 9)],
        "filters": [[height, width, 2, 3] for height, width in [(1, 1), (1, 2), (2, 1), (2, 3), (3, 2)]],
        "strides": [[1, 1], [1, 2], [2, 1], [2, 2]],
        "padding": ["VALID", "SAME", 1, [[0, 1], [1, 0]], [[1, 0], [2, 1]]],
    }
    path = folder / f"{count}.yaml"
    path.write_text(f"- {{id: many, matrix: {json.dumps(matrix)}}}\n", encoding="utf-8")
    return path


def command(path: Path, *options: str) -> list[str]:
    """Return the command that runs a catalogue."""
    return [sys.executable, "-m", "conformance", "run", str(path), "-i", "reference", *options]


def measured(path: Path, *options: str) -> tuple[float, float]:
    """Return the seconds that a run takes, and the largest memory of its parent process, in MB."""
    begin, peak = time.perf_counter(), 0
    with subprocess.Popen(command(path, *options), stdout=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                peak = max(peak, watched.memory_info().rss)
            except psutil.Error:
                break
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"{path.name}: the run ended with status {process.returncode}")
    return time.perf_counter() - begin, peak / 1e6


def first_result(path: Path, folder: Path) -> float:
    """Return the seconds until the first result of a run is in its journal."""
    journal = folder / "started.jsonl"
    begin = time.perf_counter()
    with subprocess.Popen(command(path, "--journal", str(journal)), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not (journal.exists() and b'{"record"' in journal.read_bytes()):
            time.sleep(0.05)
        seconds = time.perf_counter() - begin
        process.terminate()
    return seconds


def main() -> None:
    """Print a line for each number of cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counts", nargs="*", type=int, default=COUNTS, metavar="COUNT")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("cases      seconds  ms a case  parent MB")
        for count in arguments.counts:
            seconds, memory = measured(catalogue(folder, count))
            print(f"{count:<9,}  {seconds:7.1f}  {1000 * seconds / count:9.2f}  {memory:9.0f}", flush=True)
        print(f"first result of {START:,}: {first_result(catalogue(folder, START), folder):.1f} s")


if __name__ == "__main__":
    main()
