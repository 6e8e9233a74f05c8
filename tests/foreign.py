"""Building C, C++ and Rust for tests, where there is a compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

__all__ = ["HEADERS", "build", "compiled"]

HEADERS = ROOT / "conformance" / "native"


def compiled(folder: Path, *words: str) -> None:
    """Run a compiler in a folder, or skip the test where there is none."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"there is no compiler {words[0]!r}")
    subprocess.run(words, cwd=folder, check=True, capture_output=True)


def build(folder: Path, source: str, name: str = "kernel") -> Path:
    """Return a library built from C with the header of the ABI included."""
    (folder / f"{name}.c").write_text(f'#include "conformance.h"\n{source}')
    library = folder / f"lib{name}.so"
    compiled(folder, "cc", "-fPIC", "-shared", f"-I{HEADERS}", "-o", str(library), f"{name}.c")
    return library
