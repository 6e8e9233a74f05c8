"""The layers: imports point one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from reference import arguments, geometry, naive, windows

ORDER = [
    "errors",
    "whole_file",
    "choices",
    "operation",
    "case",
    "surroundings",
    "memory",
    "data",
    "arrays",
    "selection",
    "features",
    "coverage",
    "defects",
    "implementations",
    "judgement",
    "catalogue",
    "plan",
    "traits",
    "weakness",
    "handover",
    "twin",
    "match",
    "trial",
    "refusal",
    "runner",
    "shown",
    "record",
    "journal",
    "isolation",
    "cluster",
    "exchange",
    "expectations",
    "kill_table",
    "diagnosis",
    "fuzz",
    "bench",
    "reports",
    "commands",
    "pytest_session",
    "testing",
    "suite",
    "pytest_plugin",
    "cli_options",
    "cli_defects",
    "cli_export",
    "cli_fuzz",
    "cli_reports",
    "cli_bench",
    "cli",
    "__main__",
]
"""Each part imports from those before it only, so that no two can import each other."""
LEVELS = {name: level for level, name in enumerate([*ORDER, "__init__"])}  # which only imports what it is asked for

FILES = sorted(
    path.relative_to(ROOT) for package in ("conformance", "reference") for path in (ROOT / package).rglob("*.py")
)

FRAMEWORKS = {
    *("ai_edge_litert", "iree", "jax", "keras", "mlx", "ncnn", "onnx", "onnxruntime", "openvino", "paddle"),
    *("tensorflow", "tinygrad", "torch"),
}


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(path: Path) -> str:
    """Return the part of `conformance` that a file belongs to: its folder, or its own name."""
    return path.parts[1].removesuffix(".py")


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] == "conformance"], ids=str)
def test_conformance_imports_point_one_way(path: Path) -> None:
    own = LEVELS.get(part(path), -1)
    others = {name.split(".")[1] for name in imported(path) if name.startswith("conformance.")} - {part(path)}
    assert {name for name in others if LEVELS.get(name, -1) > own} == set()


def test_every_part_has_a_layer() -> None:
    parts = {part(path) for path in FILES if path.parts[0] == "conformance"} - {"__init__"}
    assert sorted(ORDER) == sorted(parts)


def test_architecture_tells_the_same_order() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").replace("\n", " ")
    told = text.split("Imports point one way: ")[1].split(".")[0].split(" → ")
    assert told == [name for name in reversed(ORDER) if name != "__main__"]


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] == "reference"], ids=str)
def test_reference_knows_nothing_of_the_harness(path: Path) -> None:
    roots = {name.split(".")[0] for name in imported(path)}
    assert roots.isdisjoint({"conformance", *FRAMEWORKS})
    assert "scipy" not in roots or path.name == "fourier.py"


@pytest.mark.parametrize("padding", ["VALID", "SAME", ((1, 2), (0, 3))], ids=["valid", "same", "explicit"])
def test_naive_uses_no_geometry(monkeypatch: pytest.MonkeyPatch, padding: str | tuple[tuple[int, int], ...]) -> None:
    """Every name of `reference.geometry`, wherever it was imported to, raises."""

    def refuse(*_: object) -> None:
        raise AssertionError("geometry was asked")

    shared = {id(getattr(geometry, name)): name for name in geometry.__all__}
    for module in [module for name, module in sys.modules.items() if name.split(".")[0] == "reference"]:
        for name in [name for name, value in vars(module).items() if id(value) in shared]:
            monkeypatch.setattr(module, name, refuse)
    arguments._extents.cache_clear()
    image, filters = np.arange(2.0 * 7 * 9 * 3).reshape(2, 7, 9, 3), np.ones((3, 2, 3, 5))
    naive.conv2d(image, filters, strides=(2, 3), padding=padding)
    with pytest.raises(AssertionError, match="geometry was asked"):
        windows.conv2d(image, filters, strides=(2, 3), padding=padding)


@pytest.mark.parametrize("path", [path for path in FILES if not path.name.endswith("_adapter.py")], ids=str)
def test_frameworks_are_imported_in_their_adapters_only(path: Path) -> None:
    assert {name.split(".")[0] for name in imported(path)}.isdisjoint(FRAMEWORKS)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_files_fit_on_a_few_screens(path: Path) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 300


def test_the_command_starts_without_what_is_slow_to_import() -> None:
    code = "import sys, conformance.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "conformance.cli" in done.stdout.split()
    assert {"numpy", "scipy", "matplotlib", "jinja2", *FRAMEWORKS}.isdisjoint(done.stdout.split())


def test_help_is_printed_without_what_is_slow_to_import() -> None:
    code = "import sys, conformance.cli as cli; sys.argv[1:] = ['bench', '--help']; cli.app(standalone_mode=False); "
    done = subprocess.run(
        [sys.executable, "-c", f"{code}print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    assert "--rounds" in done.stdout
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "conformance.cli" in loaded
    assert {"numpy", "scipy", "matplotlib", "jinja2", *FRAMEWORKS}.isdisjoint(loaded)
