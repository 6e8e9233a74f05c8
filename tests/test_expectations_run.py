"""`--expectations`, `--stale` and `--update-expectations` as users have them, and docs/expectations.md."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, Command

from conformance.choices import DEFAULT_EXPECTATIONS
from conformance.expectations import Expectation, Written, mistyped
from conformance.record import Status

WRONG = """
import numpy as np
from reference.windows import conv2d as right

def conv2d(x, w, strides, padding):
    if x.shape[0] == 3:
        raise ValueError(f"a batch of {x.shape[0]} is too large")
    return right(x, w[::-1], strides, padding)
"""

RUN = ("run", "-i", "mine.py:conv2d", "-k", "notebook", "--diagnose", "2", "--isolate", "none")

BASIC = "# ours\n- implementation: mine.py:conv2d\n  case: basic\n  reason: we know  # well\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a user with a wrong function."""
    (tmp_path / "mine.py").write_text(WRONG)
    return tmp_path


def outcomes(report: Path) -> dict[str, str]:
    return {each["case"]: each["outcome"] for each in json.loads(report.read_text())["results"]}


def status(report: Path) -> Status:
    return Status.model_validate(json.loads(report.read_text())["implementations"][0])


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.splitlines()[-1]


def test_file_of_the_folder_is_found_and_named(command: Command, folder: Path) -> None:
    (folder / DEFAULT_EXPECTATIONS).write_text(BASIC)
    done = command(*RUN, "--json", "report.json")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1] == f"expectations: {DEFAULT_EXPECTATIONS}"
    assert outcomes(folder / "report.json")["basic"] == "known"
    assert "known basic\nwe know\n" in done.stdout
    assert json.loads((folder / "report.json").read_text())["environment"]["expectations"] == DEFAULT_EXPECTATIONS


def test_mistyped_implementation_is_noticed_and_fails_no_run(command: Command, folder: Path) -> None:
    (folder / DEFAULT_EXPECTATIONS).write_text(BASIC.replace("mine.py:conv2d", "refrence") + BASIC)
    done = command("run", "-i", "reference", "-k", "basic", "--json", "report.json", "--markdown", "report.md")
    notice = (
        f"{DEFAULT_EXPECTATIONS}:2: there is no implementation 'refrence', so the entry says nothing; did you mean "
    )
    assert done.returncode == 0
    assert f"\nnotice: {notice}reference" in done.stdout
    assert json.loads((folder / "report.json").read_text())["environment"]["notices"][0].startswith(notice)
    assert "- notice: conformance.expectations.yaml:2: there is no" in (folder / "report.md").read_text()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("tensorflwo", ["tensorflow"]),
        ("torch-channel-last", ["torch-channels-last"]),
        ("reference.naiv", ["reference.naive"]),
        ("min.py:conv2d", ["mine.py:conv2d"]),
        ("mine.py:conv2d", []),  # judged
        ("jax", []),  # an adapter, not judged
        ("reference.naive", []),
        ("reference.naive:conv2d", []),
        ("theirs.py:conv2d", []),  # there is such a file
        ("numpy.fft:conv2d", []),  # and such a module
        ("somebody.elses:function", []),  # may be judged elsewhere, and is like nothing known
    ],
)
def test_names_are_mistyped_that_are_like_known_ones_and_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, near: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "theirs.py").touch()
    entry = Written(Expectation(implementation=name, case="*", reason="we know"), "ours.yaml:1")
    told = list(mistyped([entry], ["mine.py:conv2d", "theirz.py:conv2d"]))
    assert [each.rpartition("did you mean ")[2].split(", ")[0].rstrip("?") for each in told] == near
    assert all(each.startswith(f"ours.yaml:1: there is no implementation {name!r}") for each in told)


def test_named_file_is_read_instead(command: Command, folder: Path) -> None:
    (folder / DEFAULT_EXPECTATIONS).write_text("- odd")
    (folder / "ours.yaml").write_text(BASIC)
    done = command(*RUN, "--expectations", "ours.yaml", "-k", "basic")
    assert done.stdout.splitlines()[1] == "expectations: ours.yaml"
    assert last_line(done) == "mine.py:conv2d: 1 known"
    assert done.returncode == 1  # nothing has passed


