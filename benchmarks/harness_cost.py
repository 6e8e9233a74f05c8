"""Time whole commands over what they cannot do without: processes in turn, medians of the pairs' ratios.

    python benchmarks/harness_cost.py [run|pytest|help …] [--runs 9]

| name     | command                                 | over                                          | goal |
|----------|-----------------------------------------|-----------------------------------------------|------|
| `run`    | `conformance run`                       | `python -c "import tensorflow"`               | 1.5  |
| `pytest` | pytest on the suite, `reference` judged | `conformance run -i reference --isolate none` | 2    |
| `help`   | `conformance --help`                    | `python -c "import numpy"`                    | 3    |
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from time import perf_counter

from ratios import ratio_of

CONFORMANCE = [sys.executable, "-m", "conformance"]
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]

PAIRS = {
    "run": ([*CONFORMANCE, "run"], [sys.executable, "-c", "import tensorflow"]),
    "pytest": (
        [*PYTEST, "--pyargs", "conformance.suite", "--implementation", "reference"],
        [*CONFORMANCE, "run", "-i", "reference", "--isolate", "none"],
    ),
    "help": ([*CONFORMANCE, "--help"], [sys.executable, "-c", "import numpy"]),
}


def seconds(command: list[str]) -> float:
    """Return the wall time of one run of `command`."""
    start = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return perf_counter() - start


def main() -> None:
    """Run the commands of each pair in turn, once to warm up, and print medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="run|pytest|help", help="all where none is named")
    parser.add_argument("--runs", type=int, default=9, help="of each command")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - PAIRS.keys()
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; choose among {', '.join(PAIRS)}")
    for name in arguments.names or PAIRS:
        times = [[seconds(command) for command in PAIRS[name]] for _ in range(arguments.runs + 1)][1:]
        ours, theirs = zip(*times, strict=True)
        print(f"{name}: median {statistics.median(ours):.2f} s over {statistics.median(theirs):.2f} s")
        print(ratio_of(name, ours, theirs), flush=True)


if __name__ == "__main__":
    main()
