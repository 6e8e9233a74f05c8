"""The recipes of docs/ci: YAML that holds together, commands that exist, and that do what they should."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from documents import options_of, run_line
from ruamel.yaml import YAML

RECIPES = sorted((ROOT / "docs" / "ci").glob("*.yml"))

SHARDS = 4

VARIABLES = {
    "${{ matrix.shard }}": "{shard}",
    "$CI_NODE_INDEX": "{shard}",
    "$CI_NODE_TOTAL": str(SHARDS),
    '"$SPEC"': "reference",
    '"$GITHUB_STEP_SUMMARY"': "summary.md",
}
"""What the servers put in."""


def loaded(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def lines(recipe: Any) -> Iterator[str]:
    """Yield the lines of all scripts, in their order."""
    for key, value in recipe.items():
        if key in ("run", "script", "before_script"):
            yield from value if isinstance(value, list) else value.splitlines()
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from lines(each)


def commands(path: Path) -> list[str]:
    """Return the lines that call `conformance`, with the servers' variables put in, but for the shard's number."""
    found = [line for line in lines(loaded(path)) if line.startswith("conformance ")]
    for name, value in VARIABLES.items():
        found = [line.replace(name, value) for line in found]
    return found


@pytest.mark.parametrize("path", RECIPES, ids=[path.stem for path in RECIPES])
def test_every_command_and_option_exists(path: Path) -> None:
    found = commands(path)
    assert len(found) >= 2
    for line in found:
        assert "$" not in line
        words = shlex.split(line)
        options = {word for word in words if re.match(r"--?[a-z]", word)}
        assert options, line
        assert options <= options_of(words), line


@pytest.mark.parametrize("path", RECIPES, ids=[path.stem for path in RECIPES])
def test_commands_judge_all_shards_and_join_them(tmp_path: Path, path: Path) -> None:
    for line in commands(path):
        shards = range(1, SHARDS + 1) if "{shard}" in line else [0]
        for each in (line.format(shard=shard) for shard in shards):
            words = [word for name in shlex.split(each) for word in expanded(tmp_path, name)]
            words += ["-k", "notebook"] if words[1] == "run" and "-k" not in words else []
            done = run_line(shlex.join(words), tmp_path)
            assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(tmp_path.glob("shard-*.json"))) == SHARDS
    assert (tmp_path / "whole.json").stat().st_size > 0


def expanded(folder: Path, word: str) -> list[str]:
    """Return what a shell makes of a word with an asterisk."""
    return sorted(path.name for path in folder.glob(word)) if "*" in word else [word]


def test_matrix_has_as_many_jobs_as_shards() -> None:
    recipe = loaded(ROOT / "docs" / "ci" / "github-actions.yml")
    assert recipe["jobs"]["judge"]["strategy"]["matrix"]["shard"] == list(range(1, SHARDS + 1))
    assert f"/{SHARDS} " in next(line for line in lines(recipe) if "--shard" in line)
    assert loaded(ROOT / "docs" / "ci" / "gitlab-ci.yml")["judge"]["parallel"] == SHARDS


def test_jobs_that_others_need_are_there() -> None:
    jobs = loaded(ROOT / "docs" / "ci" / "github-actions.yml")["jobs"]
    assert {job["needs"] for job in jobs.values() if "needs" in job} <= jobs.keys()
    recipe = loaded(ROOT / "docs" / "ci" / "gitlab-ci.yml")
    assert {recipe[job]["stage"] for job in ("judge", "whole")} == set(recipe["stages"])
