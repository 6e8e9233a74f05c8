"""YAML that a stranger may have written is read in bounds, and all that it may not hold is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from catalogues import GOOD, entry, faults

DOCUMENTS: dict[str, tuple[str | bytes, str]] = {
    "tag": (
        "- !!python/object/apply:os.system [ls]\n",
        "cases.yaml:1: tag !!python/object/apply:os.system is not allowed; write a plain value, in quotes if it is "
        "text",
    ),
    "date": (
        GOOD + "  why: 2020-01-01\n",
        "cases.yaml:5: tag !!timestamp is not allowed; write a plain value, in quotes if it is text",
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
        GOOD + "  id: y\n",
        "cases.yaml:5: key 'id' stands twice in one mapping; remove one",
    ),
    "number-as-key": ("- 3: x\n", "cases.yaml:1: a key must be a word, but is 3; write it out, or in quotes"),
    "list-as-key": (
        "- [1]: x\n",
        "cases.yaml:1: a key must be a word, but is a list or a mapping; write it out, or in quotes",
    ),
    "merge-key": (
        GOOD + "- {<<: {id: x}}\n",
        "cases.yaml:5: a key must be a word, but is <<; write it out, or in quotes",
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
    "huge": (b" " * (4 * 2**20 + 1), "cases.yaml: is larger than 4,194,304 bytes; split it"),
    "two-documents": ("- a\n---\n- b\n", "cases.yaml:2: is not YAML: but found another document"),
}


@pytest.mark.parametrize(("text", "message"), DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_document_fault(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert faults(tmp_path, text) == [message]


def test_long_number_is_a_fault(tmp_path: Path) -> None:
    (message,) = faults(tmp_path, f"- {'9' * 5000}\n")
    assert message.startswith("cases.yaml: holds a number that cannot be read: Exceeds the limit")


def test_tags_and_keys_hide_nothing(tmp_path: Path) -> None:
    text = (
        entry(input="!pair [7, 7, 4]", data="{input: arrange}")
        + entry(id="y", strides="0", dilations="2").replace("dilations", "id")
        + "- {3: x, id: z, strides: 0}\n"
        + entry(id="w", strides="0", why="2020-01-01")
    )
    assert [message.split(" must be")[0].split(";")[0].split(" is not")[0] for message in faults(tmp_path, text)] == [
        "cases.yaml:2: tag !pair",
        "cases.yaml:5: case 'x': data.input",
        "cases.yaml:10: case 'y': strides",
        "cases.yaml:11: key 'id' stands twice in one mapping",
        "cases.yaml:12: a key",
        "cases.yaml:17: case 'w': strides",
        "cases.yaml:18: tag !!timestamp",
    ]


def test_what_ends_the_reading_comes_beside_what_was_found_before(tmp_path: Path) -> None:
    text = "- {3: x}\n- " + "[" * 40 + "]" * 40
    assert [message.split(";")[0] for message in faults(tmp_path, text)] == [
        "cases.yaml:1: a key must be a word, but is 3",
        "cases.yaml:2: is nested deeper than 32 levels",
    ]
