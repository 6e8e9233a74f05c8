"""The report as one page: it opens from disk, asks nothing of a network, and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from conformance.case import Outcome
from conformance.features import FEATURES, GROUPS, group_of
from conformance.record import GREEN, OperationAccuracy, Record, State, Status
from conformance.reports.json_report import told_environment
from conformance.reports.summary import Run, Tally, is_green
from conformance.reports.visible import visible

__all__ = ["html_lines"]

_FAILURES = 50
"""Failures of an implementation that are written out; the page has all of them in its table."""

_ROWS = 10_000
"""Rows of the table; a page with many more opens slowly."""

_SYMBOLS = {Outcome.PASSED: "✓", Outcome.UNSUPPORTED: "–", Outcome.KNOWN: "≈", Outcome.TIMED_OUT: "⧗"}
"""By which outcomes are told without colour; all others are crosses."""

_ALL = "all"
"""The column of a matrix in which every case counts."""


def html_lines(run: Run) -> Iterator[str]:
    """Yield the page of a run, in parts."""
    judged = [_Judged(status, run.tally(status.name)) for status in run.implementations]
    cases = _Cases(len(judged))
    for each in judged:
        for record in run.records(each.status.name):
            each.add(record)
            cases.ask(record)
    for number, each in enumerate(judged):
        for record in run.records(each.status.name):
            cases.add(number, record)
    script, style = _asset("pictures.js") + _asset("report.js"), _asset("report.css")
    yield from _template().generate(
        judged=judged,
        cases=cases,
        data={"names": [visible(each.status.name) for each in judged], "cases": list(cases.rows.values())},
        comparison=_comparison(judged),
        environment=list(told_environment(run.environment)),
        commands=[_command(each.status, run.environment) for each in judged],
        outcomes=[(each, _symbol(each)) for each in Outcome if any(one.tally.outcomes[each] for one in judged)],
        script=script,
        style=style,
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


@dataclass(slots=True)
class _Judged:
    """An implementation as the page shows it.

    Attributes:
        status: what became of it.
        tally: what its results sum up to.
        crossed: counts of outcomes by group of operations and feature.
        failures: the first of them.
    """

    status: Status
    tally: Tally
    crossed: dict[tuple[str, str], Counter[Outcome]] = field(default_factory=dict)
    failures: list[Record] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Count a result where it belongs."""
        for feature in (_ALL, *record.features):
            self.crossed.setdefault((group_of(record.operation), feature), Counter())[record.outcome] += 1
        if record.outcome not in GREEN and len(self.failures) < _FAILURES:
            self.failures.append(record)

    @property
    def green(self) -> bool:
        """Whether nothing is wrong."""
        return is_green(self.status, self.tally)

    @property
    def bad(self) -> int:
        """How many cases are wrong."""
        return _bad(self.tally.outcomes)

    @property
    def verdict(self) -> str:
        """The first thing to know."""
        outcomes, status = self.tally.outcomes, self.status
        judged = f"{outcomes.total() - outcomes[Outcome.UNSUPPORTED]:,} judged cases"
        if status.state is not State.AVAILABLE:
            return f"{status.state}: {status.reason}"
        if self.bad:
            return f"{self.bad:,} of {judged} {'is' if self.bad == 1 else 'are'} wrong"
        passed = f"{outcomes[Outcome.PASSED]:,} of {judged} passed"
        if status.incidents:
            return f"{passed}, but there were incidents"
        if any(entry.fails for entry in status.stale):
            return f"{passed}, but expectations are stale"
        return f"{passed}, none is wrong" if self.green else "no case passed"

    @property
    def counts(self) -> list[tuple[Outcome, str, int, str]]:
        """Outcomes with symbol, count and share in percent."""
        total = self.tally.outcomes.total()
        found = ((outcome, self.tally.outcomes[outcome]) for outcome in Outcome)
        return [(each, _symbol(each), count, f"{100 * count / total:.3f}") for each, count in found if count]

    @property
    def groups(self) -> list[str]:
        """The groups of operations that were judged, in their order."""
        return [name for name in GROUPS if set(self.crossed.get((name, _ALL), ())) - {Outcome.UNSUPPORTED}]

    @property
    def lacking(self) -> list[str]:
        """The groups of which every case is unsupported."""
        return [name for name in GROUPS if set(self.crossed.get((name, _ALL), ())) == {Outcome.UNSUPPORTED}]

    @property
    def features(self) -> list[str]:
        """The features that judged cases have, in their order, behind the column for all."""
        return [_ALL, *(name for name in FEATURES if any((group, name) in self.crossed for group in self.groups))]

    def cell(self, group: str, feature: str) -> dict[str, Any]:
        """Return what the matrix says of a group of operations and a feature."""
        return _cell(self.crossed.get((group, feature), Counter()))

    @property
    def accuracy(self) -> tuple[OperationAccuracy, ...]:
        """How exactly it computes."""
        return self.status.accuracy or self.tally.accuracy


