"""Where results go: files, devices and pipes that take them, and those that do not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

from conformance import cli
from conformance.catalogue import load_catalogue
from conformance.reports import Progress, write_file

CONFORMANCE = f"{sys.executable} -m conformance"
RUN = f"{CONFORMANCE} run -i reference -k basic"

MUTE = """
class Mute(Exception):
    def __str__(self):
        raise ValueError

def conv2d(x, w, strides, padding):
    raise Mute
"""


TOLD = """
def conv2d(x, w, strides, padding, dilations):
    events.append("called")
    raise NotImplementedError
"""

STOP = """
import pathlib
import time

time.sleep(1)  # in which the catalogue is read
pathlib.Path("waiting").touch()
time.sleep(600)
"""


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = ["bash", "-c", f"set -o pipefail; {line}"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(
    "line",
    [
        f"{RUN} --json >(cat > copy.json); sleep 1",
        f"{RUN} --json /dev/stdout | tee all.txt | sed -n '1,/^}}/p' > copy.json",
        f"{RUN} --json /dev/stdout > all.txt && sed -n '1,/^}}/p' all.txt > copy.json",
    ],
    ids=["process", "pipe", "file"],
)
def test_json_goes_to_devices_and_pipes(tmp_path: Path, line: str) -> None:
    done = shell(line, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "copy.json").read_text())["schema"] == "conformance-report/1"
    everything = done.stdout + "".join(path.read_text() for path in tmp_path.glob("all.txt"))
    assert everything.endswith("reference: 1 passed\n")


@pytest.mark.parametrize("target", ["/dev/full", "/proc/x.json", "x" * 300 + ".json"], ids=["full", "proc", "long"])
def test_json_that_cannot_be_written_exits_2_with_a_message(command: Command, tmp_path: Path, target: str) -> None:
    done = command("run", "-i", "reference", "-k", "basic", "--json", target)
    assert done.returncode == 2
    assert done.stderr.startswith(f"--json {target!r} cannot be written (")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_results_are_printed_where_json_fails(command: Command) -> None:
    done = command("run", "-i", "reference", "-k", "basic", "--json", "/dev/full")
    assert done.stdout.endswith("reference: 1 passed\n")


def test_json_writes_what_is_no_unicode(command: Command, tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text("def conv2d(x, w):\n    raise RuntimeError('lone \\udc80')\n")
    done = command("run", "-i", "odd.py:conv2d", "-k", "basic", "--json", "report.json")
    assert (done.returncode, done.stderr) == (1, "")
    (result,) = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["results"]
    assert r"lone \udc80" in result["detail"]
    assert [path for path in tmp_path.iterdir() if "partial" in path.name] == []


def test_two_who_write_one_file_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "report.json"

    def parts() -> Iterator[str]:
        yield "the later "
        write_file(path, ["the earlier one"])
        assert path.read_text() == "the earlier one"
        yield "one"

    write_file(path, parts())
    assert path.read_text() == "the later one"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_of_a_file_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("as it was")
    path.chmod(0o640)

    def parts() -> Iterator[str]:
        yield "begun"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(path, parts())
    assert (path.read_text(), list(tmp_path.iterdir())) == ("as it was", [path])
    write_file(path, ["new"])
    assert path.stat().st_mode & 0o777 == 0o640


def test_json_is_written_though_nobody_reads_what_is_printed(tmp_path: Path) -> None:
    done = shell(f"{RUN} --json report.json | true", tmp_path)
    assert "Traceback" not in done.stderr
    assert json.loads((tmp_path / "report.json").read_text())["summary"]["reference"] == {"passed": 1}


@pytest.mark.parametrize("name", ["run -i reference -k basic", "check", "list", "show basic -i reference", "--help"])
def test_output_that_cannot_be_written_exits_2_with_a_message(tmp_path: Path, name: str) -> None:
    done = shell(f"{CONFORMANCE} {name} > /dev/full", tmp_path)
    message = "the standard output cannot be written (No space left on device)\n"
    assert (done.returncode, done.stderr) == (2, message)


@pytest.mark.parametrize("name", ["run -i reference -k basic", "check", "list"])
def test_output_that_nobody_reads_is_no_matter(tmp_path: Path, name: str) -> None:
    done = shell(f"{CONFORMANCE} {name} | true", tmp_path)
    assert done.stderr == ""


def test_exception_without_a_text_is_an_error_of_its_case(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text(MUTE)
    done = command("run", "-i", "mute.py:conv2d", "-i", "reference", "-k", "basic")
    assert (done.returncode, done.stderr) == (1, "")
    assert "conv2d raised Mute: (its text cannot be had: it raises ValueError)" in done.stdout
    assert done.stdout.splitlines()[-3:-1] == ["mute.py:conv2d: 1 error", "reference: 1 passed"]


def test_again_names_a_raised_budget(command: Command, tmp_path: Path) -> None:
    (tmp_path / "zero.py").write_text("def conv2d(x, w, strides, padding):\n    return x[:, 1:-1, 1:-1] * 0\n")
    done = command("run", "-i", "zero.py:conv2d", "-k", "basic", "--memory-budget", "2.5")
    assert "again:  conformance show basic -i zero.py:conv2d --memory-budget 2.5\n" in done.stdout
    done = command("run", "-i", "zero.py:conv2d", "-k", "basic")
    assert "again:  conformance show basic -i zero.py:conv2d\n" in done.stdout


def test_progress_names_the_case_that_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    events: list[Any] = []

    class Recording(Progress):
        def show(self, doing: str, done: int = 0) -> None:
            events.append(doing)
            super().show(doing, done)

    (tmp_path / "told.py").write_text(TOLD)
    monkeypatch.setattr("conformance.reports.Progress", Recording)
    monkeypatch.setattr("builtins.events", events, raising=False)
    words = ["run", "-i", f"{tmp_path}/told.py:conv2d", "-k", "notebook", "--isolate", "none"]
    monkeypatch.setattr(sys, "argv", ["conformance", *words])
    with pytest.raises(SystemExit):
        cli.main()
    judged = [event for case in load_catalogue() if "notebook" in case.tags for event in (case.id, "called")]
    assert events[: len(judged)] == judged  # traits are measured afterwards


def test_interrupted_before_anything_ran_lists_everybody(tmp_path: Path) -> None:
    (tmp_path / "stop.py").write_text(STOP)
    line = [
        *CONFORMANCE.split(),
        *["run", "-i", "stop.py:conv2d", "-i", "reference", "-k", "basic", "--json", "report.json"],
    ]
    with subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "waiting").exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert output.splitlines()[-2:] == [
        "stop.py:conv2d: interrupted, 1 of 1 cases not run",
        "reference: interrupted, 1 of 1 cases not run",
    ]
    written = json.loads((tmp_path / "report.json").read_text())
    assert [each["status"] for each in written["implementations"]] == ["interrupted", "interrupted"]


@pytest.mark.parametrize("isolation", ["none", "worker"])
def test_interrupted_between_two_reports_the_first(tmp_path: Path, isolation: str) -> None:
    (tmp_path / "stop.py").write_text(STOP)
    words = ["run", "-i", "reference", "-i", "stop.py:conv2d", "-k", "basic", "--isolate", isolation]
    with subprocess.Popen([*CONFORMANCE.split(), *words], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "waiting").exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert output.splitlines()[-2:] == ["reference: 1 passed", "stop.py:conv2d: interrupted, 1 of 1 cases not run"]


def interrupted_while_reading(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Return what a command printed that was interrupted while its catalogue came in."""
    path = tmp_path / "endless.yaml"
    os.mkfifo(path)
    line = [*CONFORMANCE.split(), *words]
    with subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        pipe = None
        while pipe is None and process.poll() is None:
            with suppress(OSError):  # until the command has opened it to read
                pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    if pipe is not None:
        os.close(pipe)
    return subprocess.CompletedProcess(line, process.returncode, output, errors)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_interrupted_while_cases_are_read_says_so_in_a_line(tmp_path: Path) -> None:
    done = interrupted_while_reading(tmp_path, "run", "endless.yaml", "-i", "reference", "--json", "report.json")
    told = "interrupted while the cases were read; nothing was judged, so no report is written\n"
    assert (done.returncode, done.stdout, done.stderr) == (130, "", told)
    assert not (tmp_path / "report.json").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_other_command_that_is_interrupted_says_so_in_a_line(tmp_path: Path) -> None:
    done = interrupted_while_reading(tmp_path, "list", "endless.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
