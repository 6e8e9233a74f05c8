"""Catalogues that tests write, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.catalogue import load_catalogue
from conformance.errors import CatalogueError

GOOD = "- id: good\n  input: [4, 4]\n  filters: [3, 3]\n  output: [2, 2]\n"


def faults(tmp_path: Path, text: str | bytes, budget: float = 1.0) -> list[str]:
    """Return the messages that a catalogue of `text` gives, without the folder."""
    file = tmp_path / "cases.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CatalogueError) as caught:
        load_catalogue([file], budget)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


def entry(**changes: str) -> str:
    """Return a good entry of id `x` with some keys changed, a key a line; an empty value drops the key."""
    keys = {"id": "x", "input": "[7, 7, 4]", "filters": "[3, 3, 4, 6]", "output": "[5, 5, 6]"} | changes
    lines = [f"{key}: {value}" for key, value in keys.items() if value]
    return "- " + "\n  ".join(lines) + "\n"
