"""The documents become a site without a warning and without network, and a broken link would be one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

pytest.importorskip("mkdocs", reason="MkDocs is in the extra docs, which is not installed")
pytest.importorskip("material", reason="Material for MkDocs is in the extra docs, which is not installed")


def built(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Return what became of building the site of a folder that has mkdocs.yml and docs."""
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(words, cwd=source, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a copy of what the site is made of."""
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_site_builds_without_warnings(tmp_path: Path) -> None:
    done = built(ROOT, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert (tmp_path / "site" / "verify" / "index.html").is_file()


def test_site_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    built(ROOT, tmp_path / "site")
    for page in (tmp_path / "site").rglob("*.html"):
        loaded = re.findall(r'<(?:script|img|iframe)[^>]+src="([^"]+)"', page.read_text(encoding="utf-8"))
        loaded += re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"', page.read_text(encoding="utf-8"))
        assert loaded
        assert not [address for address in loaded if "//" in address], page


@pytest.mark.parametrize(
    "text", ["[no page](nowhere.md)", "[no heading](verdicts.md#nowhere)", "[outside](../README.md)"]
)
def test_broken_link_is_a_fault(copied: Path, text: str) -> None:
    with (copied / "docs" / "index.md").open("a", encoding="utf-8") as page:
        page.write(f"\n{text}\n")
    done = built(copied, copied / "site")
    assert done.returncode == 1
    assert text.split("(")[1].rstrip(")") in done.stderr


def test_page_that_the_navigation_forgets_is_a_fault(copied: Path) -> None:
    (copied / "docs" / "forgotten.md").write_text("# Forgotten\n", encoding="utf-8")
    done = built(copied, copied / "site")
    assert done.returncode == 1
    assert "forgotten.md" in done.stderr