def test_run_is_green_after_an_update_and_a_second_one_changes_nothing(command: Command, folder: Path) -> None:
    words = (*RUN, "-k", "notebook or path-pointwise", "--update-expectations")
    first = command(*words)
    assert first.returncode == 1
    found = re.fullmatch(
        rf"{DEFAULT_EXPECTATIONS}: (\d+) entries proposed for (\d+) failures; read the reasons", last_line(first)
    )
    assert found is not None
    assert 1 < int(found[1]) < int(found[2])
    text = (folder / DEFAULT_EXPECTATIONS).read_text()
    assert "it flips the filter upside down" in text
    assert "raised ValueError: a batch of" in text
    again = command(*words)
    assert again.returncode == 0
    assert last_line(again) == f"{DEFAULT_EXPECTATIONS}: no entry to propose"
    assert (folder / DEFAULT_EXPECTATIONS).read_text() == text
    whole = command("run", "-i", "mine.py:conv2d", "--diagnose", "0")  # and no entry is stale with all cases
    assert "stale" not in whole.stdout


def test_update_leaves_what_is_written(command: Command, folder: Path) -> None:
    stale = "\n- implementation: mine.py:conv2d\n  case: no-such-*  # gone?\n  reason: 'once'\n"
    (folder / "ours.yaml").write_text(BASIC + stale)
    done = command(*RUN, "--expectations", "ours.yaml", "--update-expectations")
    text = (folder / "ours.yaml").read_text()
    assert text.startswith(BASIC + stale)
    assert text.count("case: basic") == 1
    assert "stale: ours.yaml:6: 'no-such-*' is the id of no case of the catalogue" in done.stdout


def test_update_makes_the_file_that_is_named(command: Command, folder: Path) -> None:
    done = command(*RUN, "-k", "basic", "--expectations", "ours.yaml", "--update-expectations")
    assert last_line(done) == "ours.yaml: 1 entry proposed for 1 failure; read the reasons"
    assert not (folder / DEFAULT_EXPECTATIONS).exists()


STALE = "".join(f"- {{implementation: mine.py:conv2d, case: {case}, reason: r}}\n" for case in ("basi*", "x"))


@pytest.mark.parametrize("choice", ["fail", "warn"])
def test_stale_entries_fail_the_run_or_warn(command: Command, folder: Path, choice: str) -> None:
    (folder / "mine.py").write_text("from reference.windows import conv2d\n")
    (folder / DEFAULT_EXPECTATIONS).write_text(STALE)
    done = command("run", "-i", "mine.py:conv2d", "-k", "basic or channel", "--json", "r.json", "--stale", choice)
    assert done.returncode == int(choice == "fail")
    assert f"stale: {DEFAULT_EXPECTATIONS}:1: 'basi*' is expected not to pass, but basic does; remove" in done.stdout
    assert f"stale: {DEFAULT_EXPECTATIONS}:2: 'x' is the id of no case of the catalogue; correct it" in done.stdout
    assert last_line(done).endswith(" unsupported; 2 stale expectations")
    assert [(each.pattern, each.passed, each.fails) for each in status(folder / "r.json").stale] == [
        ("basi*", ("basic",), choice == "fail"),
        ("x", (), choice == "fail"),
    ]


def test_entry_of_cases_that_were_not_chosen_is_not_stale(command: Command, folder: Path) -> None:
    (folder / "mine.py").write_text("from reference.windows import conv2d\n")
    (folder / DEFAULT_EXPECTATIONS).write_text(BASIC)
    assert command("run", "-i", "mine.py:conv2d", "-k", "channel and notebook").returncode == 0


