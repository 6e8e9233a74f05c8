"""The command `conformance`: a thin shell over the catalogue, the runner and the reports.

Exit status: 0 all green and at least one case passed · 1 anything else that was judged · 2 usage, catalogue or
configuration error · 130 interrupted, with the partial report written.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from conformance import reports
from conformance.case import Case, Outcome
from conformance.catalogue import DEFAULT_BUDGET, check_catalogue, json_schema, load_catalogue, shipped_catalogue
from conformance.data import make_operands
from conformance.errors import CatalogueError, ConformanceError, Unavailable, UsageError
from conformance.expectations import as_expected, shipped_expectations
from conformance.implementations import BUILT_IN, load_implementation, split_spec
from conformance.judgement import Accuracy, expect
from conformance.runner import attempt
from conformance.runner import run as run_cases
from conformance.selection import select
from conformance.traits import measure_traits
from conformance.weakness import weak_cases

__all__ = ["app", "main"]

_OUTPUT_ERRORS = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

Catalogues = Annotated[
    list[Path] | None, typer.Argument(metavar="[CATALOGUE…]", help="YAML files; the shipped catalogue where none.")
]
Specs = Annotated[
    list[str] | None,
    typer.Option(
        "-i",
        "--implementation",
        metavar="SPEC",
        help="tensorflow, package.module, package.module:object or path/to/file.py:object; may be repeated.",
    ),
]
Selection = Annotated[
    str,
    typer.Option("-k", metavar="EXPR", help="Only cases whose id contains, or whose tags are: 'stride and not bias'."),
]
Repeat = Annotated[
    int,
    typer.Option(
        "--repeat", metavar="N", min=1, help="Rounds of calls for each case, for faults that come and go: 2N + 1 calls."
    ),
]
Budget = Annotated[
    float, typer.Option("--memory-budget", metavar="GIB", min=0, help="GiB that the arrays of one case may take.")
]
Demand = Annotated[
    Accuracy, typer.Option("--accuracy", help="The loosest accuracy class that passes on real-valued data.")
]


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
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the results as JSON to FILE.")
    ] = None,
    repeat: Repeat = 1,
    memory_budget: Budget = DEFAULT_BUDGET,
    accuracy: Demand = Accuracy.EXACT_ORDER,
) -> None:
    """Judge implementations on the cases; TensorFlow on the shipped catalogue where nothing is named."""
    if json_file is not None:
        _check_target(json_file)
    cases = select(load_catalogue(catalogues or (), memory_budget), expression)
    record = reports.Run([str(path) for path in catalogues or [shipped_catalogue()]])
    specs = list(dict.fromkeys(implementations or ["tensorflow"]))
    for spec in specs:
        if spec not in BUILT_IN:
            split_spec(spec)  # refuses what is malformed, before anything is judged
    interrupted = not all(_judge(spec, cases, record, repeat, accuracy) for spec in specs)
    for spec in specs[len(record.implementations) :]:
        reason = f"{len(cases)} of {len(cases)} cases not run"
        record.implementations.append(reports.Status(spec, state=reports.State.INTERRUPTED, reason=reason))
    try:
        if json_file is not None:
            reports.write_json(record, json_file)
    finally:  # and not before: whoever reads what is printed may stop reading
        reports.print_run(reports.new_console(), record)
    raise typer.Exit(130 if interrupted else reports.exit_code(record))


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
) -> None:
    """Print one case in full: X, W, b, the reference's Y, the implementation's Y, and whether they are equal."""
    case = _find(load_catalogue(catalogues or (), memory_budget), case_id)
    console = reports.new_console()
    operands = make_operands(case)
    reports.show_case(console, case, operands, expect(case, operands))
    try:
        tried = attempt(case, load_implementation(spec), rounds=repeat, demand=accuracy)
    except Unavailable as error:
        console.print(f"\n{spec} is unavailable: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    reports.show_attempt(console, case, tried)
    raise typer.Exit(0 if tried.result.outcome is Outcome.PASSED else 1)


@app.command("list", epilog="Example: `conformance list -k bias`")
def list_cases(
    catalogues: Catalogues = None, expression: Selection = "", memory_budget: Budget = DEFAULT_BUDGET
) -> None:
    """List the cases: id, shapes, padding, strides, and why each exists."""
    cases = select(load_catalogue(catalogues or (), memory_budget), expression)
    reports.print_cases(reports.new_console(), cases)


@app.command(epilog="Example: `conformance check my_cases.yaml`")
def check(
    catalogues: Catalogues = None,
    memory_budget: Budget = DEFAULT_BUDGET,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a catalogue, for editors.")
    ] = False,
) -> None:
    """Check catalogues without running them; prints every fault of every file, and cases that cannot tell much."""
    if schema:
        print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
        return
    cases, faults = check_catalogue(catalogues or (), memory_budget)
    if faults:
        raise CatalogueError(faults)
    weak, faults = weak_cases(cases, shipped_catalogue())
    if faults:
        raise CatalogueError(faults)
    for warning in weak:
        print(warning)
    names = ", ".join(map(str, catalogues or [shipped_catalogue()]))
    print(f"{names}: {len(cases)} case{'s' * (len(cases) != 1)}, no faults")


def _check_target(json_file: Path) -> None:
    """Refuse, before anything is judged, a file that cannot be written for lack of a folder."""
    try:
        if json_file.is_dir() or not json_file.name or not json_file.parent.is_dir():
            raise UsageError(f"--json must name a file in an existing folder, but is {str(json_file)!r}")
    except OSError as error:
        raise UsageError(f"--json {str(json_file)!r} cannot be written ({error.strerror})") from error


def _announced(cases: list[Case], progress: Progress, task: TaskID) -> Iterator[Case]:
    """Yield the cases; the progress bar names each when it is about to run."""
    for case in cases:
        progress.update(task, case=case.id)
        yield case


def _judge(spec: str, cases: list[Case], record: reports.Run, rounds: int, demand: Accuracy) -> bool:
    """Judge one implementation, filling `record`, with a progress bar where somebody looks; False if interrupted."""
    status, done = reports.Status(spec), len(record.results)
    console = reports.new_console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[case]}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(spec, total=len(cases), case="importing")
        try:
            implementation = load_implementation(spec)
            offered = frozenset(implementation.functions)
            status = replace(status, version=implementation.version, offered=offered)
            announced = _announced(cases, progress, task)
            results = run_cases(announced, implementation, rounds=rounds, demand=demand)
            for result in as_expected(results, shipped_expectations()):
                record.results.append(result)
                progress.advance(task)
            status = replace(status, traits=measure_traits(implementation))
        except Unavailable as error:
            status = replace(status, state=reports.State.UNAVAILABLE, reason=str(error))
        except KeyboardInterrupt:
            missing = len(cases) - (len(record.results) - done)
            reason = f"{missing} of {len(cases)} cases not run"
            status = replace(status, state=reports.State.INTERRUPTED, reason=reason)
        finally:
            record.implementations.append(status)
    return status.state is not reports.State.INTERRUPTED


def _find(cases: list[Case], case_id: str) -> Case:
    for case in cases:
        if case.id == case_id:
            return case
    near = get_close_matches(case_id, [case.id for case in cases], n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "`conformance list` shows their ids"
    raise UsageError(f"there is no case {case_id!r} among {len(cases)}; {hint}")
