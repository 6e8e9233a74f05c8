"""Cases as pytest's parameters, for the tests of whoever writes a convolution.

As docs/pytest.md shows it:

    @conformance.parametrize(operations=["conv2d"])
    def test_conv2d(case):
        case.judge(conv2d)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from conformance import pytest_session
from conformance.case import Case, Operation, Outcome
from conformance.catalogue import load_catalogue
from conformance.choices import Accuracy, Tier
from conformance.errors import ConformanceError, UsageError
from conformance.expectations import Expectations, load_expectations
from conformance.implementations import Implementation, implementation_of, load_implementation
from conformance.runner import Result, attempt
from conformance.selection import select as choose

__all__ = ["TestCase", "cases_for", "parameters", "parametrize", "session_expectations", "suite_cases"]


class TestCase:
    """A case that a test can put to an implementation.

    Attributes:
        case: what is asked.
        id: its name, which is the parameter's.
        operation: which function of tf.nn is asked for.
    """

    __test__ = False  # nothing that pytest should collect by its name

    def __init__(self, case: Case) -> None:
        self.case = case
        self.id = case.id
        self.operation = str(case.operation)

    def __repr__(self) -> str:
        return f"{self.id}: {self.operation} {self.case.notation}"

    def result(self, subject: Any, *, accuracy: str = Accuracy.EXACT_ORDER, rounds: int = 1) -> Result:
        """Return what becomes of the case; see `judge`."""
        __tracebackhide__ = True
        return self._judged(subject, accuracy, rounds)[0]

    def judge(self, subject: Any, *, accuracy: str = Accuracy.EXACT_ORDER, rounds: int = 1) -> None:
        """Fail the test where the implementation is wrong; skip it where that does not offer what the case asks.

        What is expected not to pass is an expected failure, and if it passes, a failure.

        Args:
            subject: a function, an object with functions named as in tf.nn, or a SPEC.
            accuracy: the loosest accuracy class that passes on real-valued data.
            rounds: of calls, for faults that come and go.
        """
        __tracebackhide__ = True
        result, stale = self._judged(subject, accuracy, rounds)
        if result.outcome is Outcome.UNSUPPORTED:
            pytest.skip(f"unsupported: {result.detail}")
        if result.outcome is Outcome.KNOWN:
            pytest.xfail(f"known: {result.detail}")
        if result.outcome is not Outcome.PASSED:
            pytest.fail(f"{_headline(result)}\n{result.detail}", pytrace=False)
        if stale:
            pytest.fail("\n".join(stale), pytrace=False)

    def _judged(self, subject: Any, accuracy: str, rounds: int) -> tuple[Result, list[str]]:
        """Return what becomes of the case, and what is wrong with expectations by which it should not have passed."""
        __tracebackhide__ = True
        try:
            implementation = _implementation(subject)
            awaited = session_expectations().of(implementation.name, implementation.version)
        except ConformanceError as error:
            pytest.fail(str(error), pytrace=False)
        result = awaited.apply(attempt(self.case, implementation, rounds=rounds, demand=Accuracy(accuracy)).result)
        awaited.note(self.id, result.outcome)
        return result, [f"stale: {each.sentence()}" for each in awaited.stale()]


def parametrize(
    operations: Sequence[str] | None = None,
    *,
    tier: str = Tier.CORE,
    select: str = "",
    catalogues: Sequence[str | Path] = (),
) -> pytest.MarkDecorator:
    """Give a test one case after the other as its argument `case`.

    Args:
        operations: of which cases are wanted, by the names of tf.nn; all where None.
        tier: `core`, or `full` for all cases that there are.
        select: an expression over ids and tags, as `-k` of `conformance run`.
        catalogues: YAML files instead of the shipped one; those of `--catalogue` come beside either.

    Raises:
        UsageError: nothing is chosen, or an argument has no meaning.
        CatalogueError: a catalogue cannot be used.
    """
    chosen = cases_for(tuple(map(Path, catalogues)), Tier(tier), select)
    wanted = set(map(str, Operation)) if operations is None else set(operations)
    unknown = sorted(wanted - set(map(str, Operation)))
    if unknown:
        raise UsageError(f"operations must be names of tf.nn, such as conv2d, but has {unknown[0]!r}")
    return pytest.mark.parametrize("case", parameters([case for case in chosen if case.operation in wanted]))


def suite_cases() -> list[Case]:
    """Return the cases of the suite, as the options of the session choose them."""
    tier, words = (pytest_session.option(f"--conformance-{name}", "") for name in ("tier", "select"))
    return cases_for((), Tier(tier or Tier.CORE), words)


def session_expectations() -> Expectations:
    """Return what holds for the session: the user's expectations, and the shipped ones.

    Raises:
        CatalogueError: the file cannot be read, or holds something else.
    """
    return _expectations(pytest_session.expectations())


@cache
def _expectations(file: Path | None) -> Expectations:
    return Expectations() if file is None else Expectations(load_expectations(file))


def parameters(cases: Sequence[Case]) -> list[Any]:
    """Return cases as pytest's parameters: their ids, and their tags as marks."""
    pytest_session.register_marks({tag for case in cases for tag in case.tags})
    return [pytest.param(TestCase(case), id=case.id, marks=_marks(case)) for case in cases]


def _marks(case: Case) -> list[pytest.MarkDecorator]:
    return [getattr(pytest.mark, tag) for tag in case.tags]


def cases_for(catalogues: tuple[Path, ...], tier: Tier, expression: str) -> list[Case]:
    """Return the cases of catalogues and of `--catalogue`, the shipped one where the former are none."""
    own = pytest_session.catalogues()
    cases = [*_loaded(catalogues), *(_loaded(own) if own else ())]
    twice = [name for name, count in Counter(case.id for case in cases).items() if count > 1]
    if twice:
        raise UsageError(
            f"--catalogue {', '.join(map(str, own))} has a case {twice[0]!r}, and so has another catalogue"
        )
    return choose(cases, expression, tier)


@cache
def _loaded(catalogues: tuple[Path, ...]) -> Sequence[Case]:
    return load_catalogue(catalogues)


def _headline(result: Result) -> str:
    """Return a failure in a line: the mistake, if one is known."""
    reason = f"it {result.diagnosis[0]}" if result.diagnosis else result.detail.partition("\n")[0]
    return f"{result.outcome}: {reason}"


def _implementation(subject: Any) -> Implementation:
    if isinstance(subject, Implementation):
        return subject
    return _of_spec(subject) if isinstance(subject, str) else _of_object(subject)


@cache
def _of_spec(spec: str) -> Implementation:
    return load_implementation(spec)


def _of_object(subject: Any) -> Implementation:
    name = getattr(subject, "__name__", type(subject).__name__)
    module = getattr(subject, "__module__", "") if isinstance(subject, FunctionType) else ""
    return implementation_of(subject, f"{module}:{name}".lstrip(":"))
