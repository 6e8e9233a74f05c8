"""What a case is said to need is what it takes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from catalogues import entry, faults

GIB = 2**30


def peak(catalogue: Path) -> float:
    """Return the GiB that a process takes which judges the reference on a catalogue."""
    words = [sys.executable, "-m", "conformance", "run", str(catalogue), "-i", "reference"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / GIB


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
