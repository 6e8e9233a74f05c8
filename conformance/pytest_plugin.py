"""The pytest plugin: options, and marks for tags. It imports what costs time only where one of them is used.

It comes with the package, by its entry point; `conformance.testing` and `conformance.suite` are what tests use.
"""

from __future__ import annotations

import pytest

from conformance import pytest_session

__all__: list[str] = []

_SUITE = "conformance.suite"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("conformance", "conformance of convolutions")
    group.addoption(
        "--implementation",
        action="append",
        default=[],
        metavar="SPEC",
        help="whom `pytest --pyargs conformance.suite` judges: package.module, package.module:object or "
        "file.py:object; may be repeated",
    )
    group.addoption(
        "--catalogue",
        action="append",
        default=[],
        metavar="FILE",
        help="a YAML catalogue of your own, beside the shipped one; may be repeated",
    )
    group.addoption(
        "--conformance-tier", choices=["core", "full"], default="core", help="which cases the suite asks (%(default)s)"
    )
    group.addoption(
        "--conformance-select", default="", metavar="EXPR", help="only cases of the suite by words of id or tags"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what cannot be judged, before anything is collected."""
    pytest_session.begin(config)
    config.addinivalue_line("markers", "conformance: a case of the conformance catalogue")
    asked = any(_SUITE in argument for argument in config.args)
    if asked and not config.getoption("--implementation"):
        raise pytest.UsageError(f"{_SUITE} needs --implementation SPEC, such as mylib.nn:conv2d")
    if asked and not hasattr(config, "workerinput"):  # those of xdist need not find out again
        _check(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Forget the session."""
    pytest_session.end(config)


def _check(config: pytest.Config) -> None:
    """Find out whether the catalogues and the implementations can be used, in a process of its own for the latter.

    Raises:
        pytest.UsageError: one cannot; the message says why.
    """
    from conformance.choices import Tier
    from conformance.errors import ConformanceError
    from conformance.isolation import Asking, Isolated
    from conformance.testing import cases_for

    try:
        cases_for((), Tier(config.getoption("--conformance-tier")), config.getoption("--conformance-select"))
        for spec in config.getoption("--implementation"):
            with Isolated(spec, Asking()) as subject:
                subject.begin(())
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the suite its cases and implementations."""
    if metafunc.module.__name__ != _SUITE:
        return
    from conformance.testing import parametrize

    option = metafunc.config.getoption
    mark = parametrize(tier=option("--conformance-tier"), select=option("--conformance-select"))
    specs = list(dict.fromkeys(option("--implementation")))
    metafunc.parametrize(*mark.args)
    metafunc.parametrize("implementation", specs, ids=specs)
