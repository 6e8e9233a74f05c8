"""The command `conformance`: a thin shell, which imports what a command needs when that is called.

Exit status: 0 all green and at least one case passed · 1 anything else that was judged · 2 usage, catalogue or
configuration error · 130 interrupted, with the partial report written.
"""

from __future__ import annotations

import errno
import os
import sys
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from conformance import cli_bench, cli_defects, cli_export, cli_fuzz, cli_reports
from conformance.choices import (
    DEFAULT_BUDGET,
    DEFAULT_SECONDS,
    DEFAULT_TIMEOUT,
    Accuracy,
    Device,
    Isolation,
    Stale,
    Tier,
)
from conformance.cli_options import (
    Budget,
    Catalogues,
    Demand,
    Diagnose,
    ExpectationsFile,
    HtmlFile,
    Isolate,
    Jobs,
    JournalFile,
    JsonFile,
    JunitFile,
    MarkdownFile,
    Memory,
    On,
    PlotFile,
    Repeat,
    ResumeFile,
    Scheduler,
    Selection,
    ShardText,
    Specs,
    StaleChoice,
    Tiers,
    Timeout,
    TimesFile,
    UpdateExpectations,
    Verbose,
)
from conformance.errors import ConformanceError

__all__ = ["app", "main"]

_OUTPUT_ERRORS = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


class _Commands(TyperGroup):
    """The commands; one that is interrupted, and has no report of that, says so in a line."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was called."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            print(" ".join(["interrupted", *map(str, interrupt.args)]), file=sys.stderr)
            raise


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def main() -> None:
    """Run the command; an error meant for people is printed as it is, with exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal of ASCII only shows ? for × and Σ
    try:
        try:
            app()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except ConformanceError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        _end_output(error)


def _end_output(error: OSError) -> NoReturn:
    """Leave where the standard output takes no more; silently where it is a pipe that nobody reads."""
    if error.filename is not None or error.errno not in _OUTPUT_ERRORS:
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to flush at exit goes nowhere
    if isinstance(error, BrokenPipeError):
        sys.exit(1)
    print(f"the standard output cannot be written ({error.strerror})", file=sys.stderr)
    sys.exit(2)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"conformance {version('conformance')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Judge whether an implementation computes convolution, how exactly, and which mistake it makes if not."""


@app.command(epilog="Example: `conformance run -i my_conv.py:conv2d -k stride --json report.json`")
def run(
    catalogues: Catalogues = None,
    implementations: Specs = None,
    expression: Selection = "",
    tier: Tiers = Tier.CORE,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
    markdown_file: MarkdownFile = None,
    junit_file: JunitFile = None,
    repeat: Repeat = 1,
    memory_budget: Budget = DEFAULT_BUDGET,
    accuracy: Demand = Accuracy.EXACT_ORDER,
    diagnose: Diagnose = DEFAULT_SECONDS,
    isolate: Isolate = Isolation.WORKER,
    jobs: Jobs = 1,
    timeout: Timeout = DEFAULT_TIMEOUT,
    memory: Memory = None,
    device: On = Device.CPU,
    journal: JournalFile = None,
    resume: ResumeFile = None,
    times: TimesFile = None,
    shard: ShardText = "",
    scheduler: Scheduler = "",
    expectations: ExpectationsFile = None,
    stale: StaleChoice = Stale.FAIL,
    update_expectations: UpdateExpectations = False,
    verbose: Verbose = False,
) -> None:
    """Judge implementations on the cases; TensorFlow on the shipped catalogue where nothing is named."""
    from conformance.commands import judging
    from conformance.isolation import Asking, Limits
    from conformance.plan import Shard
    from conformance.reports import Outputs

    status = judging.run(
        list(dict.fromkeys(implementations or ["tensorflow"])),
        catalogues or (),
        expression=expression,
        tier=tier,
        asking=Asking(repeat, accuracy, search=not diagnose, device=device),
        seconds=diagnose,
        budget=memory_budget,
        isolation=isolate,
        limits=Limits(timeout, memory),
        jobs=jobs,
        scheduler=scheduler,
        keeping=judging.Keeping(journal, resume, times, Shard.parse(shard) if shard else None),
        expecting=judging.Expecting(expectations, stale, update_expectations),
        outputs=Outputs(json_file, html_file, markdown_file, junit_file),
        verbose=verbose,
    )
    raise typer.Exit(status)