def test_what_raises_may_be_accepted_as_unsupported(command: Command, folder: Path) -> None:
    keys = "case: '*', kind: unsupported, words: too large, sometimes: true, reason: r"
    (folder / DEFAULT_EXPECTATIONS).write_text(f"- {{implementation: mine.py:conv2d, {keys}}}")
    command(*RUN, "--json", "r.json")
    assert {case for case, outcome in outcomes(folder / "r.json").items() if outcome == "unsupported"} == {
        "mini-batch",
        "rgb-mini-batch-padding-and-stride",
    }
    assert "error" not in outcomes(folder / "r.json").values()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--expectations", "none.yaml"], "none.yaml: cannot be read (No such file or directory); check the path"),
        (["--expectations", "odd.yaml"], "odd.yaml:1: expectation number 1: unknown key 'cas' (did you mean 'case'?)"),
        (["--expectations", "no/x.yaml", "--update-expectations"], "--expectations must name a file in an existing"),
        (["--expectations", "odd.yaml", "--update-expectations"], "odd.yaml:1: expectation number 1: case is missing"),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_is_judged(
    command: Command, folder: Path, options: list[str], message: str
) -> None:
    (folder / "odd.yaml").write_text("- {implementation: mine.py:conv2d, cas: basic, reason: r}\n")
    done = command(*RUN, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_journal_is_not_gone_on_with_under_other_expectations(command: Command, folder: Path) -> None:
    (folder / DEFAULT_EXPECTATIONS).write_text(BASIC)
    first = command(*RUN, "--journal", "journal")
    again = command(*RUN, "--resume", "journal")
    assert (again.returncode, again.stdout) == (first.returncode, first.stdout)
    (folder / DEFAULT_EXPECTATIONS).write_text(f"# a comment changes nothing\n{BASIC}")
    assert command(*RUN, "--resume", "journal").returncode == first.returncode
    (folder / DEFAULT_EXPECTATIONS).unlink()
    done = command(*RUN, "--resume", "journal")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--expectations was sha256:" in done.stderr
    assert "and is now as by default" in done.stderr


def test_stale_entries_are_found_again_in_a_run_that_was_cut_off(command: Command, folder: Path) -> None:
    (folder / "mine.py").write_text("from reference.windows import conv2d\n")
    (folder / DEFAULT_EXPECTATIONS).write_text(BASIC)
    words = ("run", "-i", "mine.py:conv2d", "-k", "notebook and not stride")
    first = command(*words, "--journal", "journal")
    lines = (folder / "journal").read_bytes().splitlines(keepends=True)
    (folder / "journal").write_bytes(b"".join(lines[:4]))  # without the status
    again = command(*words, "--resume", "journal")
    assert first.returncode == again.returncode == 1
    assert "is expected not to pass, but basic does" in again.stdout


def test_answers_in_files_are_scored_with_what_is_expected_of_their_name(command: Command, folder: Path) -> None:
    command("export", "cases", "-k", "basic or channel and notebook", "--expected")
    for case in (folder / "cases").iterdir():
        if case.is_dir():
            shutil.copy(case / "expected.npy", case / "output.npy")
    shutil.copy(folder / "cases" / "channel" / "expected.npy", folder / "cases" / "basic" / "output.npy")
    (folder / "ours.yaml").write_text(BASIC.replace("mine.py:conv2d", "our program"))
    words = ("score", "cases", "--expectations", "ours.yaml", "--json", "r.json")
    assert command(*words, "--name", "our program").returncode == 0
    assert outcomes(folder / "r.json")["basic"] == "known"
    assert command(*words).returncode == 1
    assert outcomes(folder / "r.json")["basic"] == "failed"


def test_answers_in_files_are_proposed_for_too(command: Command, folder: Path) -> None:
    command("export", "cases", "-k", "basic")
    done = command("score", "cases", "--name", "ours", "--update-expectations")
    assert last_line(done) == f"{DEFAULT_EXPECTATIONS}: 1 entry proposed for 1 failure; read the reasons"


def test_page_is_true(command: Command, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "expectations.md").read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- (\w+)(?:: (.*?))? -->\n(?:```\w+\n(.*?)```)?", page, re.DOTALL)
    assert [mark for mark, _, _ in blocks] == ["file", "file", "exit", "edit", "exit", "printed", "exit", "exit"]
    done: subprocess.CompletedProcess[str] | None = None
    for mark, value, block in blocks:
        if mark == "file":
            (tmp_path / value).write_text(block, encoding="utf-8")
        elif mark == "edit":
            old, _, new = value.partition(" → ")
            text = (tmp_path / "mine.py").read_text(encoding="utf-8")
            (tmp_path / "mine.py").write_text(text.replace(old, new), encoding="utf-8")
        elif mark == "exit":
            done = command(*shlex.split(block)[1:])
            assert done.returncode == int(value), done.stdout + done.stderr
        else:
            assert done is not None
            assert block in done.stdout
