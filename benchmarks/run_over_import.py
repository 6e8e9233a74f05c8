"""Time `conformance run` over `python -c "import tensorflow"`: whole processes, in turn, medians of the pairs' ratios.

    python benchmarks/run_over_import.py [RUNS]

The goal is 1.5.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from time import perf_counter

COMMANDS = {
    "conformance run": [sys.executable, "-m", "conformance", "run"],
    "import tensorflow": [sys.executable, "-c", "import tensorflow"],
}


def seconds(command: list[str]) -> float:
    """Return the wall time of one run of `command`."""
    start = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return perf_counter() - start


def main() -> None:
    """Run both commands in turn, once to warm up, and print medians and the ratio."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    times = {name: [seconds(command)] for name, command in COMMANDS.items()}
    for _ in range(runs):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    for name, measured in times.items():
        print(f"{name:<18} median {statistics.median(measured[1:]):.2f} s, least {min(measured[1:]):.2f} s")
    pairs = zip(*(measured[1:] for measured in times.values()), strict=True)
    ratios = [ours / theirs for ours, theirs in pairs]
    print(f"ratio              median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
