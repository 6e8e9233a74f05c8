"""Random cases: the same again, valid, of every kind, and judged as any others."""

from __future__ import annotations

import json
from collections import Counter
from math import prod
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

from conformance.case import Case, Operation, Outcome
from conformance.catalogue import load_catalogue
from conformance.fuzz import ELEMENTS, FIRST_WORDS, fuzzed, header, written
from conformance.implementations import load_implementation
from conformance.runner import attempt

COUNT = 600


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Return random cases of all operations, as they come from the file that is written."""
    file = tmp_path_factory.mktemp("fuzz") / "cases.yaml"
    operations = list(Operation)
    file.write_text("".join([f"{header(5, COUNT, operations)}\n", *written(fuzzed(5, COUNT, operations))]))
    return load_catalogue([file])


def test_a_catalogue_of_random_cases_is_valid(cases: list[Case]) -> None:
    assert [case.id for case in cases] == [f"fuzz-5-{number}" for number in range(1, COUNT + 1)]


def test_random_cases_are_of_every_kind(cases: list[Case]) -> None:
    drawn: dict[str, Counter[Any]] = {
        "operation": Counter(case.operation for case in cases),
        "dtype": Counter(case.dtype for case in cases),
        "memory": Counter(case.memory for case in cases),
        "padding": Counter(case.padding if isinstance(case.padding, str) else "pairs" for case in cases),
        "strided": Counter(max(case.strides) > 1 for case in cases),
        "dilated": Counter(max(case.dilations) > 1 for case in cases),
        "channels first": Counter(case.channels_first for case in cases),
        "empty": Counter(0 in case.output for case in cases),
        "data": Counter(recipe for case in cases for recipe in case.data.values()),
    }
    expected = {"operation": 24, "dtype": 6, "memory": 9, "padding": 3, "data": 8}
    assert {name: len(counts) for name, counts in drawn.items()} == {name: expected.get(name, 2) for name in drawn}


def test_random_cases_are_small(cases: list[Case]) -> None:
    for case in cases:
        shapes = [shape for shape in (case.input, case.filters, case.output, case.out_backprop) if shape]
        assert max(map(prod, shapes)) <= ELEMENTS


def test_a_random_case_depends_on_its_number_and_not_on_how_many_there_are() -> None:
    few, many = (list(fuzzed(9, count, [Operation.CONV2D])) for count in (3, 30))
    assert few == many[:3]
    assert few != list(fuzzed(10, 3, [Operation.CONV2D]))


def test_the_reference_is_right_on_random_cases(cases: list[Case]) -> None:
    reference = load_implementation("reference")
    outcomes = {case.id: attempt(case, reference).result.outcome for case in cases}
    assert {name for name, outcome in outcomes.items() if outcome not in (Outcome.PASSED, Outcome.UNSUPPORTED)} == set()
    assert Counter(outcomes.values())[Outcome.PASSED] > 0.9 * COUNT


WRONG = """
import reference


def conv2d(x, w, strides, padding):
    return reference.conv2d(x, w, strides[1], padding)
"""


def test_a_mistake_is_found_and_named_and_its_cases_are_kept(command: Command, tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(WRONG)
    ran = command("fuzz", "-i", "wrong.py:conv2d", "--seed", "4", "--cases", "60", "--json", "report.json")
    assert ran.returncode == 1
    assert "it uses the vertical stride for both axes" in ran.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert {result["operation"] for result in report["results"]} == {"conv2d"}
    failing = next(result["case"] for result in report["results"] if result["outcome"] == "failed")
    shown = command("show", failing, "fuzz-4.yaml", "-i", "wrong.py:conv2d")
    assert (shown.returncode, "equal: no" in shown.stdout) == (1, True)
    assert (tmp_path / "fuzz-4.yaml").read_text().startswith(f"{FIRST_WORDS}`conformance fuzz --seed 4 --cases 60")


def test_what_is_expected_of_other_cases_is_not_asked_for(command: Command, tmp_path: Path) -> None:
    (tmp_path / "conformance.expectations.yaml").write_text(
        "- {implementation: reference, case: no-such-case, reason: it is stale in every run of the catalogue}\n"
    )
    ran = command("fuzz", "-i", "reference", "--cases", "5", "--operation", "conv1d", "--operation", "bias_add")
    assert ran.returncode == 0, ran.stdout


def test_a_file_that_holds_something_else_is_kept(command: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.yaml").write_text("- mine\n")
    ran = command("fuzz", "-i", "reference", "--write", "notes.yaml")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "notes.yaml holds something else than random cases" in ran.stderr
    assert (tmp_path / "notes.yaml").read_text() == "- mine\n"


def test_an_operation_that_there_is_not_is_refused_with_near_ones(command: Command) -> None:
    ran = command("fuzz", "--operation", "conv2")
    assert ran.returncode == 2
    assert "--operation must be an operation, but is 'conv2'; did you mean conv2d" in ran.stderr


def test_who_cannot_be_imported_is_unavailable(command: Command) -> None:
    ran = command("fuzz", "-i", "nowhere.to_be_found", "--cases", "3")
    assert ran.returncode == 1
    assert "unavailable" in ran.stdout
