"""The commands about stored runs, and the options that write reports."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from conftest import ROOT, Command
from runs import record, run_of

from conformance.case import Outcome
from conformance.errors import UsageError
from conformance.record import Status
from conformance.reports import Outputs, join_runs, read_run, write_json

MINE = "- ❌ **mine**: 1 of 2 judged cases passed, **1 is wrong**"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Return a folder with three stored runs."""
    runs = {
        "mine.json": run_of(record("one"), record("two", Outcome.FAILED)),
        "better.json": run_of(record("one"), record("two")),
        "theirs.json": run_of(record("one", name="theirs"), record("two", name="theirs"), python="3.99"),
    }
    for name, run in runs.items():
        write_json(run, tmp_path / name)
    return tmp_path


def test_run_writes_every_form(command: Command, tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests" / "subjects.py", tmp_path)
    forms = {"--json": "r.json", "--html": "r.html", "--markdown": "r.md", "--junit": "r.xml"}
    options = [word for pair in forms.items() for word in pair]
    done = command("run", "-i", "subjects.py:flipped", "-k", "basic or wide", "--diagnose", "0", *options)
    assert (done.returncode, done.stderr) == (1, "")
    written = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    failed = [result for result in written["results"] if result["outcome"] == "failed"]
    assert failed
    assert all(result["shown"]["planes"] for result in failed)
    assert "<!doctype html>" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "## Conformance" in (tmp_path / "r.md").read_text(encoding="utf-8")
    assert len(list(ET.parse(tmp_path / "r.xml").iter("failure"))) == len(failed)  # noqa: S314  # just written
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("form", ["json", "html", "markdown", "junit"])
def test_file_in_no_folder_is_refused(form: str) -> None:
    with pytest.raises(UsageError, match=f"--{form} must name a file in an existing folder, but is 'no/such.file'"):
        Outputs(**{form: Path("no/such.file")}).check()


@pytest.mark.parametrize(
    ("words", "option"),
    [(["run", "-i", "nothing:there"], "--html"), (["report", "none.json"], "--junit")],
    ids=["run", "report"],
)
def test_it_is_refused_before_all_else(command: Command, words: list[str], option: str) -> None:
    done = command(*words, option, "no/such.file")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{option} must name a file in an existing folder, but is 'no/such.file'\n"


def test_report_prints_where_no_file_is_named(command: Command, stored: Path) -> None:
    done = command("report", "mine.json", "theirs.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-3:] == [
        "mine: 1 passed, 1 failed",
        "theirs: 2 passed",
        "next: conformance show two",
    ]


def test_report_writes_what_is_named_and_prints_nothing(command: Command, stored: Path) -> None:
    done = command("report", "mine.json", "theirs.json", "--markdown", "both.md", "--json", "both.json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert MINE in (stored / "both.md").read_text(encoding="utf-8")
    joined = read_run(stored / "both.json")
    assert [status.name for status in joined.implementations] == ["mine", "theirs"]


def test_environments_are_joined() -> None:
    runs = [(Path(f"{name}.json"), run_of(record("one", name=name), python=name, numpy="2")) for name in "ab"]
    runs[1][1].environment["catalogues"] = ["more.yaml"]
    assert join_runs(runs).environment == {
        "conformance": "0.1.0",
        "catalogues": ["cases.yaml", "more.yaml"],
        "python": {"a.json": "a", "b.json": "b"},
        "numpy": "2",
    }


def test_implementation_of_two_files_is_refused(command: Command, stored: Path) -> None:
    done = command("report", "mine.json", "better.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mine.json and better.json both have results of 'mine'; ")


def test_status_is_kept_in_the_page_of_a_stored_run(tmp_path: Path) -> None:
    status = Status(name="mine", version="1.2", incidents=("it died",))
    Outputs(json=tmp_path / "r.json").write(run_of(record("one"), statuses=(status,)))
    Outputs(html=tmp_path / "r.html").write(read_run(tmp_path / "r.json"))
    assert "Incident: it died" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "status", "last"),
    [
        ("better.json", "mine.json", 1, "worse: mine: newly failing"),
        ("mine.json", "better.json", 0, "changed, and nothing is worse"),
        ("mine.json", "mine.json", 0, "no difference"),
    ],
    ids=["worse", "better", "same"],
)
def test_diff_tells_and_exits(command: Command, stored: Path, old: str, new: str, status: int, last: str) -> None:
    done = command("diff", old, new, "--markdown", "diff.md")
    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.splitlines()[-1] == last
    assert last in (stored / "diff.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [["diff", "mine.json"], ["report"]], ids=["diff", "report"])
@pytest.mark.parametrize("content", [None, "{", '{"schema": "other"}'], ids=["missing", "no-json", "other-schema"])
def test_unreadable_file_is_told(command: Command, stored: Path, words: list[str], content: str | None) -> None:
    if content is not None:
        (stored / "odd.json").write_text(content, encoding="utf-8")
    done = command(*words, "odd.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("odd.json: ")
    assert "Traceback" not in done.stderr


def test_output_that_cannot_be_written_names_its_option() -> None:
    with pytest.raises(UsageError, match="--markdown '/dev/full' cannot be written"):
        Outputs(markdown=Path("/dev/full")).write(run_of(record("one")))


def test_report_that_cannot_be_written_costs_no_other(command: Command, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("the system has no /dev/full")
    words = ("run", "-i", "reference", "-k", "basic", "--json", "/dev/full", "--markdown", "summary.md")
    done = command(*words)
    assert done.returncode == 2
    assert "--json '/dev/full' cannot be written (No space left on device)" in done.stderr
    assert (tmp_path / "summary.md").read_text().startswith("#")
