"""Several stored runs as one, their implementations side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.reports.summary import Run

__all__ = ["join_runs"]


def join_runs(runs: Sequence[tuple[Path, Run]]) -> Run:
    """Return one run that has the implementations of all; what their environments differ in, it has for each.

    Args:
        runs: at least one, with the files that they were read from.

    Raises:
        UsageError: two of them have the same implementation.
    """
    owners: dict[str, Path] = {}
    joined = Run(_environment(runs))
    for path, run in runs:
        for status in run.implementations:
            if status.name in owners:
                raise UsageError(
                    f"{owners[status.name]} and {path} both have results of {status.name!r}; report one of them, "
                    f"or compare them by `conformance diff`"
                )
            owners[status.name] = path
            joined.implementations.append(status)
            for record in run.records(status.name):
                joined.add(record)
    return joined


def _environment(runs: Sequence[tuple[Path, Run]]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in dict.fromkeys(name for _, run in runs for name in run.environment):
        values = {str(path): run.environment.get(name) for path, run in runs}
        lists = [value for value in values.values() if isinstance(value, list)]
        first = next(iter(values.values()))
        if len(lists) == len(values):
            told[name] = list(dict.fromkeys(each for value in lists for each in value))
        else:
            told[name] = first if all(value == first for value in values.values()) else values
    return told
