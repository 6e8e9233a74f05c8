"""The smallest case that still fails: small, complete, and accepted by the command."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Command
from mistakes import CASES, KIT, case, diagnosed, implementation, right

from conformance.case import Case, Memory, Outcome
from conformance.catalogue import load_catalogue
from conformance.data import Array, make_operands
from conformance.diagnosis.entry import entry_line, entry_text, form_of
from conformance.diagnosis.shrink import shrink
from conformance.diagnosis.sightings import Clock
from conformance.implementations import Implementation
from conformance.runner import attempt

CATALOGUE = load_catalogue()
SHIPPED = [each for each in CATALOGUE if form_of(each) is not None]


def shrunk(start: Case, fails: Callable[[Case], bool], seconds: float = 60) -> dict[str, Any] | None:
    return shrink(start, fails, Clock(seconds))


@pytest.mark.parametrize(
    "operation",
    [
        *("conv1d", "conv2d", "conv3d", "depthwise_conv2d", "conv1d_transpose", "conv2d_transpose", "conv3d_transpose"),
        *("conv2d_backprop_input", "conv2d_backprop_filter", "conv3d_backprop_input", "conv3d_backprop_filter"),
        *("depthwise_conv2d_backprop_input", "depthwise_conv2d_backprop_filter"),
    ],
)
def test_cases_of_most_operations_have_a_form(operation: str) -> None:
    given = [each for each in CATALOGUE if each.operation == operation and not each.refuses and 0 not in each.filters]
    assert sum(each in SHIPPED for each in given) >= 0.8 * len(given) > 0


@pytest.mark.parametrize("given", SHIPPED, ids=[case.id for case in SHIPPED])
def test_form_of_a_case_is_that_case(given: Case) -> None:
    form = form_of(given)
    assert form is not None
    built = form.built()
    assert built is not None
    shapes = [(each.input, each.filters, each.output, each.out_backprop) for each in (given, built)]
    assert shapes[0] == shapes[1]
    steps = [(each.strides, each.dilations, each.padding, each.bias) for each in (given, built)]
    assert steps[0] == steps[1]
    assert (built.operation, built.dtype, built.memory) == (given.operation, given.dtype, given.memory)
    for name, part in make_operands(given).given.items():
        rebuilt = make_operands(built).given[name]
        np.testing.assert_array_equal(rebuilt.astype(np.float64), part.astype(np.float64))


@pytest.mark.parametrize("given", SHIPPED, ids=[case.id for case in SHIPPED])
def test_entry_is_what_the_command_reads(given: Case, tmp_path: Path) -> None:
    form = form_of(given)
    assert form is not None
    entry = form.entry | {"output": list(given.output)}
    for place, text in enumerate((entry_text(entry), entry_line(entry))):
        (tmp_path / f"{place}.yaml").write_text(text)
        (read,) = load_catalogue([tmp_path / f"{place}.yaml"])
        assert (read.id, read.input, read.filters, read.output) == (given.id, given.input, given.filters, given.output)


def test_everything_that_does_not_matter_goes() -> None:
    """Of a large case only the stride and an image that shows it are left."""
    start = case(
        "large",
        (3, 17, 19, 4),
        (3, 2, 2, 6),
        strides=(2, 3),
        dilations=(2, 1),
        padding="SAME",
        bias="integers",
        dtype="float64",
        memory="reversed",
    )
    entry = shrunk(start, lambda smaller: smaller.strides[1] > 1 and smaller.output[2] > 1)
    assert entry == {
        "id": "large.minimal",
        "input": [1, 1, 3, 1],
        "filters": [1, 1, 1, 1],
        "strides": [1, 2],
        "data": {"input": [[[[1], [0], [0]]]], "filters": [[[[1]]]]},
        "output": [1, 1, 2, 1],
    }


@pytest.mark.parametrize(
    ("matters", "key"),
    [
        (lambda smaller: smaller.memory is Memory.REVERSED, "memory"),
        (lambda smaller: smaller.dtype == "float64", "dtype"),
        (lambda smaller: smaller.bias is not None, "bias"),
        (lambda smaller: smaller.padding == "SAME", "padding"),
        (lambda smaller: max(smaller.dilations) > 1, "dilations"),
        (lambda smaller: smaller.input[-1] != smaller.filters[-2], "filters"),
    ],
    ids=["memory", "dtype", "bias", "padding", "dilations", "groups"],
)
def test_what_matters_stays(matters: Callable[[Case], bool], key: str) -> None:
    others = {"padding": "SAME", "bias": "integers", "dtype": "float64", "memory": "reversed", "dilations": (2, 3)}
    entry = shrunk(case("large", (2, 9, 8, 4), (3, 2, 2, 6), **others), matters)
    assert entry is not None
    left = entry.keys() - {"id", "input", "data", "output"}
    assert left == {"filters", key}


@pytest.mark.parametrize("operation", ["conv2d_transpose", "conv3d_backprop_input", "conv2d_backprop_filter"])
def test_other_maps_are_made_smaller_too(operation: str) -> None:
    start = next(each for each in SHIPPED if each.operation == operation and max(each.filters) > 1)
    entry = shrunk(start, lambda smaller: True)
    assert entry is not None
    assert set(entry["input"]) == set(entry["filters"]) == set(entry["output"]) == {1}


def test_case_that_fails_by_its_literal_only_is_not_made_smaller() -> None:
    assert shrunk(CASES[0], lambda smaller: False) is None


def test_no_time_gives_no_case() -> None:
    assert shrunk(CASES[0], lambda smaller: True, seconds=0) is None


def test_minimal_case_fails_by_the_same_mistake() -> None:
    """Both mistakes are made; the case is for the one that explains most, and not for the other."""

    def wrong(x: Array, w: Array, bias: Array | None, strides: list[int], padding: object, dilations: object) -> Array:
        return right(x, w, [1, strides[2], strides[1], 1], padding, dilations)

    found = diagnosed(implementation(wrong))
    assert found.minimal is not None
    assert "strides: [1, 2]" in found.minimal.text or "strides: [2, 1]" in found.minimal.text
    assert "bias" not in found.minimal.text


def test_minimal_case_of_an_error_raises_the_same() -> None:
    def raising(x: Array, w: Array, strides: object, padding: object, dilations: list[int]) -> Array:
        if max(dilations) > 1:
            raise RuntimeError("no dilated kernel")
        return right(x, w, strides, padding, dilations)

    found = diagnosed(implementation(raising))
    assert found.minimal is not None
    (line,) = [line for line in found.minimal.text.splitlines() if "dilations" in line]
    assert line in ("  dilations: [2, 1]", "  dilations: [1, 2]")


def test_printed_case_and_command_show_the_failure(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from reference.naive import conv2d as right\n\n\n"
        "def conv2d(x, w, strides, padding, dilations):\n"
        "    return right(x, w, [1, strides[2], strides[1], 1], padding, dilations=dilations)\n"
    )
    done = command("run", "-i", "mine.py:conv2d", "-k", "stride or notebook", "--diagnose", "60")
    _, _, rest = done.stdout.partition("smallest case found that fails:\n")
    text, _, line = rest.partition("\nagain:  ")
    (tmp_path / "minimal.yaml").write_text(text)
    again = command("run", "minimal.yaml", "-i", "mine.py:conv2d")
    assert again.returncode == 1
    assert "1 failed" in again.stdout
    echo, _, call = line.splitlines()[0].partition(" | ")
    words = shlex.split(echo)
    assert words[0] == "echo"
    (tmp_path / "echoed.yaml").write_text(words[1])
    shown = command(*[word.replace("/dev/stdin", "echoed.yaml") for word in shlex.split(call)[1:]])
    assert shown.returncode == 1
    assert "equal: no" in shown.stdout


def test_shrinking_judges_as_the_run_did() -> None:
    """Only the numbers of a defect's own answer may count: its state starts anew at every case."""
    stale = Implementation("unknown", "", dict(KIT[-1].functions()))
    found = diagnosed(stale, CASES[:1])
    assert found.minimal is not None
    assert np.all([attempt(each, stale).result.outcome is Outcome.FAILED for each in CASES[:1]])
