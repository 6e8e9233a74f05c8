"""The JSON report, schema `conformance-report/1`: written as a run has it, and read again."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from conformance.errors import UsageError
from conformance.record import Record, Status
from conformance.reports.files import write_file
from conformance.reports.summary import Run

__all__ = ["SCHEMA", "environment", "json_lines", "read_run", "told_environment", "write_json"]

SCHEMA = "conformance-report/1"

_ALWAYS = ("case", "operation", "implementation", "outcome", "rule", "seconds", "detail", "diagnosis")
"""Keys that every result has; the others are left out where they say nothing."""


def environment(catalogues: Sequence[str]) -> dict[str, Any]:
    """Return what a result may depend on beside the cases, as plain values."""
    return {
        "conformance": version("conformance"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "numpy": version("numpy"),
        "catalogues": list(catalogues),
    }


def told_environment(environment: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield names and values of an environment as texts; values within values have the names of both.

    >>> list(told_environment({"numpy": "2.4", "run": {"cases": 3}, "catalogues": ["a", "b"]}))
    [('numpy', '2.4'), ('run cases', '3'), ('catalogues', 'a, b')]
    """
    for name, value in environment.items():
        if isinstance(value, dict):
            yield from told_environment(value, f"{before}{name} ")
        elif value is not None:
            yield f"{before}{name}", ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def write_json(run: Run, path: Path) -> None:
    """Write the report of a run to `path`, as `write_file` does."""
    write_file(path, json_lines(run))


def json_lines(run: Run) -> Iterator[str]:
    """Yield the report of a run, a line for each implementation and each result, so that it may be of any length."""
    statuses = [_status(status, run) for status in run.implementations]
    counts = {
        status.name: {str(outcome): count for outcome, count in run.tally(status.name).outcomes.items()}
        for status in run.implementations
    }
    yield f'{{\n"schema": "{SCHEMA}",\n"environment": {_text(run.environment)},\n"implementations": ['
    yield from _listed(map(_text, statuses))
    yield '],\n"results": ['
    yield from _listed(_text(_result(each)) for status in run.implementations for each in run.records(status.name))
    yield f'],\n"summary": {_text(counts)}\n}}\n'


def _listed(parts: Iterator[str]) -> Iterator[str]:
    for number, part in enumerate(parts):
        yield f"{',' if number else ''}\n{part}"


def _text(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False)


def _status(status: Status, run: Run) -> dict[str, Any]:
    known = status if status.accuracy else status.model_copy(update={"accuracy": run.tally(status.name).accuracy})
    return known.model_dump(mode="json", by_alias=True)


def _result(record: Record) -> dict[str, Any]:
    told = record.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {key: getattr(record, key) for key in _ALWAYS} | told


class _Report(BaseModel):
    """A report as it is read."""

    schema_: Literal["conformance-report/1"] = Field(alias="schema")
    environment: dict[str, Any]
    implementations: list[Status]
    results: list[Record]


def read_run(path: Path) -> Run:
    """Return the run of which a report was written.

    Raises:
        UsageError: the file cannot be read, or is no such report.
    """
    try:
        report = _Report.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise UsageError(f"{path}: is no report of schema {SCHEMA}: {place}: {first['msg']}") from error
    run = Run(report.environment, report.implementations)
    for record in report.results:
        run.add(record)
    return run
