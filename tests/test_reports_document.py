"""docs/reports.md is true: its commands run, and its files come out."""

from __future__ import annotations

from pathlib import Path

from conftest import ROOT
from documents import blocks, walk

from conformance.reports import html, pictures

DOCUMENT = ROOT / "docs" / "reports.md"


def test_document_works_as_printed(tmp_path: Path) -> None:
    walk(blocks(DOCUMENT.read_text(encoding="utf-8")), tmp_path)
    for name in ("report.html", "page.html", "summary.md", "junit.xml", "diff.md"):
        assert (tmp_path / name).stat().st_size > 0


def test_limits_are_those_of_the_program() -> None:
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())
    assert f"the first {pictures._PICTURES} failures of an implementation" in text
    assert f"planes beyond {pictures._EDGE}×{pictures._EDGE} the part" in text
    assert f"the first {html._FAILURES} failures of each implementation" in text
    assert f"Of more than {html._ROWS:,} cases its table holds {html._ROWS:,}" in text
    assert f"up to {2 * html._ROWS:,}" in text
