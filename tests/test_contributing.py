"""CONTRIBUTING.md is true: its examples work as they stand, and its table has every command."""

from __future__ import annotations

import math
import re
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from adapted import CALLS, assert_agrees, integers
from cases import make_case
from conftest import ROOT
from documents import text_of

import reference
from conformance.case import Outcome, Tier
from conformance.catalogue import load_catalogue
from conformance.data import source
from conformance.defects import Defect
from conformance.defects.hooks import strides
from conformance.implementations import Implementation
from conformance.runner import attempt
from reference import naive

CONTRIBUTING = text_of("CONTRIBUTING.md")


def example(heading: str) -> str:
    """Return the code under a heading."""
    section = CONTRIBUTING[CONTRIBUTING.index(f"## {heading}") :]
    return str(re.findall(r"```python\n(.*?)```", section, re.DOTALL)[0])


def correlate(image: Any, filters: Any, stride: Any, dilation: Any, pads: Any, groups: int) -> Any:
    """Return what a framework with channels first computes."""
    assert filters.shape[-2] * groups == image.shape[1]
    padding = [[0, 0], *map(list, pads), [0, 0]]
    found = reference.conv2d(np.moveaxis(image, 1, -1), filters, strides=stride, padding=padding, dilations=dilation)
    return np.moveaxis(found, -1, 1)


@pytest.mark.parametrize("name", ["pads", "groups", "same", "depthwise"])
def test_example_of_an_adapter_works(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    framework = ModuleType("mylib")
    vars(framework).update(__version__="1.0", correlate=correlate)
    monkeypatch.setitem(sys.modules, "mylib", framework)
    found: dict[str, Any] = {}
    exec(example("Add an adapter"), found)  # noqa: S102
    offered = found["namespace"]("", "cpu")
    assert offered.SWITCHES == {"device": "cpu"}
    assert_agrees(Implementation("mylib", found["VERSION"], vars(offered)), CALLS[name])


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_example_of_an_algorithm_is_convolution(data_format: str) -> None:
    found: dict[str, Any] = {}
    exec(example("Add an algorithm to the reference"), found)  # noqa: S102
    image, filters = integers((2, 8, 7, 4)), integers((2, 3, 2, 6))
    handed = image if data_format == "NHWC" else np.moveaxis(image, -1, 1)
    form: dict[str, Any] = {"strides": (2, 1), "dilations": (1, 2), "padding": "SAME", "data_format": data_format}
    assert np.array_equal(found["conv2d"](handed, filters, **form), naive.conv2d(handed, filters, **form))


def test_example_of_an_algorithm_passes_the_notebook_and_the_edges() -> None:
    found: dict[str, Any] = {}
    exec(example("Add an algorithm to the reference"), found)  # noqa: S102
    shown = Implementation("shown", "", {"conv2d": found["conv2d"]})
    cases = [case for case in load_catalogue() if case.operation == "conv2d" and case.tier is Tier.CORE]
    cases = [case for case in cases if case.dtype != "int8"]  # whose sums the reference gives as int8
    chosen = [case for case in cases if "notebook" in case.tags or case.id.startswith(("edge-", "groups-"))]
    assert len(chosen) > 15
    assert {attempt(case, shown).result.outcome for case in chosen} == {Outcome.PASSED}


def test_example_of_a_recipe_works() -> None:
    found = {"math": math, "Shape": tuple, "Array": np.ndarray, "Source": source.Source}
    exec(example("Add a recipe for data"), found)  # noqa: S102
    case = make_case((1, 4, 5, 1), (2, 2, 1, 1))
    numbers = found["signs"]((1, 4, 5, 1), source.Source(case, "input"))  # type: ignore[operator]
    assert numbers.shape == (1, 4, 5, 1)
    assert set(numbers.ravel()) == {1, -1}


def test_example_of_a_defect_works() -> None:
    code = example("Add a defect").rstrip().rstrip(",")
    made = eval(code, {"Defect": Defect, "GROUP": "strides", "strides": strides})  # noqa: S307
    assert made.name == "stride-horizontal-for-both-right-size"


def test_table_has_every_command() -> None:
    files = [
        *(ROOT / "benchmarks").glob("*.py"),
        *(ROOT / "docs").glob("*.py"),
        *(ROOT / "docs" / "images").glob("*.py"),
    ]
    scripts = [path.relative_to(ROOT).as_posix() for path in files if "__main__" in path.read_text(encoding="utf-8")]
    assert len(scripts) > 10
    for script in scripts:
        assert f"`python {script}" in CONTRIBUTING, script


def test_named_files_exist() -> None:
    for name in re.findall(r"`((?:conformance|tests|docs|benchmarks)/[\w/]+\.\w+)`", CONTRIBUTING):
        assert "NAME" in name or (ROOT / name).is_file(), name
