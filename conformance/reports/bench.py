"""Implementations side by side: the table of times, and the same as JSON, schema `conformance-bench/1`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from conformance.bench import Bench, Measured, Row
from conformance.case import Outcome
from conformance.reports.files import write_file
from conformance.reports.terminal import print_table

__all__ = ["SCHEMA", "print_bench", "write_bench"]

SCHEMA = "conformance-bench/1"

_COLUMNS = ("layer", "×", "by", "ms", "middle half", "ratio", "GFLOP/s", "accuracy")
_PRIORITY = ("ms", "ratio", "layer", "by", "GFLOP/s", "accuracy", "middle half", "×")

_MEANING = (
    "ms: the median time of a call, NumPy arrays in and out; middle half: from the first quartile to the third; "
    "ratio: to the first implementation; ×: how often the network has the layer"
)


def print_bench(console: Console, bench: Bench) -> None:
    """Print a line for each layer and implementation, means and totals, and why times are missing."""
    told = bench.environment
    threads = f"{told['threads']} thread{'s' * (told['threads'] != 1)}"
    head = f"{told['layers']}: {threads} each, on the same cores; up to {told['rounds']} rounds, taking turns"
    console.print(head, style="bold", markup=False, soft_wrap=True)
    for entrant in bench.entrants:
        if entrant.reason:
            console.print(f"{entrant.name} is unavailable: {entrant.reason}", style="red", markup=False, soft_wrap=True)
    lines = [line for row in bench.rows for line in _lines(bench, row)]
    if not lines:
        return
    print_table(console, [*lines, *_conclusion(bench)], _PRIORITY)
    console.print(_MEANING, style="dim", markup=False)
    for row in bench.rows:
        for entrant, measured in zip(bench.timed, row.measured, strict=True):
            if measured.detail:
                detail = "\n    ".join(measured.detail.splitlines())
                console.print(f"\n{entrant.name}, {row.layer.case.id}: {detail}", markup=False, soft_wrap=True)


def _lines(bench: Bench, row: Row) -> Iterator[dict[str, Text]]:
    for place, (entrant, measured) in enumerate(zip(bench.timed, row.measured, strict=True)):
        style = {Outcome.PASSED: "", Outcome.UNSUPPORTED: "yellow"}.get(measured.outcome, "red")
        first = place == 0
        yield _line(
            layer=row.layer.case.id if first else "",
            times=str(row.layer.times) if first else "",
            by=entrant.name,
            ms=_milliseconds(measured.median),
            half=_half(measured),
            ratio=_decimal(row.ratio(place)),
            gflops=_decimal(row.gflops(place), 1),
            accuracy=measured.accuracy or str(measured.outcome),
            style=style,
        )


def _conclusion(bench: Bench) -> Iterator[dict[str, Text]]:
    """Yield the geometric means of the ratios, and the time of all layers as often as the network has them."""
    for place, entrant in enumerate(bench.timed):
        mean = bench.geometric_mean(place)
        yield _line(
            layer="geometric mean" if place == 0 else "",
            by=entrant.name,
            ratio=_decimal(mean and mean[0]),
            accuracy="" if mean is None else f"of {mean[1]} layers",
            style="bold",
        )
    products, first = sum(row.layer.times * row.layer.products for row in bench.rows), bench.total(0)
    for place, entrant in enumerate(bench.timed):
        total = bench.total(place)
        yield _line(
            layer="all, × times" if place == 0 else "",
            by=entrant.name,
            ms=_milliseconds(total),
            ratio=_decimal(total / first if total and first else None),
            gflops=_decimal(2e-9 * products / total if total else None, 1),
            style="bold",
        )


def _line(
    *,
    layer: str,
    by: str,
    ratio: str,
    ms: str = "",
    gflops: str = "",
    times: str = "",
    half: str = "",
    accuracy: str = "",
    style: str = "",
) -> dict[str, Text]:
    texts = (layer, times, by, ms, half, ratio, gflops, accuracy)
    return {name: Text(text, style) for name, text in zip(_COLUMNS, texts, strict=True)}


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{1e3 * seconds:.4g}"


def _half(measured: Measured) -> str:
    return "–" if measured.quartiles is None else " to ".join(_milliseconds(each) for each in measured.quartiles)


def _decimal(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def write_bench(bench: Bench, path: Path) -> None:
    """Write all that was measured as JSON, as `write_file` does."""
    implementations = [
        {"name": each.name, "version": each.version, "status": "unavailable" if each.reason else "available"}
        | {"reason": each.reason}
        for each in bench.entrants
    ]
    report = {
        "schema": SCHEMA,
        "environment": bench.environment,
        "implementations": implementations,
        "layers": [_layer(bench, row) for row in bench.rows],
        "summary": {entrant.name: _summary(bench, place) for place, entrant in enumerate(bench.timed)},
    }
    write_file(path, [json.dumps(report, indent=1, ensure_ascii=False), "\n"])


def _layer(bench: Bench, row: Row) -> dict[str, Any]:
    layer = row.layer
    results = [
        {
            "implementation": entrant.name,
            "outcome": str(measured.outcome),
            "accuracy": measured.accuracy,
            "median": measured.median,
            "quartiles": measured.quartiles,
            "ratio": row.ratio(place),
            "gflops": row.gflops(place),
            "seconds": measured.seconds,
            "detail": measured.detail,
        }
        for place, (entrant, measured) in enumerate(zip(bench.timed, row.measured, strict=True))
    ]
    told = {"layer": layer.case.id, "operation": str(layer.case.operation), "problem": layer.case.notation}
    return told | {"times": layer.times, "products": layer.products, "results": results}


def _summary(bench: Bench, place: int) -> dict[str, float | None]:
    mean = bench.geometric_mean(place)
    return {"geometric_mean": mean and mean[0], "seconds": bench.total(place)}
