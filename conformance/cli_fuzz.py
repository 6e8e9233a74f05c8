"""The command `conformance fuzz`, as thin as the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conformance.choices import DEFAULT_SECONDS, DEFAULT_TIMEOUT, Accuracy, Device, Isolation
from conformance.cli_options import (
    Demand,
    Diagnose,
    HtmlFile,
    Isolate,
    Jobs,
    JsonFile,
    JunitFile,
    MarkdownFile,
    Memory,
    On,
    Repeat,
    Specs,
    Timeout,
    Verbose,
)

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command(epilog="Example: `conformance fuzz -i my_conv.py:conv2d --cases 1000 --seed 7`")(fuzz)


def fuzz(
    implementations: Specs = None,
    cases: Annotated[int, typer.Option("--cases", metavar="N", min=1, max=1_000_000, help="How many cases.")] = 300,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", min=0, help="The same cases again; others each time where not given."),
    ] = None,
    operations: Annotated[
        list[str] | None,
        typer.Option(
            "--operation", metavar="NAME", help="Only this one; may be repeated. All that are offered where not given."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Where the cases go, as a catalogue; fuzz-SEED.yaml."),
    ] = None,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
    markdown_file: MarkdownFile = None,
    junit_file: JunitFile = None,
    repeat: Repeat = 1,
    accuracy: Demand = Accuracy.EXACT_ORDER,
    diagnose: Diagnose = DEFAULT_SECONDS,
    isolate: Isolate = Isolation.WORKER,
    jobs: Jobs = 1,
    timeout: Timeout = DEFAULT_TIMEOUT,
    memory: Memory = None,
    device: On = Device.CPU,
    verbose: Verbose = False,
) -> None:
    """Judge implementations on random cases, which nobody has thought of; TensorFlow where nothing is named.

    The cases are written down as a catalogue, so that `run` and `show` ask them again; the smallest that still fails
    is printed, ready to be kept. What is expected not to pass is not asked for: that is written for known cases.
    """
    from conformance.commands import fuzz as command
    from conformance.isolation import Asking, Limits
    from conformance.reports import Outputs

    status = command.fuzz(
        list(dict.fromkeys(implementations or ["tensorflow"])),
        count=cases,
        seed=seed,
        operations=command.parse_operations(operations or ()),
        file=file,
        asking=Asking(repeat, accuracy, search=not diagnose, device=device),
        seconds=diagnose,
        isolation=isolate,
        limits=Limits(timeout, memory),
        jobs=jobs,
        outputs=Outputs(json_file, html_file, markdown_file, junit_file),
        verbose=verbose,
    )
    raise typer.Exit(status)
