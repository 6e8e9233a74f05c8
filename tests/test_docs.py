"""The pages are true: what they show runs, what they have of the program is the program's, and their links lead on."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from conftest import ROOT
from documents import MARKS, PAGES, blocks, text_of, walk

from conformance.case import Kind, Operation
from conformance.catalogue.schema import CaseEntry, RefusedEntry
from conformance.choices import DEFAULT_SECONDS, DEFAULT_TIMEOUT
from conformance.data.recipes import RECIPES
from conformance.implementations import ADAPTERS
from conformance.implementations.adapters import REFERENCES
from conformance.record import Record, Status

GENERATE = runpy.run_path(str(ROOT / "docs" / "generate.py"))

NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]

NATIVE = ("file: identity.cpp", "file: kernel.rs", "in: examples/c", "build")
"""Blocks of docs/native.md that tests/test_native_loading.py builds; what follows `in:` is printed there."""


def executed(name: str) -> list[tuple[str, str]]:
    """Return the blocks of a page that are walked through."""
    marked = blocks(text_of(name))
    if name == "docs/native.md":
        marked = [(mark, block) for mark, block in marked if mark not in (*NATIVE, "printed")]
    return marked


OWN = ("README.md", "docs/expectations.md", "docs/reports.md")
"""Pages that are walked through in the tests of their subject."""

WALKED = [name for name in NAMES if name not in OWN and any(mark.startswith("exit: ") for mark, _ in executed(name))]


@pytest.mark.parametrize("name", WALKED)
def test_page_works_as_printed(tmp_path: Path, name: str) -> None:
    walk(executed(name), tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_shown_is_marked(name: str) -> None:
    text = text_of(name)
    shown = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    assert shown == [block for mark, block in blocks(text) if mark.startswith(MARKS)]


@pytest.mark.parametrize("page", GENERATE["SECTIONS"])
def test_generated_parts_are_those_of_the_program(page: str) -> None:
    assert text_of(f"docs/{page}") == GENERATE["generated"](page), "run python docs/generate.py"


def test_every_key_of_a_case_is_documented() -> None:
    text = text_of("docs/cases.md")
    table = text[text.index("## Keys") : text.index("## What a good case has")]
    rows = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert documented == CaseEntry.model_fields.keys() | RefusedEntry.model_fields.keys()


def test_every_recipe_is_documented() -> None:
    text = text_of("docs/cases.md")
    named = re.findall(r"^\| `(.+?)` \|", text[text.index("## Recipes") :], re.MULTILINE)
    short = [recipe.replace("SEED", "S").replace("DECIMALS", "D") for recipe in RECIPES]
    assert named == short


def test_limits_are_those_of_the_program() -> None:
    text = " ".join(text_of("docs/verdicts.md").split())
    assert f"no answer came in time: {DEFAULT_TIMEOUT:g} seconds, or what `--timeout` says" in text
    assert f"for {DEFAULT_SECONDS:g} seconds an implementation or what `--diagnose SECONDS` says" in text


def test_adapters_are_those_of_the_program() -> None:
    text = " ".join(text_of("docs/verify.md").split())
    told = text.split("shows the adapters: ")[1].split(", each with what it offers")[0]
    names = {name.split("-")[0] for name in ADAPTERS}
    assert {name.replace(" ", "").lower().removeprefix("py") for name in re.split(", | and ", told)} == {
        "tensorflowinfourmodes" if name == "tensorflow" else name for name in names
    }
    assert sum(name.startswith("tensorflow") for name in ADAPTERS) == 4


def test_every_field_of_the_json_report_is_documented() -> None:
    text = text_of("docs/verdicts.md")
    rows = dict(re.findall(r"^\| `(implementations|results)` \| (.+) \|$", text, re.MULTILINE))
    for key, model in (("implementations", Status), ("results", Record)):
        fields = {field.alias or name for name, field in model.model_fields.items()}
        assert fields <= set(re.findall(r"`(\w+)`", rows[key]))


def test_every_kind_of_operation_is_defined() -> None:
    text = text_of("docs/operations.md")
    table = text[text.index("## The rest of the family") : text.index("## How each is called")]
    suffixes = {"": "", Kind.INPUT_GRADIENT: "`…_backprop_input`", Kind.FILTER_GRADIENT: "`…_backprop_filter`"}
    assert all(name in table for name in suffixes.values())
    plain = [
        each for each in Operation if each.kind is Kind.FORWARD and each.rank == 2 and each is not Operation.CONV2D
    ]
    assert all(f"`{name}`" in table for name in [*plain, Operation.CONV2D_TRANSPOSE, Operation.BIAS_ADD_GRAD])


def test_reference_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", text_of("docs/reference.md"), re.DOTALL)
    assert "assert" in code
    exec(code, {})  # noqa: S102


def test_every_algorithm_of_the_reference_is_told() -> None:
    text = text_of("docs/reference.md")
    assert all(f"`{name.removeprefix('reference.')}" in text for name in REFERENCES)


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MkDocs make them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", [*NAMES, "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md"])
def test_links_lead_to_files_and_headings(name: str) -> None:
    folder = (ROOT / name).parent
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)", text_of(name)):
        path, _, anchor = target.partition("#")
        file = folder / path if path else ROOT / name
        assert file.is_file() or (file.is_dir() and not name.startswith("docs/")), target
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("docs/")])
def test_links_of_a_page_stay_within_the_pages(name: str) -> None:
    """The site has nothing else."""
    folder = (ROOT / name).parent
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text_of(name)):
        assert (folder / target).resolve().is_relative_to(ROOT / "docs"), target
