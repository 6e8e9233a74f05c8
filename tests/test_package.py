"""What is handed out: a wheel that works without the checkout, a source archive that can be tested, a citation."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from ruamel.yaml import YAML

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

MINE = """
import numpy as np

def conv2d(x, w, strides, padding):
    if padding != "VALID" or max(strides) > 1 or w.shape[2] != x.shape[3]:
        raise NotImplementedError("no padding, strides and groups")
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))
    return np.einsum("npqcrs,rsck->npqk", windows, w)
"""

COMMANDS = [
    ("run -i mine.py:conv2d -k notebook --json report.json", "report.json"),
    ("run -i mine.py:conv2d -k notebook -j 2", ""),
    ("check", ""),
    ("check --schema", ""),
    ("show basic -i mine.py:conv2d", ""),
    ("export cases -k basic", "cases/manifest.json"),
    ("run -i mine.py:conv2d -k notebook --html page.html", "page.html"),
    ("run -i mine.py:conv2d -k notebook --markdown summary.md --junit junit.xml", "junit.xml"),
]
"""What the installed command must do, with exit status 0, and the file that it must leave."""


def run(folder: Path, path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with what is installed in `path` before everything else."""
    environment = os.environ | {"PYTHONPATH": str(path)}
    command = [sys.executable, *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the source archive and the wheel that is built from it."""
    for module in ("build", "hatchling", "twine"):
        pytest.importorskip(module, reason=f"{module} is in the extra dev, which is not installed")
    folder = tmp_path_factory.mktemp("dist")
    words = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def installed(archives: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the wheel is installed, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    (wheel,) = archives.glob("*.whl")
    words = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(folder), str(wheel)]
    done = run(archives, folder, *words)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Return a folder outside of the checkout, with a function to judge."""
    assert not tmp_path.is_relative_to(ROOT)
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path


def located(folder: Path, path: Path, *modules: str) -> Sequence[Path]:
    """Return the files that modules are imported from."""
    code = f"import {', '.join(modules)}\nfor each in ({', '.join(modules)},): print(each.__file__)"
    return [Path(line) for line in run(folder, path, "-c", code).stdout.splitlines()]


def test_archives_pass_the_check_of_the_index(archives: Path) -> None:
    files = [str(path) for path in archives.iterdir()]
    assert len(files) == 2
    done = run(archives, archives, "-m", "twine", "check", "--strict", *files)
    assert done.returncode == 0, done.stdout


def test_what_is_installed_is_not_the_checkout(installed: Path, outside: Path) -> None:
    found = located(outside, installed, "conformance", "reference")
    assert len(found) == 2
    assert all(path.is_relative_to(installed) for path in found)


@pytest.mark.parametrize(("line", "left"), COMMANDS, ids=[line for line, _ in COMMANDS])
def test_command_works_from_the_wheel(installed: Path, outside: Path, line: str, left: str) -> None:
    done = run(outside, installed, "-m", "conformance", *line.split())
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(ROOT) not in done.stdout + done.stderr
    assert not left or (outside / left).stat().st_size > 0


def test_command_is_installed_by_its_name(installed: Path, outside: Path) -> None:
    done = run(outside, installed, str(installed / "bin" / "conformance"), "--version")
    assert done.stdout == f"conformance {PROJECT['version']}\n"


def test_pytest_plugin_works_from_the_wheel(installed: Path, outside: Path) -> None:
    (outside / "test_place.py").write_text(
        "from conformance import pytest_plugin\n"
        "def test_place(pytestconfig):\n"
        f"    assert pytest_plugin.__file__.startswith({str(installed)!r})\n"
        "    assert pytestconfig.pluginmanager.get_plugin('conformance') is pytest_plugin\n"
    )
    suite = ["--pyargs", "conformance.suite", "--implementation", "mine.py:conv2d", "--conformance-select", "notebook"]
    done = run(outside, installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_place.py", *suite)
    assert done.returncode == 0, done.stdout
    assert "7 passed, 4 skipped" in done.stdout


def test_source_archive_can_be_tested(archives: Path, outside: Path) -> None:
    (archive,) = archives.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(outside, filter="data")
    root = outside / archive.name.removesuffix(".tar.gz")
    (found,) = located(root, root, "conformance")
    assert found.is_relative_to(root)
    chosen = ["tests/test_known_bugs.py", "tests/test_findings.py", "tests/test_schema.py"]
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *chosen]
    done = run(root, root, *words)
    assert done.returncode == 0, done.stdout


def test_source_archive_holds_every_file_of_the_project(archives: Path) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a clone: nothing tells which files belong to the project")
    (archive,) = archives.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        held = {name.partition("/")[2] for name in file.getnames()}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert {name for name in listed.stdout.splitlines() if (ROOT / name).exists()} <= held


def test_licence_is_the_whole_text() -> None:
    known = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == known


def test_citation_has_what_its_format_requires() -> None:
    """Source: Citation File Format 1.2.0, section "Required keys"."""
    cited: dict[str, Any] = YAML(typ="safe").load(ROOT / "CITATION.cff")
    assert cited["cff-version"] == "1.2.0"
    assert cited["message"]
    assert cited["title"] == PROJECT["name"]
    assert all(author.get("name") or author.get("family-names") for author in cited["authors"])
    assert cited["authors"]
    assert cited["type"] == "software"


def test_citation_and_licence_are_those_of_the_package() -> None:
    cited: dict[str, Any] = YAML(typ="safe").load(ROOT / "CITATION.cff")
    assert (cited["version"], cited["license"]) == (PROJECT["version"], PROJECT["license"])
    assert cited["keywords"] == PROJECT["keywords"]
    assert cited["license"] == "Apache-2.0"
