"""Measure what worker processes cost and gain, on the core catalogue: side by side, medians of several rounds.

    python benchmarks/workers.py [ROUNDS]

A run of TensorFlow in a worker, the default, over one in the command's own process: the goal is 1.15. A run of a NumPy
function written as loops with two workers over one with one, and over one in the command's own process: the goal is a
gain of 1.7 on two cores. Traits are measured, failures are not diagnosed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

RUNS = {
    "tensorflow, in process": ["-i", "tensorflow", "--isolate", "none"],
    "tensorflow, worker": ["-i", "tensorflow"],
    "loops, in process": ["-i", "reference.naive_gradients", "--isolate", "none"],
    "loops, -j 1": ["-i", "reference.naive_gradients"],
    "loops, -j 2": ["-i", "reference.naive_gradients", "-j", "2"],
}


def seconds(options: list[str]) -> float:
    """Return how long a run takes."""
    begin = time.perf_counter()
    words = [sys.executable, "-m", "conformance", "run", "--diagnose", "0", *options]
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def main() -> None:
    """Print the medians and their ratios."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    times: dict[str, list[float]] = {name: [] for name in RUNS}
    for _ in range(rounds):
        for name, options in RUNS.items():
            times[name].append(seconds(options))
    for name, taken in times.items():
        print(f"{name:<24} {median(taken):6.2f} s  ({min(taken):.2f} to {max(taken):.2f})")
    taken = {name: median(each) for name, each in times.items()}
    print(f"worker over in process, tensorflow: {taken['tensorflow, worker'] / taken['tensorflow, in process']:.2f}")
    print(f"-j 1 over -j 2, loops: {taken['loops, -j 1'] / taken['loops, -j 2']:.2f}")
    print(f"in process over -j 2, loops: {taken['loops, in process'] / taken['loops, -j 2']:.2f}")


if __name__ == "__main__":
    main()
