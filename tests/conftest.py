"""What every test may use: TensorFlow imported once a worker, and one thread each for whoever has threads."""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ.setdefault(_name, "1")

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.implementations import Implementation, load_implementation

ROOT = Path(__file__).parent.parent

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def tensorflow() -> Implementation:
    """Return the built-in TensorFlow adapter."""
    return load_implementation("tensorflow")


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Return a function that runs `conformance` with arguments in an empty folder, and gives back what it printed."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "conformance", *arguments]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)

    return run
