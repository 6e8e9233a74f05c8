"""What is wrong in a catalogue is named with file, line, case and remedy, all of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.case import Operation
from conformance.catalogue import load_catalogue
from conformance.catalogue.schema import CaseEntry
from conformance.errors import CatalogueError

KEYS = list(CaseEntry.model_fields)
LISTED = [key for key in KEYS if key not in ("id", "matrix", "exclude")]

GOOD = "- id: good\n  input: [4, 4]\n  filters: [3, 3]\n  output: [2, 2]\n"


def faults(tmp_path: Path, text: str | bytes, budget: float = 1.0) -> list[str]:
    """Return the messages that a catalogue of `text` gives, without the folder."""
    file = tmp_path / "cases.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(CatalogueError) as caught:
        load_catalogue([file], budget)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


def entry(**changes: str) -> str:
    """Return a good entry of id `x` with some keys changed, a key a line; an empty value drops the key."""
    keys = {"id": "x", "input": "[7, 7, 4]", "filters": "[3, 3, 4, 6]", "output": "[5, 5, 6]"} | changes
    lines = [f"{key}: {value}" for key, value in keys.items() if value]
    return "- " + "\n  ".join(lines) + "\n"


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
        "cases.yaml:1: case 'x': needs 17.88 GiB, more than the budget of 1 GiB; make it smaller, or raise "
        "--memory-budget",
    ),
    "budget-beyond-int64": (
        entry(input="[9999999999999, 9999999999999]", filters="[1, 1]", output="[9999999999999, 9999999999999]"),
        "cases.yaml:1: case 'x': needs 4.47e+18 GiB, more than the budget of 1 GiB; make it smaller, or raise "
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
        "- {id: x, operation: conv2d_backprop_input, input: [7, 5], filters: [3, 2], output: [7, 5]}",
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
        f"- {{id: x, filters: [3, 2], matrix: {{strides: {[1] * 400}, dilations: {[1] * 400}}}}}",
        "cases.yaml:1: case 'x': matrix stands for 160,000 cases, more than 100,000; split it",
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
        'broadcast, unaligned, read-only, but is "c-order"',
    ),
    "id-form": (
        entry(id="'a/../b'"),
        "cases.yaml:1: case 'a/../b': id must be lower-case words and numbers joined by '-' or '.', at most 120 "
        'characters, but is "a/../b"',
    ),
    "not-a-mapping": (
        "- basic\n",
        'cases.yaml:1: case number 1: must be a mapping such as {id: …, input: …}, but is "basic"',
    ),
}

DOCUMENTS: dict[str, tuple[str | bytes, str]] = {
    "tag": (
        "- !!python/object/apply:os.system [ls]\n",
        "cases.yaml:1: tag !!python/object/apply:os.system is not allowed; write a plain value, in quotes if it is "
        "text",
    ),
    "date": (
        "- {id: x, why: 2020-01-01}\n",
        "cases.yaml:1: tag !!timestamp is not allowed; write a plain value, in quotes if it is text",
    ),
    "exploding-anchors": (
        "- &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(
            f"- &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "cases.yaml:6: holds more than 1,000,000 values with its aliases; split it",
    ),
    "looping-anchor": (
        "- &a [*a]\n",
        "cases.yaml:1: an alias stands inside its own anchor; write the values out",
    ),
    "undefined-alias": ("- *a\n", "cases.yaml:1: is not YAML: found undefined alias 'a'"),
    "deep": ("[" * 5000, "cases.yaml: is nested deeper than 32 levels; flatten it"),
    "deep-and-closed": ("[" * 40 + "]" * 40, "cases.yaml:1: is nested deeper than 32 levels; flatten it"),
    "no-yaml": ("- id: [1\n", "cases.yaml:2: is not YAML: expected ',' or ']', but got '<stream end>'"),
    "key-twice": (
        "- id: x\n  id: y\n",
        "cases.yaml:2: key 'id' stands twice in one mapping; remove one",
    ),
    "number-as-key": ("- 3: x\n", "cases.yaml:1: a key must be a word, but is 3; write it out, or in quotes"),
    "list-as-key": (
        "- [1]: x\n",
        "cases.yaml:1: a key must be a word, but is a list or a mapping; write it out, or in quotes",
    ),
    "merge-key": (
        "- &a {id: x}\n- {<<: *a}\n",
        "cases.yaml:2: a key must be a word, but is <<; write it out, or in quotes",
    ),
    "nul": (b"- a\0b", "cases.yaml: is not YAML: unacceptable character #x0000: special characters are not allowed"),
    "no-utf-8": (b"- \xff\xfe\n", "cases.yaml: must be UTF-8, but byte 2 is not; save it as UTF-8"),
    "empty": ("", "cases.yaml: holds no case; add one, for example '- {id: mine, input: [4, 4], …}'"),
    "only-comments": (
        "# nothing\n",
        "cases.yaml: holds no case; add one, for example '- {id: mine, input: [4, 4], …}'",
    ),
    "empty-list": ("[]\n", "cases.yaml:1: must be a list of cases, '- id: …', but is []"),
    "mapping": ("cases: []\n", "cases.yaml:1: must be a list of cases, '- id: …', but is {\"cases\": []}"),
    "huge": (b" " * (16 * 2**20 + 1), "cases.yaml: is larger than 16,777,216 bytes; split it"),
    "two-documents": ("- a\n---\n- b\n", "cases.yaml:2: is not YAML: but found another document"),
}


@pytest.mark.parametrize(("text", "message"), ENTRIES.values(), ids=ENTRIES.keys())
def test_entry_fault(tmp_path: Path, text: str, message: str) -> None:
    assert faults(tmp_path, text) == [message]


@pytest.mark.parametrize(("text", "message"), DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_document_fault(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert faults(tmp_path, text) == [message]


def test_long_number_is_a_fault(tmp_path: Path) -> None:
    (message,) = faults(tmp_path, f"- {'9' * 5000}\n")
    assert message.startswith("cases.yaml: holds a number that cannot be read: Exceeds the limit")


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


def test_all_faults_of_all_cases_at_once(tmp_path: Path) -> None:
    text = GOOD + entry(strides="0", paddin="1") + entry(id="y", data="{input: arrange}", expect="[1]")
    found = faults(tmp_path, text)
    assert [message.split(" must")[0].split(" (")[0] for message in found] == [
        "cases.yaml:9: case 'x': strides",
        "cases.yaml:10: case 'x': unknown key 'paddin'",
        "cases.yaml:15: case 'y': data.input",
        "cases.yaml:16: case 'y': expect",
    ]


def test_budget_can_be_changed(tmp_path: Path) -> None:
    text = entry(input="[1000, 1000]", filters="[1, 1]", output="[1000, 1000]")
    assert len(faults(tmp_path, text, budget=0.01)) == 1
    assert [case.id for case in load_catalogue([tmp_path / "cases.yaml"], budget=1.0)] == ["x"]
