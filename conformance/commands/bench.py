"""`conformance bench`: implementations timed side by side."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from conformance import reports
from conformance.bench import Bench, Contest, Layer, cores, find_layers, measure, read_layers
from conformance.errors import UsageError
from conformance.implementations import BUILT_IN, split_spec
from conformance.isolation import Asking, Limits
from conformance.selection import select

__all__ = ["bench"]


def bench(
    specs: Sequence[str],
    layers: str,
    *,
    expression: str,
    batch: int | None,
    rounds: int,
    threads: int | None,
    asking: Asking,
    limits: Limits,
    budget: float,
    json_file: Path | None,
    plot: Path | None,
) -> int:
    """Judge and time implementations on layers, write and print the table, and return the exit status.

    Args:
        specs: whom; ratios are to the first.
        layers: the name of a set that is shipped, or a catalogue.
        expression: chooses layers.
        batch: images of a call, where not as many as the layers say.
        rounds: in which each is timed once.
        threads: of each implementation; as many as there are cores where None.
        asking: how answers are judged.
        limits: what a layer may take.
        budget: GiB that the arrays of a layer may take.
        json_file: where the times go for programs, or None.
        plot: where a picture goes, or None.

    Raises:
        UsageError: something cannot be, which is found before anything is timed.
    """
    if json_file is not None:
        reports.check_target(json_file)
    if plot is not None:
        reports.check_plot(plot)
    for spec in specs:
        if spec not in BUILT_IN:
            split_spec(spec)
    threads = _checked(threads)
    found = read_layers(find_layers(layers), budget, batch)
    chosen = {case.id for case in select([layer.case for layer in found], expression)}
    found = [layer for layer in found if layer.case.id in chosen]
    told = {"layers": layers, "threads": threads, "rounds": rounds, "batch": batch, "device": str(asking.device)}
    environment = reports.environment([])
    del environment["catalogues"]
    filled = Bench(environment | told)
    try:
        _measure(filled, specs, found, Contest(rounds, threads, replace(asking, search=False), limits))
        interrupted = False
    except KeyboardInterrupt:
        interrupted = True
    return _reported(filled, json_file, plot, interrupted)


def _checked(threads: int | None) -> int:
    most = len(cores())
    if threads is not None and threads > most:
        raise UsageError(f"--threads must be at most {most}, the cores that this process may use, but is {threads}")
    return threads or most


def _measure(filled: Bench, specs: Sequence[str], layers: Sequence[Layer], contest: Contest) -> None:
    console = reports.new_console(stderr=True)
    columns = BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(layers))

        def tell(text: str) -> None:
            progress.update(task, description=text, completed=len(filled.rows))

        measure(filled, specs, layers, contest, tell)


def _reported(filled: Bench, json_file: Path | None, plot: Path | None, interrupted: bool) -> int:
    try:
        if json_file is not None:
            reports.write_bench(filled, json_file)
        if plot is not None and any(each.median is not None for row in filled.rows for each in row.measured):
            reports.plot_bench(filled, plot)
        elif plot is not None:
            print(f"nothing was timed, so nothing is drawn to {plot}", file=sys.stderr)
    finally:
        reports.print_bench(reports.new_console(), filled)
    if interrupted:
        return 130
    return 0 if filled.is_green else 1
