"""What is wrong in a catalogue is named with file, line, case and remedy, all of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from catalogues import GOOD, entry, faults

from conformance.case import Operation
from conformance.catalogue import load_catalogue
from conformance.catalogue.schema import CaseEntry, RefusedEntry
from conformance.errors import CatalogueError

KEYS = list(CaseEntry.model_fields | RefusedEntry.model_fields)
LISTED = [key for key in KEYS if key not in ("id", "matrix", "exclude", "refuses")]

ENTRIES = {
    "unknown-key": (entry(stride="2"), "cases.yaml:5: case 'x': unknown key 'stride' (did you mean 'strides'?)"),
    "unknown-key-far": (
        entry(colour="red"),
        f"cases.yaml:5: case 'x': unknown key 'colour' (known keys: {', '.join(KEYS)})",
    ),
    "unknown-data-key": (
        entry(data="{inputs: arange}"),
        "cases.yaml:5: case 'x': unknown key 'data.inputs' (did you mean 'input'?)",
    ),
    "missing-output": (
        entry(output=""),
        "cases.yaml:1: case 'x': output is missing; by the size formula it is [5, 5, 6]",
    ),
    "missing-id": (
        entry(id=""),
        "cases.yaml:1: case number 1: id is missing; it must be lower-case words and numbers joined by '-' or '.', at "
        "most 120 characters",
    ),
    "output-contradicts": (
        entry(input="[7, 7]", filters="[3, 3]", padding="1", strides="2", output="[4, 5]"),
        "cases.yaml:4: case 'x': output must be [4, 4], but is [4, 5] (floor((7 + 1 + 1 - 3) / 2) + 1 = 4 high; "
        "floor((7 + 1 + 1 - 3) / 2) + 1 = 4 wide)",
    ),
    "channels-do-not-divide": (
        entry(filters="[3, 3, 3, 6]"),
        "cases.yaml:3: case 'x': filters must have a divisor of the input's 4 channels as its third size, but has 3",
    ),
    "filters-do-not-divide": (
        entry(filters="[3, 3, 2, 5]"),
        "cases.yaml:3: case 'x': filters must have a multiple of groups=2 as its fourth size, but has 5 (4 input "
        "channels / 2)",
    ),
    "literal-shape": (
        entry(input="[4, 4]", filters="[3, 3]", output="[2, 2]", expect="[[1, 2, 3], [4, 5, 6]]"),
        "cases.yaml:5: case 'x': expect must be of shape [2, 2], but is of shape [2, 3]",
    ),
    "literal-ragged": (
        entry(input="[4, 4]", filters="[3, 3]", output="[2, 2]", expect="[[1, 2], [4]]"),
        "cases.yaml:5: case 'x': expect must be numbers nested to the shape [2, 2], but its rows differ in length",
    ),
    "literal-data-shape": (
        entry(input="[2, 2]", filters="[1, 1]", output="[2, 2]", data="{input: [1, 2, 3]}"),
        "cases.yaml:5: case 'x': data.input must be of shape [2, 2], but is of shape [3]",
    ),
    "recipe": (
        entry(data="{input: arrange}"),
        "cases.yaml:5: case 'x': data.input must be numbers or one of the recipes arange · N - arange · integers · "
        "wide · sparse · one-hot · saturating · normal · normal(SEED) · round(normal(SEED), DECIMALS) · cancelling · "
        "special, but is 'arrange' (did you mean 'arange'?)",
    ),
    "budget": (
        entry(input="[20000, 20000]", filters="[1, 1]", output="[20000, 20000]"),
        "cases.yaml:1: case 'x': needs 59.6 GiB, more than the budget of 1 GiB; make it smaller, or raise "
        "--memory-budget",
    ),
    "budget-beyond-int64": (
        entry(input="[9999999999999, 9999999999999]", filters="[1, 1]", output="[9999999999999, 9999999999999]"),
        "cases.yaml:1: case 'x': needs 1.49e+19 GiB, more than the budget of 1 GiB; make it smaller, or raise "
        "--memory-budget",
    ),
    "stride-zero": (
        entry(strides="0"),
        "cases.yaml:5: case 'x': strides must be a number >= 1 or [vertical, horizontal], but is 0",
    ),
    "stride-nested": (
        entry(strides="[1, 0]"),
        "cases.yaml:5: case 'x': strides must be a number >= 1 or [vertical, horizontal], but is [1, 0]",
    ),
    "input-rank": (
        entry(input="[7]"),
        "cases.yaml:2: case 'x': input must be 2 to 4 sizes for conv2d (H · W are spatial), but is [7]",
    ),
    "size-text": (
        entry(input="[7, seven]"),
        "cases.yaml:2: case 'x': input must be sizes, each 0 or more: [H, W], [H, W, C] or [N, H, W, C] for two "
        'dimensions, likewise for others, but is [7, "seven"]',
    ),
    "padding-word": (
        entry(padding="FULL"),
        "cases.yaml:5: case 'x': padding must be VALID, SAME, a number >= 0 or [[0, 0], [top, bottom], [left, right], "
        '[0, 0]], but is "FULL"',
    ),
    "padding-pairs": (
        entry(padding="[[0, 0], [1, 1], [1, 1]]"),
        "cases.yaml:5: case 'x': padding must be [[0, 0], [top, bottom], [left, right], [0, 0]], but is [[0, 0], [1, "
        "1], [1, 1]]",
    ),
    "padding-channels": (
        entry(padding="[[0, 0], [1, 1], [1, 1], [0, 1]]"),
        "cases.yaml:5: case 'x': padding must be [[0, 0], [top, bottom], [left, right], [0, 0]], but is [[0, 0], [1, "
        "1], [1, 1], [0, 1]]",
    ),
    "bias-length": (
        entry(bias="[1, 2]"),
        "cases.yaml:5: case 'x': bias must be of shape [6], but is of shape [2]",
    ),
    "filter-of-nothing": (
        entry(filters="[0, 3, 4, 6]"),
        "cases.yaml:3: case 'x': filters must be at least 1 high and wide, but is [0, 3, 4, 6]",
    ),
    "literal-text": (
        entry(input="[2, 2]", filters="[1, 1]", output="[2, 2]", expect="[[1, 2], [3, '4']]"),
        "cases.yaml:5: case 'x': expect must be numbers, but holds \"4\"",
    ),
    "literal-bool": (
        entry(input="[2, 2]", filters="[1, 1]", output="[2, 2]", data="{input: [[1, 2], [3, true]]}"),
        "cases.yaml:5: case 'x': data.input must be numbers, but holds true",
    ),
    "literal-nan": (
        entry(input="[2, 2]", filters="[1, 1]", output="[2, 2]", data="{input: [[1, 2], [3, .nan]]}"),
        "cases.yaml:5: case 'x': data.input must be numbers that float32 holds, but holds nan",
    ),
    "literal-beyond-dtype": (
        entry(input="[2, 2]", filters="[1, 1]", output="[2, 2]", data="{input: [[1, 2], [3, 1.0e+39]]}"),
        "cases.yaml:5: case 'x': data.input must be numbers that float32 holds, but holds 1e+39",
    ),
    "window-does-not-fit": (
        entry(input="[3, 4]", filters="[5, 2]", output="[1, 3]"),
        "cases.yaml:4: case 'x': output must be [0, 3], but is [1, 3] (a window of 5 does not fit into 3 + 0 + 0: 0 "
        "high; floor((4 + 0 + 0 - 2) / 1) + 1 = 3 wide)",
    ),
    "decimals": (
        entry(expect="{values: [[1]], decimals: -1}"),
        "cases.yaml:5: case 'x': expect.decimals must be the number of printed decimals, 0 to 17, but is -1",
    ),
    "rows": (
        entry(expect="{values: [[1]], decimals: 2, rows: 9}"),
        "cases.yaml:5: case 'x': expect.rows must be at most the output's 5, but is 9",
    ),
    "operation": (
        entry(operation="conv9d"),
        f"cases.yaml:5: case 'x': operation must be one of {', '.join(Operation)}, but is \"conv9d\"",
    ),
    "strides-of-another-rank": (
        "- {id: x, operation: conv1d, input: [2, 7, 3], filters: [3, 3, 5], strides: [1, 2], output: [2, 5, 5]}",
        "cases.yaml:1: case 'x': strides must be a number >= 1 or 1 of them for conv1d, but is [1, 2]",
    ),
    "gradient-without-batch": (
        "- {id: x, operation: conv2d_backprop_input, input: [7, 5], filters: [3, 2, 1, 1], output: [7, 5]}",
        "cases.yaml:1: case 'x': input must be 4 sizes for conv2d_backprop_input (H · W are spatial), but is [7, 5]",
    ),
    "gradient-of-another-shape": (
        "- {id: x, operation: conv2d_backprop_filter,\n"
        "   input: [2, 7, 5, 3], filters: [3, 2, 3, 4], output: [2, 3, 3, 4]}",
        "cases.yaml:2: case 'x': output must be [3, 2, 3, 4], but is [2, 3, 3, 4]",
    ),
    "transpose-of-another-shape": (
        "- {id: x, operation: conv1d_transpose, input: [2, 7, 3], filters: [3, 4, 3], output: [2, 7, 4]}",
        "cases.yaml:1: case 'x': output must be one whose convolution is the input's [2, 7], but is [2, 7, 4], whose "
        "is [2, 5] (floor((7 + 0 + 0 - 3) / 1) + 1 = 5 wide)",
    ),
    "depthwise-channels": (
        "- {id: x, operation: depthwise_conv2d, input: [2, 7, 5, 3], filters: [3, 2, 4, 2], output: [2, 5, 4, 8]}",
        "cases.yaml:1: case 'x': filters must have the input's 3 channels as its third size, but has 4",
    ),
    "matrix-of-no-key": (
        "- {id: x, input: [7, 5], filters: [3, 2], matrix: {stride: [1, 2]}}",
        f"cases.yaml:1: case 'x': matrix may list {', '.join(LISTED)}, but lists 'stride'",
    ),
    "matrix-of-no-list": (
        "- {id: x, input: [7, 5], filters: [3, 2], matrix: {strides: 1}}",
        "cases.yaml:1: case 'x': matrix must be a mapping of keys to lists of values, but is {'strides': 1}",
    ),
    "matrix-too-large": (
        f"- {{id: x, filters: [3, 2], matrix: {{strides: {[1] * 4000}, dilations: {[1] * 4000}}}}}",
        "cases.yaml:1: case 'x': matrix stands for 16,000,000 cases, more than 10,000,000; split it",
    ),
    "matrix-with-twins": (
        f"- {{id: x, input: [7, 5], filters: [3, 2], matrix: {{strides: [{'1, ' * 5000} [1]]}}}}",
        "cases.yaml:1: case 'x': strides: 1 and 1 both give the word 'stride-1' of an id; leave one out",
    ),
    "exclude-of-no-value": (
        "- {id: x, input: [7, 5], filters: [3, 2], matrix: {strides: [1, 2]}, exclude: [{strides: 3}]}",
        "cases.yaml:1: case 'x': exclude must hold values of the matrix, but has strides: 3, which is none of them",
    ),
    "matrix-with-one-fault": (
        "- {id: x, input: [2, 7, 5, 5], filters: [3, 2, 3, 4], matrix: {strides: [1, 2]}}",
        "cases.yaml:1: case 'x.stride-1': filters must have a divisor of the input's 5 channels as its third size, but "
        "has 3",
    ),
    "bias-of-a-gradient": (
        "- {id: x, operation: conv1d_backprop_input, bias: [1],\n"
        "   input: [2, 7, 3], filters: [3, 3, 4], output: [2, 7, 3]}",
        "cases.yaml:1: case 'x': bias must be absent, as conv1d_backprop_input has none, but is [1]",
    ),
    "dtype": (
        entry(dtype="float12"),
        "cases.yaml:5: case 'x': dtype must be one of float16, bfloat16, float32, float64, int32, int8, but is "
        '"float12"',
    ),
    "byte-order": (
        entry(dtype="'>f4'"),
        "cases.yaml:5: case 'x': dtype must be one of float16, bfloat16, float32, float64, int32, int8, but is "
        "\">f4\" (operands are always of the machine's own byte order: write 'float32')",
    ),
    "memory": (
        entry(memory="c-order"),
        "cases.yaml:5: case 'x': memory must be one of contiguous, fortran, transposed, reversed, every-second, "
        'cropped, broadcast, unaligned, read-only, but is "c-order"',
    ),
    "id-form": (
        entry(id="'a/../b'"),
        "cases.yaml:1: case 'a/../b': id must be lower-case words and numbers joined by '-' or '.', at most 120 "
        'characters, but is "a/../b"',
    ),
    "id-number": (
        entry(id="7"),
        "cases.yaml:1: case '7': id must be lower-case words and numbers joined by '-' or '.', at most 120 characters, "
        "but is 7; write it in quotes",
    ),
    "tag-of-two-words": (
        entry(tags="[large stride]"),
        "cases.yaml:5: case 'x': tags must be a list of words without spaces and parentheses, none of them and, or, "
        'not, but is ["large stride"]',
    ),
    "tag-of-the-selection": (
        entry(tags="[large, not]"),
        "cases.yaml:5: case 'x': tags must be a list of words without spaces and parentheses, none of them and, or, "
        'not, but is ["large", "not"]',
    ),
    "half-a-stride": (
        entry(strides="1.5"),
        "cases.yaml:5: case 'x': strides must be a number >= 1 or [vertical, horizontal], but is 1.5",
    ),
    "recipe-beyond-dtype": (
        entry(dtype="float16", data="{input: 99999 - arange}"),
        "cases.yaml:6: case 'x': data.input must be numbers that float16 holds, but '99999 - arange' gives 99999",
    ),
    "recipe-below-dtype": (
        entry(input="[300, 300]", filters="[1, 1]", output="[300, 300]", dtype="float16", data="{input: 9 - arange}"),
        "cases.yaml:6: case 'x': data.input must be numbers that float16 holds, but '9 - arange' gives -89990",
    ),
    "integers-that-wrap": (
        entry(dtype="int32", data="{input: 9999 - arange, filters: 9999 - arange}"),
        "cases.yaml:1: case 'x': its sums leave int32: conv2d: dtype must be an integer dtype that holds 3549602610, "
        "but is int32 (ask for a wider `dtype`); make the numbers smaller",
    ),
    "transpose-without-output": (
        "- {id: x, operation: conv1d_transpose, input: [2, 7, 3], filters: [3, 4, 3]}",
        "cases.yaml:1: case 'x': output is missing; state the shape that must come out",
    ),
    "transpose-to-no-channels": (
        "- {id: x, operation: conv1d_transpose, input: [2, 7, 3], filters: [3, 4, 3], output: [2, 9, 0]}",
        "cases.yaml:1: case 'x': output must have a multiple of 4 channels that divides groups, but is [2, 9, 0]",
    ),
    "not-a-mapping": (
        "- basic\n",
        'cases.yaml:1: case number 1: must be a mapping such as {id: …, input: …}, but is "basic"',
    ),
}


@pytest.mark.parametrize(("text", "message"), ENTRIES.values(), ids=ENTRIES.keys())
def test_entry_fault(tmp_path: Path, text: str, message: str) -> None:
    assert faults(tmp_path, text) == [message]


def test_duplicate_id_names_both_places(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD + GOOD) == [
        "cases.yaml:5: case 'good': id must be unique, but is taken by cases.yaml:1; choose another"
    ]


def test_duplicate_id_across_files(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(GOOD)
    second.write_text(GOOD)
    with pytest.raises(CatalogueError, match=r"second.yaml:1: case 'good': id must be unique, but is taken by .*first"):
        load_catalogue([first, second])


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        load_catalogue([tmp_path / "absent.yaml"])
    assert str(caught.value) == f"{tmp_path}/absent.yaml: cannot be read (No such file or directory); check the path"


def test_budget_can_be_changed(tmp_path: Path) -> None:
    text = entry(input="[1000, 1000]", filters="[1, 1]", output="[1000, 1000]")
    assert len(faults(tmp_path, text, budget=0.01)) == 1
    assert [case.id for case in load_catalogue([tmp_path / "cases.yaml"], budget=1.0)] == ["x"]
