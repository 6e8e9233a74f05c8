"""What a case is said to need is what it takes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from catalogues import entry, faults

GIB = 2**30


STATUS = Path("/proc/self/status")

MEASURED = f"""
import atexit, pathlib
atexit.register(lambda: print(pathlib.Path("{STATUS}").read_text()))
from conformance.cli import main
main()
"""


def peak(catalogue: Path) -> float:
    """Return the GiB that a process takes which judges the reference on a catalogue.

    The kernel's own high-water mark; that of `resource` counts in what the test process had when it forked.
    """
    words = [sys.executable, "-c", MEASURED, "run", str(catalogue), "-i", "reference"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return int(done.stdout.split("VmHWM:")[1].split()[0]) * 1024 / GIB


@pytest.mark.skipif(not STATUS.exists(), reason="the peak is read from Linux's /proc")
@pytest.mark.parametrize("size", [1000, 1500])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_estimate_is_above_the_peak_and_not_far(tmp_path: Path, size: int, dtype: str) -> None:
    shape = f"[{size}, {size}]"
    text = entry(input=shape, filters="[3, 3]", output=shape, padding="SAME", dtype=dtype)
    (message,) = faults(tmp_path, text, budget=0)
    found = re.search(r"needs ([\d.]+) GiB", message)
    assert found
    estimate = float(found[1])
    small = tmp_path / "small.yaml"
    small.write_text(entry())
    taken = peak(tmp_path / "cases.yaml") - peak(small)
    assert estimate / 3 < taken < estimate * 1.1
