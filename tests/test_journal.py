"""The journal: what was judged is never judged again, whatever ended the run."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

from conformance.case import Operation, Outcome
from conformance.errors import UsageError
from conformance.journal import Beginning, Heading, Journal, Line, read_records, slowest
from conformance.record import Record, Status

HEADING = Heading.of("sha256:1", "1.0", {"-k": "bias"})

COUNTING = """
import pathlib
import time
from reference.naive import conv2d as right

limit = pathlib.Path("limit")

def conv2d(x, w, strides, padding):
    with pathlib.Path("calls").open("a") as file:
        file.write("x")
    if limit.exists() and pathlib.Path("calls").stat().st_size > int(limit.read_text()):
        pathlib.Path("waiting").touch()
        time.sleep(600)
    return right(x, w[::-1], strides, padding)
"""

RUN = ("run", "-i", "counting.py:conv2d", "-k", "notebook", "--diagnose", "0")
"""Ten cases; each that fails takes one call or two."""


def record(place: int, **others: Any) -> Record:
    values = {"operation": Operation.CONV2D, "implementation": "mine", "outcome": Outcome.PASSED} | others
    return Record(case=f"case-{place}", place=place, **values)


def begun(path: Path) -> Journal:
    journal = Journal(path, HEADING)
    journal.begin(Beginning(name="mine", version="1"))
    return journal


def without_times(path: Path) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(path.read_text())
    for result in written["results"]:
        result["seconds"] = 0
    return written


def test_records_come_back_in_the_order_of_the_catalogue(tmp_path: Path) -> None:
    with begun(tmp_path / "journal") as journal:
        for place in (4, 0, 2):
            journal.add(record(place))
        assert [each.place for each in journal.records("mine")] == [0, 2, 4]
        assert [journal.is_done("mine", place) for place in range(6)] == [True, False, True, False, True, False]


def test_later_record_stands_in_place_of_an_earlier_one(tmp_path: Path) -> None:
    with begun(tmp_path / "journal") as journal:
        journal.add(record(1))
        journal.add(record(1, detail="more is known"))
        assert [each.detail for each in journal.records("mine")] == ["more is known"]
    with Journal(tmp_path / "journal", HEADING, resume=True) as journal:
        assert [each.detail for each in journal.records("mine")] == ["more is known"]


@pytest.mark.parametrize("torn", [1, 20, 60])
def test_torn_last_line_is_passed_over_and_written_anew(tmp_path: Path, torn: int) -> None:
    path = tmp_path / "journal"
    with begun(path) as journal:
        journal.add(record(0))
        journal.add(record(1))
    path.write_bytes(path.read_bytes()[:-torn])
    with Journal(path, HEADING, resume=True) as journal:
        assert [each.place for each in journal.records("mine")] == [0]
        journal.add(record(1))
    assert [each.place for each in read_records(path)] == [0, 1]


def test_empty_journal_is_begun(tmp_path: Path) -> None:
    (tmp_path / "journal").touch()
    with Journal(tmp_path / "journal", HEADING, resume=True) as journal:
        journal.add(record(0))
    with Journal(tmp_path / "journal", HEADING, resume=True) as journal:
        assert journal.is_done("mine", 0)


@pytest.mark.parametrize(
    ("heading", "message"),
    [
        (Heading.of("sha256:2", "1.0", {"-k": "bias"}), "the catalogue was sha256:1, and is now sha256:2"),
        (Heading.of("sha256:1", "1.1", {"-k": "bias"}), "conformance was 1.0, and is now 1.1"),
        (Heading.of("sha256:1", "1.0", {}), "-k was bias, and is now as by default"),
    ],
    ids=["catalogue", "version", "option"],
)
def test_journal_of_another_run_is_refused_with_both(tmp_path: Path, heading: Heading, message: str) -> None:
    begun(tmp_path / "journal").__exit__()
    with pytest.raises(UsageError, match=f"is of another run: {message}; go on as it was begun"):
        Journal(tmp_path / "journal", heading, resume=True)


def test_another_version_of_the_implementation_is_refused_with_both(tmp_path: Path) -> None:
    begun(tmp_path / "journal").__exit__()
    with Journal(tmp_path / "journal", HEADING, resume=True) as journal:
        journal.begin(Beginning(name="mine", version="1"))
        with pytest.raises(UsageError, match="has results of mine 1, but mine is now mine 2 sha256:3; run that anew"):
            journal.begin(Beginning(name="mine", version="2", digest="sha256:3"))


def test_damaged_journal_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with begun(path) as journal:
        journal.add(record(0))
        journal.add(record(1))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b'{"record": 3}\n', *lines[3:]]))
    with pytest.raises(UsageError, match=r"journal:3: is no line of a journal; it was damaged, run anew"):
        Journal(path, HEADING, resume=True)


@pytest.mark.parametrize("content", ["precious\n", '{"schema": "conformance-report/1"}\n'])
def test_file_that_is_no_journal_is_neither_gone_on_with_nor_written_over(tmp_path: Path, content: str) -> None:
    (tmp_path / "file").write_text(content)
    with pytest.raises(UsageError, match="file: is no journal; its first line"):
        Journal(tmp_path / "file", HEADING, resume=True)
    with pytest.raises(UsageError, match=r"--journal .*file: holds no complete journal"):
        Journal(tmp_path / "file", HEADING)
    assert (tmp_path / "file").read_text() == content


def test_only_a_complete_journal_is_written_over(tmp_path: Path) -> None:
    with begun(tmp_path / "journal") as journal:
        journal.add(record(0))
    with pytest.raises(UsageError, match=r"go on with it by --resume .*journal, or name another file"):
        Journal(tmp_path / "journal", HEADING)
    with Journal(tmp_path / "journal", HEADING, resume=True) as journal:
        journal.complete()
    with begun(tmp_path / "journal") as journal:
        assert list(journal.records("mine")) == []


def test_two_runs_do_not_write_to_one_journal(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="the system has no locks of this kind")
    with begun(tmp_path / "journal"), pytest.raises(UsageError, match="another run is writing to it; wait for that"):
        Journal(tmp_path / "journal", HEADING, resume=True)


def test_slow_cases_are_remembered() -> None:
    records = [record(0, seconds=0.5), record(1, seconds=0.001), record(2, seconds=2.0), record(0, seconds=0.7)]
    assert slowest(records) == {"case-2": 2.0, "case-0": 0.7}


def test_status_of_what_is_done_with_comes_back(tmp_path: Path) -> None:
    with begun(tmp_path / "journal") as journal:
        journal.finish(Status(name="mine", version="1", strays={"changes the folder": ["case-0"]}))
    with Journal(tmp_path / "journal", HEADING, resume=True) as journal:
        assert journal.status("mine") == Status(name="mine", version="1", strays={"changes the folder": ["case-0"]})
        assert journal.status("other") is None


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_run_goes_on_where_it_was_cut_off(command: Command, tmp_path: Path, ending: signal.Signals) -> None:
    (tmp_path / "counting.py").write_text(COUNTING)
    calls = tmp_path / "calls"
    assert command(*RUN, "--json", "whole.json").returncode == 1
    whole = len(calls.read_text())
    calls.unlink()
    (tmp_path / "limit").write_text("6")  # of ten calls or more, those for traits aside
    words = [sys.executable, "-m", "conformance", *RUN, "--journal", "journal"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        while not (tmp_path / "waiting").exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(ending)
    done = list(read_records(tmp_path / "journal"))
    assert 0 < len(done) < 10
    (tmp_path / "limit").unlink()
    calls.unlink()
    assert command(*RUN, "--resume", "journal", "--json", "resumed.json").returncode == 1
    assert len(calls.read_text()) < whole
    assert without_times(tmp_path / "resumed.json")["results"] == without_times(tmp_path / "whole.json")["results"]
    kept = {each.case: each.seconds for each in done}
    results = json.loads((tmp_path / "resumed.json").read_text())["results"]
    assert {each["case"]: each["seconds"] for each in results if each["case"] in kept} == kept


def test_complete_run_is_reported_again_without_a_call(command: Command, tmp_path: Path) -> None:
    (tmp_path / "counting.py").write_text(COUNTING)
    words = ("run", "-i", "counting.py:conv2d", "-k", "notebook")
    first = command(*words, "--journal", "journal")
    (tmp_path / "calls").unlink()
    again = command(*words, "--resume", "journal")
    assert (again.returncode, again.stdout) == (first.returncode, first.stdout)
    assert not (tmp_path / "calls").exists()


@pytest.mark.parametrize("lines", [3, 99], ids=["cut-off", "complete"])
def test_changed_function_is_not_gone_on_with(command: Command, tmp_path: Path, lines: int) -> None:
    (tmp_path / "mine.py").write_text("from reference.naive import conv2d\n")
    words = ("run", "-i", "mine.py:conv2d", "-k", "basic")
    assert command(*words, "--journal", "journal").returncode == 0
    content = (tmp_path / "journal").read_bytes().splitlines(keepends=True)
    (tmp_path / "journal").write_bytes(b"".join(content[:lines]))
    (tmp_path / "mine.py").write_text("from reference.windows import conv2d\n")
    done = command(*words, "--resume", "journal")
    assert (done.returncode, done.stdout) == (2, "")
    assert "journal journal: has results of mine.py:conv2d sha256:" in done.stderr


def test_reports_are_the_same_but_for_times_whoever_comes_first(command: Command, tmp_path: Path) -> None:
    for name, options in {"one": ["-j", "1"], "two": ["-j", "2"], "slow": ["--times", "one"]}.items():
        words = ("run", "-i", "reference", "-k", "gradient and conv2d", "--json", name, *options)
        assert command(*words).returncode == 0
    one, two, slow = (without_times(tmp_path / name) for name in ("one", "two", "slow"))
    assert one["results"] == two["results"] == slow["results"]
    assert one["implementations"] == two["implementations"] == slow["implementations"]


def test_slow_cases_of_the_journal_that_is_written_over_come_first(command: Command, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import time\nfrom reference.naive import conv2d as right\n"
        "def conv2d(x, w, strides, padding):\n    time.sleep(0.05 * (x.shape[-1] == 3))\n"
        "    return right(x, w, strides, padding)\n"
    )
    words = ("run", "-i", "slow.py:conv2d", "-k", "notebook", "--journal", "journal")
    assert command(*words).returncode == 0
    first = [each.case for each in read_records(tmp_path / "journal")]
    slow = slowest(read_records(tmp_path / "journal"))
    assert command(*words).returncode == 0
    second = [each.case for each in read_records(tmp_path / "journal")]
    assert 0 < len(slow) < len(first)
    assert second == sorted(slow, key=slow.__getitem__, reverse=True) + [each for each in first if each not in slow]


def test_revised_record_keeps_what_belongs_to_it(tmp_path: Path) -> None:
    with begun(tmp_path / "journal") as journal:
        journal.write(Line(record=record(1), sign="numbers", answer="AA==", strays=("changes the folder",)))
        journal.revise(record(1, detail="more is known"))
        (line,) = journal.lines("mine")
    assert (line.record.detail, line.sign, line.answer) == ("more is known", "numbers", "AA==")
    assert line.strays == ("changes the folder",)


def test_place_that_is_none_is_no_line_of_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with begun(path) as journal:
        journal.add(record(7))
    path.write_bytes(path.read_bytes().replace(b'"place":7', b'"place":-7'))
    with pytest.raises(UsageError, match="journal:3: is no line of a journal"):
        Journal(path, HEADING, resume=True)


def test_fault_of_a_large_matrix_is_reported_with_what_was_run(command: Command, tmp_path: Path) -> None:
    strides = [[1, number] for number in range(1, 1500)]
    matrix = f"{{input: [[1, 5, 5, 4], [1, 5, 5, 6]], filters: [[1, 1, 2, 12], [1, 1, 4, 12]], strides: {strides}}}"
    (tmp_path / "large.yaml").write_text(f"- {{id: x, matrix: {matrix}}}")
    words = ("run", "large.yaml", "-i", "reference", "--isolate", "none", "--diagnose", "0", "--json", "report.json")
    done = command(*words)
    assert done.returncode == 2
    assert "large.yaml:1: case 'x.input-1x5x5x6.filter-1x1x4x12.stride-1x1'" in done.stderr
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["implementations"][0]["status"] == "interrupted"
    assert len(written["results"]) == 3 * 1499


def test_full_disk_is_said_and_the_run_can_go_on(command: Command, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    words = ["run", "-i", "reference", "-k", "notebook"]
    done = subprocess.run(
        [sys.executable, "-m", "conformance", *words, "--journal", "journal"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "the journal cannot be written (File too large); make room, and go on with --resume journal\n"
    before = len(list(read_records(tmp_path / "journal")))
    assert 0 < before < 10
    assert command(*words, "--resume", "journal").returncode == 0
    assert len(list(read_records(tmp_path / "journal"))) == 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--journal", "a", "--resume", "b"], "--journal begins a journal and --resume goes on with one; give one"),
        (["--journal", "/dev/null"], "--journal must name a plain file, but '/dev/null' is none"),
        (["--journal", "a", "--json", "a"], "--json and --journal both name 'a'; name different files"),
        (["--html", "a", "--junit", "./a"], "--junit and --html both name 'a'; name different files"),
        (["--journal", "none/a"], "--journal must name a file in an existing folder, but is 'none/a'"),
        (["--resume", "none"], "--resume must name the journal of a run, but 'none' is no file"),
        (["--times", "none"], "--times must name a journal or a JSON report, but 'none' is no file"),
        (["--shard", "3/2"], "--shard must be a number from 1, of how many, such as 2/5, but is '3/2'"),
    ],
)
def test_options_that_cannot_be_are_refused(command: Command, options: list[str], message: str) -> None:
    done = command("run", "-i", "reference", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
