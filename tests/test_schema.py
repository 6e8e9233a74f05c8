"""The published JSON Schema is the one that the models make, and the catalogue names it."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import ROOT, Command

from conformance.catalogue import json_schema, shipped_catalogue


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
