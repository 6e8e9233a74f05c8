"""What is known of frameworks: every finding has a script and its output, and the matrix tells of no other failure."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from conftest import ROOT

from conformance.implementations import ADAPTERS

SCRIPTS = sorted((ROOT / "docs" / "findings").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=[path.stem for path in SCRIPTS])
def test_finding_was_reproduced_by_calling_the_framework_directly(script: Path) -> None:
    assert script.with_suffix(".txt").read_text(encoding="utf-8").splitlines()[-1] == "reproduced"
    tree = ast.parse(script.read_text(encoding="utf-8"))
    roots = {name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    roots |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert roots.isdisjoint({"conformance", "reference"})


def test_matrix_tells_of_adapters_without_a_failure_that_is_not_known() -> None:
    page = (ROOT / "docs" / "matrix.md").read_text(encoding="utf-8").split("## Traits")[0]
    rows = re.findall(r"^\| `(.+?)` \| \S+ \| (\d+) \| \d+ \| (\d+) \|", page, re.MULTILINE)
    assert {spec for spec, _, _ in rows} <= set(ADAPTERS)
    assert len(rows) >= 17
    assert all(int(passed) > 0 and failed == "0" for _, passed, failed in rows)
