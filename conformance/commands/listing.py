"""`conformance list` and `conformance check`: what a catalogue holds, and whether it is in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from conformance import reports
from conformance.case import Tier
from conformance.catalogue import json_schema, load_catalogue, read_catalogue, shipped_catalogue
from conformance.choices import Device
from conformance.coverage import measure_coverage
from conformance.errors import CatalogueError, Unavailable
from conformance.implementations import ADAPTERS, REFERENCES, Adapter
from conformance.isolation import Asking, Identity, InProcess, Isolated
from conformance.selection import select
from conformance.weakness import weak_cases

__all__ = ["check", "list_cases", "list_implementations", "print_schema"]


def list_cases(catalogues: Sequence[Path], expression: str, tier: Tier, budget: float, *, coverage: bool) -> None:
    """Print the cases that are chosen, or which pairs of levels they cover."""
    cases = select(load_catalogue(catalogues, budget), expression, tier)
    if coverage:
        reports.print_coverage(reports.new_console(), measure_coverage(cases))
    else:
        reports.print_cases(reports.new_console(), cases)


def list_implementations() -> None:
    """Print the adapters, installed or not: version, operations and devices, or why one is unavailable.

    Each is imported in a process of its own, as frameworks quarrel. The modules of the reference follow.
    """
    console = reports.new_console()
    for spec, adapter in ADAPTERS.items():
        reports.print_implementation(console, spec, adapter.about, adapter.devices, _what_is_here(spec, adapter))
    for spec, about in REFERENCES.items():
        found = InProcess(spec, Asking()).begin(())
        reports.print_implementation(console, spec, about, [Device.CPU], found)


def _what_is_here(spec: str, adapter: Adapter) -> Identity | str:
    """Return what an adapter says of itself, or why it says nothing; what is not installed is not imported."""
    missing = [package for package in adapter.packages if find_spec(package) is None]
    if missing:
        remedy = f"; pip install '.[{adapter.extra}]'" if adapter.extra else ""
        return f"there is no module {missing[0]!r}{remedy}"
    try:
        with Isolated(spec, Asking()) as subject:
            return subject.begin(())
    except Unavailable as error:
        return str(error).removeprefix(f"{spec}: ")


def print_schema() -> None:
    """Print the JSON Schema of a catalogue."""
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def check(catalogues: Sequence[Path], budget: float) -> None:
    """Print what is weak in catalogues.

    Raises:
        CatalogueError: something is wrong in them.
    """
    catalogue = read_catalogue(catalogues, budget)
    weak, faults = weak_cases(catalogue.sample(), shipped_catalogue())
    if faults:
        raise CatalogueError(faults)
    for warning in weak:
        print(warning)
    names = ", ".join(map(str, catalogues or [shipped_catalogue()]))
    count = len(catalogue)
    large = f"; {catalogue.unbuilt:,} of large matrices, checked a value at a time" if catalogue.unbuilt else ""
    print(f"{names}: {count} case{'s' * (count != 1)}, no faults{large}")
