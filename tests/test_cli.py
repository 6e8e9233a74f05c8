"""The command: what it prints, writes and exits with."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Command

from conformance.case import Tier
from conformance.catalogue import load_catalogue, shipped_catalogue
from conformance.implementations import ADAPTERS, REFERENCES
from conformance.selection import select

FLIPPED = """
from reference import naive

def conv2d(input, filters, strides, padding, dilations):
    return naive.conv2d(input, filters[::-1, ::-1], strides, padding, dilations=dilations)
"""

SLOW = """
import pathlib
import time
from reference.naive import conv2d as right

calls = []

def conv2d(x, w, strides, padding):
    calls.append(1)
    if len(calls) > 3:  # a case takes three
        time.sleep(1)  # in which the first case is reported
        pathlib.Path("waiting").touch()
        time.sleep(600)
    return right(x, w, strides, padding)
"""


MOODY = """
from reference.naive import conv2d as right

calls = []

def conv2d(x, w, strides, padding):
    calls.append(1)
    return right(x, w, strides, padding) + x.dtype.type(len(calls) % 5 == 0)
"""


@pytest.fixture
def flipped(tmp_path: Path) -> str:
    (tmp_path / "flipped.py").write_text(FLIPPED)
    return "flipped.py:conv2d"


def report(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_run_judges_tensorflow_on_the_shipped_catalogue(command: Command, tmp_path: Path) -> None:
    done = command("run", "-v", "--json", "report.json")
    assert done.returncode == 0
    assert all(re.fullmatch(r"tensorflow: \d+/\d+, .* cases/s, .*", line) for line in done.stderr.splitlines())
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    line = "multiple-filters-and-bias (4×4×3) * (3×3×3×4) + (4) = (2×2×4) VALID 1 exact passed"
    assert line in lines
    written = report(tmp_path / "report.json")
    assert list(written) == ["schema", "environment", "implementations", "results", "summary"]
    assert written["schema"] == "conformance-report/1"
    (implementation,) = written["implementations"]
    keys = [
        "name",
        "version",
        "status",
        "reason",
        "note",
        "switches",
        "offered",
        "traits",
        "accuracy",
        "diagnosis",
        "common",
        "minimal",
        "incidents",
        "strays",
        "stale",
    ]
    assert list(implementation) == keys
    assert (implementation["diagnosis"], implementation["common"], implementation["minimal"]) == ([], [], None)
    assert (implementation["name"], implementation["status"]) == ("tensorflow", "available")
    keys = ["case", "operation", "implementation", "outcome", "rule", "seconds", "detail", "diagnosis"]
    assert all(list(result)[: len(keys)] == keys for result in written["results"])
    counts = written["summary"]["tensorflow"]
    assert counts.keys() == {"passed", "unsupported", "known"}
    assert sum(counts.values()) == len(written["results"])
    assert (
        lines[-1]
        == f"tensorflow: {counts['passed']} passed, {counts['unsupported']} unsupported, {counts['known']} known"
    )


def test_wrong_implementation_exits_1_with_the_facts(command: Command, flipped: str, tmp_path: Path) -> None:
    done = command("run", "-i", flipped, "-k", "notebook", "--json", "report.json")
    assert done.returncode == 1
    for fact in ("case:", "rule:", "worst:", "wrong:", "likely: it flips the filter", f"show basic -i {flipped}"):
        assert fact in done.stdout
    assert done.stdout.splitlines()[-2] == f"{flipped}: 10 failed"
    assert done.stdout.splitlines()[-1].endswith(f" -i {flipped}")
    results = report(tmp_path / "report.json")["results"]
    assert {result["outcome"] for result in results} == {"failed"}
    assert results[0]["diagnosis"] == [
        "flips the filter in both axes: it computes a convolution where a cross-correlation is due"
    ]


def test_clone_judges_its_own_catalogue(command: Command, tmp_path: Path) -> None:
    (tmp_path / "conformance").mkdir()
    shutil.copy(ROOT / "conformance" / "cases.schema.json", tmp_path / "conformance")
    (tmp_path / "cases.yaml").write_text("- {id: own, input: [4, 4], filters: [3, 3], output: [2, 2]}\n")
    done = command("list")
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["own"]


def test_json_goes_through_links_and_keeps_the_mode(command: Command, tmp_path: Path) -> None:
    target = tmp_path / "target.json"
    target.write_text("old")
    target.chmod(0o600)
    (tmp_path / "link.json").symlink_to(target)
    command("run", "-i", "reference", "-k", "basic", "--json", "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert report(target)["schema"] == "conformance-report/1"
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "target.json"]


def test_terminal_of_ascii_only_gets_question_marks(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = command("list")
    assert (done.returncode, done.stderr) == (0, "")
    assert "(4?4) * (3?3) = (2?2)" in done.stdout


def test_version(command: Command) -> None:
    assert command("--version").stdout.startswith("conformance 0.")


def test_two_implementations_are_judged_side_by_side(command: Command, flipped: str) -> None:
    done = command("run", "-i", "reference.naive", "-i", flipped, "-i", flipped, "-k", "basic")
    assert done.stdout.splitlines()[-3:-1] == ["reference.naive: 1 passed", f"{flipped}: 1 failed"]
    assert done.returncode == 1


def test_unavailable_implementation_exits_1_with_the_reason(command: Command, tmp_path: Path) -> None:
    done = command("run", "-i", "no_such_module", "-i", "reference", "-k", "basic", "--json", "report.json")
    assert done.returncode == 1
    assert "unavailable: no_such_module: there is no module 'no_such_module'; is it installed?" in done.stdout
    first, second = report(tmp_path / "report.json")["implementations"]
    assert (first["status"], second["status"]) == ("unavailable", "available")


def test_no_case_passed_is_a_failure(command: Command, tmp_path: Path) -> None:
    (tmp_path / "shy.py").write_text("def conv2d(x, w):\n    raise NotImplementedError\n")
    done = command("run", "-i", "shy.py:conv2d", "-k", "basic")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "shy.py:conv2d: 1 unsupported")


def test_changed_literal_exits_1_and_shows_the_element(command: Command, tmp_path: Path) -> None:
    text = (ROOT / "cases.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(text.replace("[570, 642]", "[571, 642]", 1), encoding="utf-8")
    done = command("run", "mine.yaml")
    assert done.returncode == 1
    assert "worst:  output[0, 1, 0, 0] is 570, must be 571: off by 1, where no error is allowed" in done.stdout
    assert "likely: the reference disagrees with the literal too: check the literal in the catalogue" in done.stdout
    assert "again:  conformance show basic mine.yaml -i tensorflow" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "absent.yaml"], "absent.yaml: cannot be read (No such file or directory); check the path"),
        (["run", "-k", "nothing-like-it"], "-k 'nothing-like-it' selects none of"),
        (["run", "-k", "stride and"], "-k must be words joined by and, or, not and parentheses, but is 'stride and'"),
        (["run", "-k", "(stride"], "-k must be words joined by"),
        (["run", "-i", ""], "implementation must be an adapter's name such as tensorflow"),
        (["run", "--json", "no/such/folder/report.json"], "--json must name a file in an existing folder"),
        (["run", "--json", "."], "--json must name a file in an existing folder"),
        (["run", "--json", ""], "--json must name a file in an existing folder"),
        (["show", "bassic"], "; did you mean basic"),
        (["run", "--no-such-option"], "No such option"),
    ],
)
def test_usage_error_exits_2_with_a_message(command: Command, arguments: list[str], message: str) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_check_reports_every_fault_and_exits_2(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("- id: a\n  input: [4, 4]\n- id: a\n  inputs: [4, 4]\n")
    done = command("check", "mine.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) > 3
    assert all(line.startswith("mine.yaml:") for line in done.stderr.splitlines())


def test_check_accepts_the_shipped_catalogue(command: Command) -> None:
    done = command("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{shipped_catalogue()}: {len(load_catalogue())} cases, no faults\n"


@pytest.mark.parametrize(
    ("expression", "ids"),
    [
        ("padding and stride", ["padding-and-stride", "rgb-padding-with-stride"]),
        ("stride and not rgb", ["padding-and-stride", "stride"]),
        ("rgb and (padding or slow)", ["rgb-padding-with-stride", "rgb-wide"]),
        ("slow or not rgb", ["padding-and-stride", "stride", "rgb-wide"]),
        ("slo", []),
    ],
)
def test_selection_is_by_part_of_the_id_or_whole_tag(
    command: Command, tmp_path: Path, expression: str, ids: list[str]
) -> None:
    tags = {"padding-and-stride": "", "stride": "", "rgb-padding-with-stride": "", "rgb-wide": "slow", "rgb": ""}
    (tmp_path / "mine.yaml").write_text(
        "".join(
            f"- {{id: {name}, input: [4, 4], filters: [3, 3], output: [2, 2], tags: [{tag}]}}\n"
            for name, tag in tags.items()
        )
    )
    done = command("list", "mine.yaml", "-k", expression)
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ids


TIERS = """
- {id: quick, input: [4, 4], filters: [3, 3], output: [2, 2]}
- {id: slow, input: [4, 4], filters: [3, 3], output: [2, 2], tier: full}
"""


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ([], ["quick"]),
        (["--tier", "core"], ["quick"]),
        (["--tier", "full"], ["quick", "slow"]),
        (["--tier", "full", "-k", "slow"], ["slow"]),
    ],
    ids=["default", "core", "full", "full-selected"],
)
@pytest.mark.parametrize("name", ["list", "run"])
def test_tier_selects(command: Command, tmp_path: Path, name: str, options: list[str], ids: list[str]) -> None:
    (tmp_path / "mine.yaml").write_text(TIERS)
    subject = ["-v", "-i", "reference"] if name == "run" else []
    words = [line.split() for line in command(name, "mine.yaml", *subject, *options).stdout.splitlines()]
    assert [line[0] for line in words if line and line[0] in ("quick", "slow")] == ids


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (TIERS, ["-k", "slow"], "-k 'slow' selects only cases of the tier full; run them with --tier full"),
        (TIERS.replace("]}", "], tier: full}"), [], "there are only cases of the tier full; run them with --tier full"),
    ],
    ids=["by-expression", "all"],
)
def test_tier_without_cases_exits_2(
    command: Command, tmp_path: Path, text: str, options: list[str], message: str
) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    done = command("run", "mine.yaml", "-i", "reference", *options)
    assert (done.returncode, done.stderr) == (2, f"{message}\n")


def test_show_prints_a_case_as_the_notebook_does(command: Command) -> None:
    done = command("show", "multiple-filters-and-bias", "-i", "reference.naive")
    assert done.returncode == 0
    assert done.stdout.startswith("multiple-filters-and-bias: (4×4×3) * (3×3×3×4) + (4) = (2×2×4), P = VALID, S = 1\n")
    assert "X: 3×4×4, float32\n[[[ 0  3  6  9]\n  [12 15 18 21]" in done.stdout
    assert "W: 4×3×3×3, float32\n[[[[120 108  96]" in done.stdout
    assert "b: 4, float32\n[   10   100  1000 10000]" in done.stdout
    for name in ("reference", "reference.naive"):
        assert f"Y, {name}: 4×2×2" in done.stdout
    assert done.stdout.count("[[[20890 26398]\n  [42922 48430]]") == 2
    assert done.stdout.endswith("equal: yes (exact)\n")


def test_show_of_a_wrong_answer_exits_1(command: Command, flipped: str) -> None:
    done = command("show", "basic", "-i", flipped)
    assert done.returncode == 1
    assert "equal: no\ncase:   basic" in done.stdout


def test_repeat_finds_what_comes_and_goes(command: Command, tmp_path: Path) -> None:
    (tmp_path / "moody.py").write_text(MOODY)
    assert command("run", "-i", "moody.py:conv2d", "-k", "basic").returncode == 0
    done = command("run", "-i", "moody.py:conv2d", "-k", "basic", "--repeat", "2")
    assert done.returncode == 1
    assert "in call 5, with the first data again" in done.stdout
    again = next(line for line in done.stdout.splitlines() if line.startswith("again:  conformance"))
    assert again.split()[1:] == ["conformance", "show", "basic", "-i", "moody.py:conv2d", "--repeat", "2"]
    assert command(*again.split()[2:]).returncode == 1


def test_show_without_the_implementation_still_shows_the_reference(command: Command) -> None:
    done = command("show", "basic", "-i", "no_such_module")
    assert done.returncode == 1
    assert "Y, reference: 2×2" in done.stdout
    assert "no_such_module is unavailable" in done.stdout


def test_interrupt_exits_130_with_the_partial_report(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    words = [sys.executable, "-m", "conformance", "run", "-i", "slow.py:conv2d", "--json", "report.json"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "waiting").exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    cases = len(select(load_catalogue(), tier=Tier.CORE))
    missing = f"{cases - 1} of {cases} cases not run"
    assert f"slow.py:conv2d: interrupted, {missing}; 1 passed" in output
    written = report(tmp_path / "report.json")
    assert [result["case"] for result in written["results"]] == ["basic"]
    assert written["implementations"][0]["status"] == "interrupted"
    assert written["implementations"][0]["reason"] == missing


@pytest.mark.parametrize("name", ["run", "show", "list", "check", "bench", "defects"])
def test_help_shows_an_example(command: Command, name: str) -> None:
    done = command(name, "--help")
    assert done.returncode == 0
    assert f"Example: conformance {name}" in done.stdout.replace("`", "")


def test_the_command_is_installed() -> None:
    assert shutil.which("conformance", path=str(Path(sys.executable).parent))


def test_list_shows_every_adapter_installed_or_not(command: Command) -> None:
    done = command("list", "--implementations")
    assert (done.returncode, done.stderr) == (0, "")
    named = {line.split()[0] for line in done.stdout.splitlines() if line and not line.startswith(" ")}
    assert named == {*ADAPTERS, *REFERENCES}
    assert "  4 operations: conv1d, conv2d, conv3d, depthwise_conv2d\n" in done.stdout  # SciPy's


def test_device_that_nothing_is_known_of_is_unavailable(command: Command) -> None:
    done = command("run", "-i", "scipy", "-i", "reference", "-k", "basic", "--device", "gpu")
    assert done.returncode == 1
    assert "scipy: computes on cpu, not on 'gpu'" in done.stdout
    assert "reference: chooses its device itself; --device is for adapters" in done.stdout
