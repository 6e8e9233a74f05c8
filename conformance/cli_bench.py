"""The command `conformance bench`, as thin as the others."""

from __future__ import annotations

from typing import Annotated

import typer

from conformance.choices import DEFAULT_BUDGET, DEFAULT_TIMEOUT, Accuracy, Device
from conformance.cli_options import Budget, Demand, JsonFile, Memory, On, PlotFile, Selection, Specs, Timeout

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    example = "`conformance bench -i tensorflow -i torch --layers mobilenet --plot times.png`"
    app.command(epilog=f"Example: {example}")(bench)


def bench(
    implementations: Specs = None,
    layers: Annotated[
        str,
        typer.Option(
            "--layers", metavar="resnet50|mobilenet|unet|FILE", help="A set that is shipped, or any catalogue."
        ),
    ] = "resnet50",
    expression: Selection = "",
    batch: Annotated[
        int | None, typer.Option("--batch", metavar="N", min=1, help="Images of a call, if not as the layers say: 1.")
    ] = None,
    rounds: Annotated[
        int, typer.Option("--rounds", metavar="N", min=1, help="How often each is timed in each layer.")
    ] = 15,
    threads: Annotated[
        int | None,
        typer.Option("--threads", metavar="N", min=1, help="Threads, and cores, of each; all cores where not given."),
    ] = None,
    json_file: JsonFile = None,
    plot: PlotFile = None,
    accuracy: Demand = Accuracy.EXACT_ORDER,
    timeout: Timeout = DEFAULT_TIMEOUT,
    memory: Memory = None,
    memory_budget: Budget = DEFAULT_BUDGET,
    device: On = Device.CPU,
) -> None:
    """Time implementations side by side on the layers of a network; TensorFlow alone where nothing is named.

    They take turns, call by call, each in a process of its own, with the same threads on the same cores. A time is that
    of a call with NumPy arrays in and out. Wrong answers get no time.
    """
    from conformance.commands import bench as command
    from conformance.isolation import Asking, Limits

    status = command.bench(
        list(dict.fromkeys(implementations or ["tensorflow"])),
        layers,
        expression=expression,
        batch=batch,
        rounds=rounds,
        threads=threads,
        asking=Asking(1, accuracy, device=device),
        limits=Limits(timeout, memory),
        budget=memory_budget,
        json_file=json_file,
        plot=plot,
    )
    raise typer.Exit(status)
