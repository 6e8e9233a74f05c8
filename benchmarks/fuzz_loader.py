"""Feed the loader damaged catalogues, 100,000 or as many as are asked for: only catalogue errors may come out.

    python benchmarks/fuzz_loader.py [COUNT]

The inputs are those of `tests/test_untrusted.py`, drawn anew each time.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from test_untrusted import INPUTS

from conformance.catalogue import load_catalogue
from conformance.errors import CatalogueError


def main() -> None:
    """Print how many inputs were cases, and how many had faults."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seen: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.yaml"

        @given(text=INPUTS)
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def load(text: str) -> None:
            nonlocal slowest
            file.write_text(text, errors="backslashreplace")
            begin = time.perf_counter()
            try:
                load_catalogue([file], 0.01)
                seen["cases"] += 1
            except CatalogueError:
                seen["catalogue errors"] += 1
            slowest = max(slowest, time.perf_counter() - begin)

        load()
    print(
        f"{seen.total():,} inputs: {seen['cases']:,} were cases, {seen['catalogue errors']:,} had faults, nothing else"
    )
    print(f"slowest: {slowest:.2f} s")


if __name__ == "__main__":
    main()
