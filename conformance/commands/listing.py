"""`conformance list` and `conformance check`: what a catalogue holds, and whether it is in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from conformance import reports
from conformance.case import Tier
from conformance.catalogue import check_catalogue, json_schema, load_catalogue, shipped_catalogue
from conformance.coverage import measure_coverage
from conformance.errors import CatalogueError
from conformance.selection import select
from conformance.weakness import weak_cases

__all__ = ["check", "list_cases", "print_schema"]


def list_cases(catalogues: Sequence[Path], expression: str, tier: Tier, budget: float, *, coverage: bool) -> None:
    """Print the cases that are chosen, or which pairs of levels they cover."""
    cases = select(load_catalogue(catalogues, budget), expression, tier)
    if coverage:
        reports.print_coverage(reports.new_console(), measure_coverage(cases))
    else:
        reports.print_cases(reports.new_console(), cases)


def print_schema() -> None:
    """Print the JSON Schema of a catalogue."""
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def check(catalogues: Sequence[Path], budget: float) -> None:
    """Print what is weak in catalogues.

    Raises:
        CatalogueError: something is wrong in them.
    """
    cases, faults = check_catalogue(catalogues, budget)
    if faults:
        raise CatalogueError(faults)
    weak, faults = weak_cases(cases, shipped_catalogue())
    if faults:
        raise CatalogueError(faults)
    for warning in weak:
        print(warning)
    names = ", ".join(map(str, catalogues or [shipped_catalogue()]))
    print(f"{names}: {len(cases)} case{'s' * (len(cases) != 1)}, no faults")
