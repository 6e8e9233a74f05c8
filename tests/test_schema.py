"""The published JSON Schema is the one that the models make, and the catalogue names it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from catalogues import entry, faults
from conftest import ROOT, Command

from conformance.catalogue import json_schema, load_catalogue, shipped_catalogue


def test_published_schema_is_the_generated_one(command: Command) -> None:
    published = (ROOT / "conformance" / "cases.schema.json").read_text(encoding="utf-8")
    assert json.loads(published) == json_schema()
    assert command("check", "--schema").stdout == published


def test_first_line_names_the_schema() -> None:
    first = shipped_catalogue().read_text(encoding="utf-8").splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    assert (ROOT / Path(first.removeprefix(prefix))).is_file()


def test_schema_completes_every_key() -> None:
    entry = json_schema()["$defs"]["CaseEntry"]
    assert entry["anyOf"][0]["required"] == ["id", "input", "filters", "output"]
    assert entry["additionalProperties"] is False
    assert all(prop.get("description") for prop in entry["properties"].values())


def test_schema_knows_calls_that_must_be_refused() -> None:
    refused = json_schema()["$defs"]["RefusedEntry"]
    assert refused["anyOf"][0]["required"] == ["id", "refuses", "input"]
    assert json_schema()["items"] == {"anyOf": [{"$ref": "#/$defs/CaseEntry"}, {"$ref": "#/$defs/RefusedEntry"}]}


def test_whole_numbers_may_be_written_as_json_schema_takes_them(tmp_path: Path) -> None:
    """JSON Schema's `integer` is any number without a fraction, 2.0 too."""
    (tmp_path / "mine.yaml").write_text(
        entry(padding="1.0", strides="2.0", dilations="[1.0, 2.0]", output="[4, 3.0, 6]")
    )
    (case,) = load_catalogue([tmp_path / "mine.yaml"])
    assert (case.padding, case.strides, case.dilations) == (((1, 1), (1, 1)), (2, 2), (1, 2))
    kinds = json_schema()["$defs"]["CaseEntry"]["properties"]
    assert {"type": "integer", "minimum": 0} in kinds["padding"]["anyOf"]
    step = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
    assert all(step in kinds[name]["anyOf"] for name in ("strides", "dilations"))


@pytest.mark.parametrize("value", ["2.5", "true", "'2'", "1.0e+400", "[2.5, 1]"])
def test_other_numbers_are_refused_as_json_schema_refuses_them(tmp_path: Path, value: str) -> None:
    (message,) = faults(tmp_path, entry(strides=value))
    assert message.startswith("cases.yaml:5: case 'x': strides must be a number >= 1")


def test_tags_are_words_for_the_schema_too() -> None:
    items = json_schema()["$defs"]["CaseEntry"]["properties"]["tags"]["items"]
    assert items == {"type": "string", "pattern": r"^[^\s()]+$", "not": {"enum": ["and", "or", "not"]}}