@app.command(epilog="Example: `conformance show padding-and-stride -i my_conv.py:conv2d`")
def show(
    case_id: Annotated[str, typer.Argument(metavar="CASE", help="The id of a case.")],
    catalogues: Catalogues = None,
    spec: Annotated[
        str, typer.Option("-i", "--implementation", metavar="SPEC", help="What answers; as for `run`.")
    ] = "tensorflow",
    repeat: Repeat = 1,
    memory_budget: Budget = DEFAULT_BUDGET,
    accuracy: Demand = Accuracy.EXACT_ORDER,
    isolate: Isolate = Isolation.WORKER,
    timeout: Timeout = DEFAULT_TIMEOUT,
    memory: Memory = None,
    device: On = Device.CPU,
    plot: PlotFile = None,
) -> None:
    """Print one case in full: X, W, b, the reference's Y, the implementation's Y, and whether they are equal."""
    from conformance.commands import judging
    from conformance.isolation import Asking, Limits

    asking, limits = Asking(repeat, accuracy, keeps=True, device=device), Limits(timeout, memory)
    status = judging.show(
        case_id, spec, catalogues or (), plot, asking=asking, budget=memory_budget, isolation=isolate, limits=limits
    )
    raise typer.Exit(status)


@app.command("list", epilog="Example: `conformance list -k bias`")
def list_cases(
    catalogues: Catalogues = None,
    expression: Selection = "",
    tier: Tiers = Tier.CORE,
    memory_budget: Budget = DEFAULT_BUDGET,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Print which pairs of levels, of two factors each, the cases cover.")
    ] = False,
    implementations: Annotated[
        bool, typer.Option("--implementations", help="List the adapters instead, with what each offers here.")
    ] = False,
) -> None:
    """List the cases: id, shapes, padding, strides, and why each exists."""
    from conformance.commands import listing

    if implementations:
        listing.list_implementations()
        return
    listing.list_cases(catalogues or (), expression, tier, memory_budget, coverage=coverage)


@app.command(epilog="Example: `conformance score cases/ --name mine`")
def score(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An export, with an `output.npy` beside each case.")],
    catalogues: Catalogues = None,
    name: Annotated[str, typer.Option("--name", help="What has answered, in reports; DIR where not given.")] = "",
    expression: Selection = "",
    tier: Tiers = Tier.FULL,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
    markdown_file: MarkdownFile = None,
    junit_file: JunitFile = None,
    accuracy: Demand = Accuracy.EXACT_ORDER,
    diagnose: Diagnose = DEFAULT_SECONDS,
    memory_budget: Budget = DEFAULT_BUDGET,
    expectations: ExpectationsFile = None,
    stale: StaleChoice = Stale.FAIL,
    update_expectations: UpdateExpectations = False,
    verbose: Verbose = False,
) -> None:
    """Judge the answers that a program has written beside exported cases, by the same rules as `run`."""
    from conformance.commands import judging
    from conformance.isolation import Asking
    from conformance.reports import Outputs

    status = judging.score(
        folder,
        name or str(folder),
        catalogues or (),
        expression=expression,
        tier=tier,
        asking=Asking(1, accuracy, search=not diagnose),
        seconds=diagnose,
        budget=memory_budget,
        expecting=judging.Expecting(expectations, stale, update_expectations),
        outputs=Outputs(json_file, html_file, markdown_file, junit_file),
        verbose=verbose,
    )
    raise typer.Exit(status)


@app.command(epilog="Example: `conformance check my_cases.yaml`")
def check(
    catalogues: Catalogues = None,
    memory_budget: Budget = DEFAULT_BUDGET,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a catalogue, for editors.")
    ] = False,
) -> None:
    """Check catalogues without running them; prints every fault of every file, and cases that cannot tell much."""
    from conformance.commands import listing

    if schema:
        listing.print_schema()
    else:
        listing.check(catalogues or (), memory_budget)


cli_fuzz.register(app)
cli_bench.register(app)
cli_reports.register(app)
cli_defects.register(app)
cli_export.register(app)
