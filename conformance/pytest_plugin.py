"""The pytest plugin: options, and marks for tags. It imports what costs time only where one of them is used.

It comes with the package, by its entry point, and so it is part of every session of its user, whose own options may
have the names of ours. Ours are therefore known to those sessions only that use one of them, or name the suite.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance import pytest_session

__all__: list[str] = []

_SUITE = "conformance.suite"

_SUITE_FILE = Path(__file__).with_name("suite.py")

_OPTIONS = ("--implementation", "--catalogue", "--expectations", "--conformance-tier", "--conformance-select")


def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> None:
    """Add the options where they are used."""
    if not any(_SUITE in word or word.startswith(_OPTIONS) for word in args):
        return
    group = parser.getgroup("conformance", "conformance of convolutions")

    def add(name: str, **how: Any) -> None:
        group.addoption(name, dest=pytest_session.destination(name), **how)

    several: dict[str, Any] = {"action": "append", "default": []}
    add("--implementation", metavar="SPEC", help="whom the suite judges; may be repeated", **several)
    add("--catalogue", metavar="FILE", help="a YAML catalogue beside the shipped one; may be repeated", **several)
    add("--expectations", metavar="FILE", help="what is expected not to pass; conformance.expectations.yaml by default")
    add("--conformance-tier", choices=["core", "full"], default="core", help="which cases the suite asks (%(default)s)")
    add("--conformance-select", metavar="EXPR", default="", help="only cases of the suite by words of id or tags")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what cannot be judged, before anything is collected."""
    pytest_session.begin(config)
    if pytest_session.option("--expectations", None) is not None:
        _check_expectations()
    if not any(_SUITE in argument for argument in config.args):
        return
    if not pytest_session.option("--implementation", []):
        raise pytest.UsageError(f"{_SUITE} needs --implementation SPEC, such as mylib.nn:conv2d")
    if not hasattr(config, "workerinput"):  # those of xdist need not find out again
        _check()
        config.pluginmanager.register(_NonePassed())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Forget the session."""
    pytest_session.end(config)


def _check() -> None:
    """Find out whether the catalogues and the implementations can be used, in a process of its own for the latter.

    Raises:
        pytest.UsageError: one cannot; the message says why.
    """
    from conformance.errors import ConformanceError
    from conformance.isolation import Asking, Isolated
    from conformance.testing import suite_cases

    try:
        suite_cases()
        for spec in pytest_session.option("--implementation", []):
            with Isolated(spec, Asking()) as subject:
                subject.begin(())
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from error


def _check_expectations() -> None:
    """Find out whether the expectations can be read.

    Raises:
        pytest.UsageError: they cannot; the message says why.
    """
    from conformance.errors import ConformanceError
    from conformance.testing import session_expectations

    try:
        session_expectations()
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from error


class _NonePassed:
    """Makes a session fail in which nothing failed because nothing was supported."""

    def __init__(self) -> None:
        self._passed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what passes."""
        self._passed += report.when == "call" and report.passed

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Fail where nothing has passed."""
        if exitstatus == pytest.ExitCode.OK and not self._passed and not session.config.option.collectonly:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say so."""
        if not self._passed and not terminalreporter.config.option.collectonly:
            terminalreporter.write_line("no case passed, which is no success")


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Name the suite's tests by its module, which lies outside of the session's folder: pytest gives no name there."""
    if module_path != _SUITE_FILE:
        return None
    module: pytest.Module = pytest.Module.from_parent(parent, path=module_path, nodeid=_SUITE)
    return module


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the suite its cases and implementations."""
    if metafunc.module.__name__ != _SUITE:
        return
    from conformance.testing import parameters, suite_cases

    specs = list(dict.fromkeys(pytest_session.option("--implementation", [])))
    metafunc.parametrize("case", parameters(suite_cases()))
    metafunc.parametrize("implementation", specs, ids=specs)