class _Cases:
    """The rows of the table of cases, each with a result of every implementation that has one.

    Args:
        implementations: how many there are.

    Attributes:
        rows: by id.
    """

    def __init__(self, implementations: int) -> None:
        self._implementations = implementations
        self._seen: set[str] = set()
        self.rows: dict[str, dict[str, Any]] = {}

    @property
    def count(self) -> int:
        """How many cases there are, be they rows or not."""
        return len(self._seen)

    def ask(self, record: Record) -> None:
        """Give a case a row, if there is room left; for those that are wrong there is twice as much."""
        self._seen.add(record.case)
        if len(self.rows) < _ROWS * (1 + (record.outcome not in GREEN)):
            self.rows.setdefault(record.case, {})

    def add(self, number: int, record: Record) -> None:
        """Add the result of the implementation `number`, if the case has a row."""
        if record.case not in self.rows:
            return
        about: dict[str, Any] = {
            "id": record.case,
            "operation": record.operation,
            "group": group_of(record.operation),
            "problem": visible(record.problem),
            "padding": record.padding,
            "strides": record.strides,
            "features": record.features,
            "tags": [visible(tag) for tag in record.tags],
            "results": [None] * self._implementations,
        }
        row = self.rows[record.case] or about
        self.rows[record.case] = row
        row["results"][number] = {
            "outcome": record.outcome,
            "symbol": _symbol(record.outcome),
            "bad": record.outcome not in GREEN,
            "rule": visible(record.rule),
            "seconds": record.seconds,
            "detail": visible(record.detail),
            "diagnosis": [visible(each) for each in record.diagnosis],
            "exactness": record.exactness and record.exactness.model_dump(mode="json", by_alias=True),
            "shown": record.shown and record.shown.model_dump(mode="json"),
        }


def _bad(counted: Counter[Outcome]) -> int:
    return sum(count for outcome, count in counted.items() if outcome not in GREEN)


def _symbol(outcome: Outcome) -> str:
    return _SYMBOLS.get(outcome, "✗")


def _cell(counted: Counter[Outcome]) -> dict[str, Any]:
    """Return the text of a cell, what it says aloud, and its kind."""
    judged, bad = counted.total() - counted[Outcome.UNSUPPORTED], _bad(counted)
    if not counted:
        return {"kind": "none", "text": "", "aloud": "no cases"}
    if not judged:
        return {"kind": "unsupported", "text": f"– {counted.total()}", "aloud": f"{counted.total()} unsupported"}
    if bad:
        return {"kind": "bad", "text": f"✗ {bad}/{judged}", "aloud": f"{bad} of {judged} wrong"}
    return {"kind": "good", "text": f"✓ {judged}", "aloud": f"all {judged} right or known"}


def _comparison(judged: list[_Judged]) -> list[dict[str, Any]]:
    """Return the tables that set implementations side by side: groups, accuracy, traits."""
    if len(judged) < 2:
        return []
    groups = [name for name in GROUPS if any((name, _ALL) in each.crossed for each in judged)]
    counts = [(name, [each.cell(name, _ALL) for each in judged]) for name in groups]
    classes = [{one.operation: str(one.accuracy or "none") for one in each.accuracy} for each in judged]
    traits = [{name: trait.value for name, trait in each.status.traits.items()} for each in judged]
    tables = (("Cases by operation", counts), ("Accuracy class", _aligned(classes)), ("Traits", _aligned(traits)))
    return [{"title": title, "rows": rows} for title, rows in tables if rows]


def _aligned(columns: list[dict[Any, str]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return a row for every name of any column; rows in which columns differ are of another kind."""
    names = dict.fromkeys(name for column in columns for name in column)
    rows = []
    for name in names:
        values = [column.get(name, "") for column in columns]
        kind = "differs" if len(set(filter(None, values))) > 1 else "none"
        rows.append((str(name), [{"kind": kind, "text": value, "aloud": ""} for value in values]))
    return rows


def _command(status: Status, environment: dict[str, Any]) -> str:
    """Return the command that judges an implementation again on the same catalogues."""
    asked = environment.get("run", {}).get("asked", {})
    options = [word for pair in asked.items() for word in pair]
    return shlex.join(["conformance", "run", *map(str, environment.get("catalogues", ())), "-i", status.name, *options])


def _asset(name: str) -> str:
    return (files("conformance.reports") / "templates" / name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("conformance.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,  # and not what is safe already
    )
    return environment.get_template("report.html")
