"""All that is wrong in a catalogue is said at once, and nothing that only follows from something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from catalogues import GOOD, entry, faults

from conformance.case import Outcome
from conformance.catalogue import load_catalogue
from conformance.implementations import load_implementation
from conformance.runner import attempt


def subjects(messages: list[str]) -> list[str]:
    """Return line and subject of each message."""
    return [message.removeprefix("cases.yaml:").split(" must")[0].split(" (")[0] for message in messages]


def test_all_faults_of_all_cases_at_once(tmp_path: Path) -> None:
    text = GOOD + entry(strides="0", paddin="1") + entry(id="y", data="{input: arrange}", expect="[1]")
    assert subjects(faults(tmp_path, text)) == [
        "9: case 'x': strides",
        "10: case 'x': unknown key 'paddin'",
        "15: case 'y': data.input",
        "16: case 'y': expect",
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"filters": "[3, 3, 3, 6]"}, ["3: case 'x': filters"]),
        ({"filters": "[3, 3, 2, 5]"}, ["3: case 'x': filters"]),
        ({"padding": "[[0, 0], [1, 1], [1, 1]]"}, ["5: case 'x': padding"]),
        ({"strides": "[1, 2, 3]"}, ["5: case 'x': strides"]),
        ({"strides": "0"}, ["5: case 'x': strides"]),
        ({"input": "[7]"}, ["2: case 'x': input"]),
    ],
    ids=["depth", "groups", "padding", "strides", "form", "input"],
)
def test_no_fault_hides_those_of_other_keys(tmp_path: Path, changes: dict[str, str], expected: list[str]) -> None:
    others = {"bias": "arrange", "data": "{input: arrange}", "expect": "[one]"}
    found = subjects(faults(tmp_path, entry(**changes, **others)))
    first = 4 + len(changes.keys() - {"input", "filters"})
    names = ["bias", "data.input", "expect"]
    assert found == [*expected, *(f"{first + place}: case 'x': {name}" for place, name in enumerate(names, 1))]


def test_shapes_are_judged_by_each_rule_that_can_be_asked(tmp_path: Path) -> None:
    changes = {"filters": "[3, 3, 3, 6]", "output": "[5, 4, 6]", "bias": "[1]", "expect": "[1]"}
    assert subjects(faults(tmp_path, entry(**changes))) == [
        "3: case 'x': filters",
        "4: case 'x': output",
        "5: case 'x': bias",
        "6: case 'x': expect",
    ]
    changes = {"strides": "[1]", "dilations": "[1]", "padding": "[[1, 1]]", "filters": "[3, 3, 3, 6]"}
    assert subjects(faults(tmp_path, entry(**changes))) == [
        "3: case 'x': filters",
        "5: case 'x': strides",
        "6: case 'x': dilations",
        "7: case 'x': padding",
    ]


def test_memory_is_counted_whatever_else_is_wrong(tmp_path: Path) -> None:
    found = subjects(faults(tmp_path, entry(input="[20000, 20000, 4]", filters="[3, 3, 3, 6]", strides="0")))
    assert found[1:] == ["3: case 'x': filters", "5: case 'x': strides"]
    assert found[0].startswith("1: case 'x': needs 59.6 GiB")


def test_missing_and_wrong_keys_come_together(tmp_path: Path) -> None:
    assert subjects(
        faults(tmp_path, entry(output="", strides="0", dtype="real", data="{inputs: 1, input: [.nan]}"))
    ) == [
        "1: case 'x': output is missing; state the shape that",
        "4: case 'x': strides",
        "5: case 'x': dtype",
        "6: case 'x': data.input",
        "6: case 'x': unknown key 'data.inputs'",
    ]


def test_parts_of_expect_come_together(tmp_path: Path) -> None:
    text = entry(expect="{values: [[1]], decimals: 2, row: 1}")
    assert subjects(faults(tmp_path, text)) == ["5: case 'x': expect.values", "5: case 'x': unknown key 'expect.row'"]


def test_faults_beside_a_matrix_come_with_those_of_the_matrix(tmp_path: Path) -> None:
    text = "- {id: x, filters: [3, 2], dilations: 0,\n   data: {input: arrange},\n   matrix: {input: 3}}\n"
    assert subjects(faults(tmp_path, text)) == [
        "1: case 'x': dilations",
        "2: case 'x': data.input",
        "3: case 'x': matrix",
    ]


def test_transposes_are_judged_by_each_rule_that_can_be_asked(tmp_path: Path) -> None:
    text = (
        "- {id: x, operation: conv1d_transpose, input: [2, 7, 3],\n"
        "   filters: [3, 4, 5],\n   output: [2, 7, 4], bias: [1]}\n"
    )
    assert subjects(faults(tmp_path, text)) == [
        "2: case 'x': filters",
        "3: case 'x': bias",
        "3: case 'x': output",
    ]


def test_integers_that_would_wrap_only_in_other_data_are_a_case(tmp_path: Path) -> None:
    """Read backwards, 2147483647 would be added to 2."""
    file = tmp_path / "cases.yaml"
    file.write_text(
        "- {id: x, input: [1, 3], filters: [1, 2], strides: 2, output: [1, 1], dtype: int32,\n"
        "   data: {input: [[0, 1, 2147483647]], filters: [[2, 1]]}}"
    )
    (case,) = load_catalogue([file])
    assert attempt(case, load_implementation("reference")).result.outcome is Outcome.PASSED
