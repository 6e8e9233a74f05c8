"""What earlier runs tell: their results, and which cases took long."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from conformance.errors import UsageError
from conformance.journal.lines import RECORD, Heading, Line
from conformance.record import Record

__all__ = ["read_records", "slowest"]

_SLOWEST = 10_000
"""Cases of which times are remembered."""

_SLOW_SECONDS = 0.02
"""What a case must take to be remembered: the others can be run in any order."""


def slowest(records: Iterable[Record]) -> dict[str, float]:
    """Return the seconds that the slowest cases took, by id: those worth a thought when work is shared out.

    Where a case was asked of several implementations, the slowest counts.
    """
    times: dict[str, float] = {}
    for record in records:
        if record.seconds >= _SLOW_SECONDS:
            times[record.case] = max(record.seconds, times.get(record.case, 0.0))
            if len(times) > 2 * _SLOWEST:
                times = dict(heapq.nlargest(_SLOWEST, times.items(), key=lambda item: item[1]))
    return dict(heapq.nlargest(_SLOWEST, times.items(), key=lambda item: item[1]))


def read_records(path: Path) -> Iterator[Record]:
    """Yield the records of a journal, complete or not.

    Raises:
        UsageError: the file cannot be read, or is none.
    """
    try:
        with path.open("rb") as file:
            for number, content in enumerate(file):
                if number == 0:
                    Heading.model_validate_json(content)
                elif content.startswith(RECORD) and content.endswith(b"\n"):
                    yield Line.model_validate_json(content).record
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except ValidationError as error:
        raise UsageError(f"{path}: is no journal of schema conformance-journal/1") from error
