"""The plugin as users have it: in sessions of their own, with their own functions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conformance.catalogue import load_catalogue

pytest_plugins = ["pytester"]

RIGHT = """
from reference.windows import conv2d as _right

def conv2d(x, w, strides, padding):
    return _right(x, w, strides, padding)
"""

WRONG = """
from reference.windows import conv2d as _right

def conv2d(x, w, strides, padding):
    return _right(x, w[::-1, ::-1], strides, padding)
"""

OWN = """
import conformance
import mine

@conformance.parametrize(operations=["conv2d"], select="notebook or dilations-lost")
def test_conv(case):
    case.judge(mine.conv2d)
"""

EXTRA = "- {id: my-own-case, input: [5, 6], filters: [3, 2], output: [3, 5], tags: [odd-one]}\n"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return a project of a user, whose function is wrong, and whose pytest has no options of ours."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(mine=WRONG, test_mine=OWN)
    pytester.makeini("[pytest]\naddopts = --strict-markers\n")
    pytester.path.joinpath("extra.yaml").write_text(EXTRA)
    pytester.syspathinsert()
    return pytester


def notebook() -> int:
    """Return how many cases the notebook has."""
    return sum("notebook" in case.tags for case in load_catalogue())


def test_failure_prints_facts_and_mistake_and_no_frames(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess("-k", "basic")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["case:   basic, conv2d (4×4) * (3×3) = (2×2), by mine:conv2d", "rule:   exact: *"])
    result.stdout.fnmatch_lines(["likely: it flips *", "again:  conformance show basic -i mine:conv2d"])
    result.stdout.no_fnmatch_line("*conformance/testing.py*")
    result.stdout.no_fnmatch_line("*Traceback*")


def test_right_function_passes_and_says_what_it_lacks(project: pytest.Pytester) -> None:
    project.makepyfile(mine=RIGHT, test_mine=OWN.replace("notebook or dilations-lost", "notebook or dilation"))
    result = project.runpytest_subprocess("-rs")
    assert result.ret == pytest.ExitCode.OK
    assert result.parseoutcomes()["passed"] == notebook()
    result.stdout.fnmatch_lines(["SKIPPED *unsupported: takes no 'dilations'*"])


@pytest.mark.parametrize("words", [["-k", "basic"], ["-m", "notebook"], ["-m", "notebook and not bias"]], ids=" ".join)
def test_cases_are_chosen_by_id_and_by_tag(project: pytest.Pytester, words: list[str]) -> None:
    project.makepyfile(mine=RIGHT)
    result = project.runpytest_subprocess(*words)
    assert result.ret == pytest.ExitCode.OK
    assert 1 <= result.parseoutcomes()["passed"] <= notebook() + 1


def test_last_failed_are_run_again(project: pytest.Pytester) -> None:
    first = project.runpytest_subprocess().parseoutcomes()
    again = project.runpytest_subprocess("--lf").parseoutcomes()
    assert first["failed"] == again["failed"] > 0
    assert "passed" not in again


def test_junit_names_cases_and_reasons(project: pytest.Pytester) -> None:
    project.runpytest_subprocess("-k", "basic", "--junitxml", "report.xml")
    (case,) = ElementTree.parse(project.path / "report.xml").getroot().iter("testcase")  # noqa: S314
    assert case.get("name") == "test_conv[basic]"
    failure = case.find("failure")
    assert failure is not None
    assert failure.text is not None
    assert "rule:   exact" in failure.text


def test_workers_collect_the_same(project: pytest.Pytester) -> None:
    project.makepyfile(mine=RIGHT)
    alone = project.runpytest_subprocess().parseoutcomes()
    assert project.runpytest_subprocess("-n", "2").parseoutcomes()["passed"] == alone["passed"]


def test_own_catalogue_comes_beside_the_shipped_one(project: pytest.Pytester) -> None:
    project.makepyfile(mine=RIGHT, test_mine=OWN.replace("notebook or dilations-lost", "notebook or odd-one"))
    result = project.runpytest_subprocess("--catalogue", "extra.yaml", "-v")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*test_conv?my-own-case? PASSED*"])
    assert result.parseoutcomes()["passed"] == notebook() + 1


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two"])
def test_suite_needs_no_file(project: pytest.Pytester, workers: list[str]) -> None:
    words = [
        "--pyargs",
        "conformance.suite",
        "--implementation",
        "mine:conv2d",
        "--conformance-select",
        "basic",
        *workers,
    ]
    result = project.runpytest_subprocess(*words)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*test_case?*basic*mine:conv2d*", "case:   basic, conv2d*"])


def test_the_name_of_a_test_of_the_suite_runs_it_again(project: pytest.Pytester) -> None:
    words = ["--pyargs", "--implementation", "mine:conv2d"]
    result = project.runpytest_subprocess(*words, "conformance.suite", "--conformance-select", "basic")
    (failed, *_) = [line.split()[1] for line in result.outlines if line.startswith("FAILED ")]
    assert failed.startswith("conformance.suite::test_case[")
    again = project.runpytest_subprocess(*words, failed)
    again.assert_outcomes(failed=1)


def test_suite_judges_several(project: pytest.Pytester) -> None:
    words = ["--implementation", "mine:conv2d", "--implementation", "reference", "--catalogue", "extra.yaml"]
    result = project.runpytest_subprocess("--pyargs", "conformance.suite", *words, "--conformance-select", "odd-one")
    result.assert_outcomes(passed=1, failed=1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "conformance.suite needs --implementation SPEC, such as mylib.nn:conv2d"),
        (["--implementation", "no_such:conv2d"], "no_such:conv2d: there is no module 'no_such'"),
        (["--implementation", "mine:conv3d"], "mine has no 'conv3d' (near: conv2d)"),
        (["--implementation", "reference", "--catalogue", "none.yaml"], "none.yaml"),
        (["--implementation", "reference", "--conformance-select", "nothing-like-it"], "selects none of"),
    ],
    ids=["nobody", "module", "attribute", "catalogue", "selection"],
)
def test_what_cannot_be_judged_is_a_usage_error(project: pytest.Pytester, words: list[str], message: str) -> None:
    result = project.runpytest_subprocess("--pyargs", "conformance.suite", *words)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str()
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_options_of_a_user_may_have_the_names_of_ours(project: pytest.Pytester) -> None:
    project.makeconftest("""
        def pytest_addoption(parser):
            for name in ("--implementation", "--catalogue", "--tier"):
                parser.addoption(name, default="mine")
    """)
    own = "def test_own(request):\n    assert request.config.getoption('--catalogue') == 'mine'\n"
    project.makepyfile(test_mine=own)
    project.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two"])
def test_suite_in_which_nothing_passes_fails(project: pytest.Pytester, workers: list[str]) -> None:
    project.makepyfile(mine="def conv2d(x, w, strides, padding):\n    raise NotImplementedError('nothing yet')\n")
    words = ["--implementation", "mine:conv2d", "--conformance-select", "basic", *workers]
    result = project.runpytest_subprocess("--pyargs", "conformance.suite", *words)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["no case passed, which is no success"])


def test_case_of_a_name_that_is_taken_is_a_usage_error(project: pytest.Pytester) -> None:
    project.path.joinpath("extra.yaml").write_text(EXTRA.replace("my-own-case", "basic"))
    words = ["--implementation", "reference", "--catalogue", "extra.yaml"]
    result = project.runpytest_subprocess("--pyargs", "conformance.suite", *words)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--catalogue extra.yaml has a case 'basic', and so has another catalogue" in result.stderr.str()


KNOWN = "- {implementation: 'mine:conv2d', case: %s, reason: we know}\n"


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two"])
def test_expectations_of_the_rootdir_are_found(project: pytest.Pytester, workers: list[str]) -> None:
    project.path.joinpath("conformance.expectations.yaml").write_text(KNOWN % "basi*")
    result = project.runpytest_subprocess("-k", "basic", "-rx", *workers)
    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines(["XFAIL *known: we know"])


def test_expectations_that_are_named_are_read_instead(project: pytest.Pytester) -> None:
    project.path.joinpath("conformance.expectations.yaml").write_text("- odd")
    project.path.joinpath("ours.yaml").write_text(KNOWN % "basic")
    project.runpytest_subprocess("-k", "basic", "--expectations", "ours.yaml").assert_outcomes(xfailed=1)
    words = ["--pyargs", "conformance.suite", "--implementation", "mine:conv2d", "--conformance-select", "basic"]
    result = project.runpytest_subprocess(*words, "--expectations=ours.yaml")
    result.assert_outcomes(xfailed=1)


@pytest.mark.parametrize(("more", "outcomes"), [("", {"failed": 1}), (", sometimes: true", {"passed": 1})])
def test_case_that_is_expected_not_to_pass_and_passes_fails_its_test(
    project: pytest.Pytester, more: str, outcomes: dict[str, int]
) -> None:
    project.makepyfile(mine=RIGHT)
    project.path.joinpath("ours.yaml").write_text("# ours\n" + (KNOWN % "basic").replace("}", f"{more}}}"))
    result = project.runpytest_subprocess("-k", "basic", "--expectations", "ours.yaml")
    result.assert_outcomes(**outcomes)
    if outcomes == {"failed": 1}:
        result.stdout.fnmatch_lines(["stale: ours.yaml:2: 'basic' is expected not to pass, but basic does; remove *"])


def test_malformed_expectations_are_refused(project: pytest.Pytester) -> None:
    project.path.joinpath("ours.yaml").write_text("- odd")
    result = project.runpytest_subprocess("-k", "basic", "--expectations", "ours.yaml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "ours.yaml:1: expectation number 1: must be a mapping" in result.stderr.str()
    project.path.joinpath("ours.yaml").rename(project.path / "conformance.expectations.yaml")
    found = project.runpytest_subprocess("-k", "basic")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["conformance.expectations.yaml:1: expectation number 1: must be a mapping*"])
    assert "Traceback" not in result.stderr.str() + found.stdout.str()


def test_plugin_costs_nothing_where_it_is_not_used(tmp_path: Path) -> None:
    code = "import sys, conformance, conformance.pytest_plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert {"numpy", "pydantic", "scipy", "tensorflow", "ruamel.yaml"}.isdisjoint(done.stdout.split())
