"""What a case is said to need is what it takes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from catalogues import entry, faults

from conformance.judgement.answers import _budget
from reference import oracle

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


@pytest.mark.parametrize(("size", "left"), [(1000, 1.0), (3 * 3 * 1024 * 1024, 0.5)], ids=["small", "large"])
def test_large_filters_leave_the_oracle_room_for_boxes_of_the_output(size: int, left: float) -> None:
    copies = 8 * oracle.FILTER_COPIES * size
    assert _budget(np.broadcast_to(np.float32(0), (size,))) >= left * oracle.BUDGET + (copies if left < 1 else 0)
