"""The command `conformance`: a thin shell over the catalogue, the runner and the reports.

Exit status: 0 all green and at least one case passed · 1 anything else that was judged · 2 usage, catalogue or
configuration error · 130 interrupted, with the partial report written.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from dataclasses import replace
from difflib import get_close_matches
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from conformance import reports
from conformance.case import Case, Outcome, Tier
from conformance.catalogue import DEFAULT_BUDGET, check_catalogue, json_schema, load_catalogue, shipped_catalogue
from conformance.cli_options import (
    Budget,
    Catalogues,
    Demand,
    Isolate,
    Jobs,
    Memory,
    Repeat,
    Selection,
    Specs,
    Tiers,
    Timeout,
)
from conformance.coverage import measure_coverage
from conformance.data import make_operands
from conformance.defects_command import choose, score
from conformance.diagnosis import DEFAULT_SECONDS, Gathering, diagnose_run
from conformance.errors import CatalogueError, ConformanceError, Unavailable, UsageError
from conformance.expectations import as_expected, shipped_expectations
from conformance.implementations import BUILT_IN, split_spec
from conformance.isolation import DEFAULT_TIMEOUT, Asking, Isolation, Limits, Subject, open_subject
from conformance.judgement import Accuracy, expect
from conformance.kill_table import LEGAL
from conformance.selection import select
from conformance.weakness import weak_cases

__all__ = ["app", "main"]

_OUTPUT_ERRORS = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}

app = typer.Typer(
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
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the results as JSON to FILE.")
    ] = None,
    repeat: Repeat = 1,
    memory_budget: Budget = DEFAULT_BUDGET,
    accuracy: Demand = Accuracy.EXACT_ORDER,
    diagnose: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0,
            help="How long to look, over all failures of an implementation, for what is wrong; 0: at each case only.",
        ),
    ] = DEFAULT_SECONDS,
    isolate: Isolate = Isolation.WORKER,
    jobs: Jobs = 1,
    timeout: Timeout = DEFAULT_TIMEOUT,
    memory: Memory = None,
) -> None:
    """Judge implementations on the cases; TensorFlow on the shipped catalogue where nothing is named."""
    if json_file is not None:
        reports.check_target(json_file)
    specs = list(dict.fromkeys(implementations or ["tensorflow"]))
    for spec in specs:
        if spec not in BUILT_IN:
            split_spec(spec)  # refuses what is malformed, before anything is judged
    asking, limits = Asking(repeat, accuracy, search=not diagnose), Limits(timeout, memory)
    record = reports.Run([str(path) for path in catalogues or [shipped_catalogue()]])
    interrupted = False
    cases: list[Case] = []
    for spec in specs:
        with open_subject(spec, asking, isolate, limits, jobs) as subject:  # which is imported while cases are read
            cases = cases or select(load_catalogue(catalogues or (), memory_budget), expression, tier)
            if not _judge(subject, cases, record, diagnose, asking):
                interrupted = True
                break
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
    isolate: Isolate = Isolation.WORKER,
    timeout: Timeout = DEFAULT_TIMEOUT,
    memory: Memory = None,
) -> None:
    """Print one case in full: X, W, b, the reference's Y, the implementation's Y, and whether they are equal."""
    case = _find(load_catalogue(catalogues or (), memory_budget), case_id)
    console = reports.new_console()
    operands = make_operands(case)
    reports.show_case(console, case, operands, None if case.refuses else expect(case, operands))
    with open_subject(spec, Asking(repeat, accuracy), isolate, Limits(timeout, memory)) as subject:
        try:
            subject.begin([case])
        except Unavailable as error:
            console.print(f"\n{spec} is unavailable: {error}", style="red", markup=False, soft_wrap=True)
            raise typer.Exit(1) from error
        tried = next(subject.attempts())
    reports.show_attempt(console, case, tried)
    raise typer.Exit(0 if tried.result.outcome is Outcome.PASSED else 1)


@app.command("list", epilog="Example: `conformance list -k bias`")
def list_cases(
    catalogues: Catalogues = None,
    expression: Selection = "",
    tier: Tiers = Tier.CORE,
    memory_budget: Budget = DEFAULT_BUDGET,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Print which pairs of levels, of two factors each, the cases cover.")
    ] = False,
) -> None:
    """List the cases: id, shapes, padding, strides, and why each exists."""
    cases = select(load_catalogue(catalogues or (), memory_budget), expression, tier)
    if coverage:
        reports.print_coverage(reports.new_console(), measure_coverage(cases))
    else:
        reports.print_cases(reports.new_console(), cases)


@app.command(epilog="Example: `conformance defects --only strides -k 'not bias'`")
def defects(
    catalogues: Catalogues = None,
    expression: Selection = "",
    tier: Tiers = Tier.CORE,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="CLASS|NAME",
            help="Only these defects, and no right implementations; may be repeated.",
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the table as JSON to FILE.")
    ] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", metavar="N", min=0, help="Processes; 0 for one a core.")] = 0,
    listing: Annotated[bool, typer.Option("--list", help="Only list the defects, by class of mistake.")] = False,
    memory_budget: Budget = DEFAULT_BUDGET,
) -> None:
    """Try the kit of wrong implementations on the cases: which case rejects which, and whether the right ones pass.

    Exit status 1 where a defect survives without a reason, or a right implementation is rejected.
    """
    chosen = choose(only or ())
    if listing:
        reports.print_kit(reports.new_console(), chosen)
        return
    if json_file is not None:
        reports.check_target(json_file)
    cases = select(load_catalogue(catalogues or (), memory_budget), expression, tier)
    paths = [str(path) for path in catalogues or [shipped_catalogue()]]
    right = () if only else LEGAL
    raise typer.Exit(score(cases, chosen, paths, json_file=json_file, jobs=jobs or os.cpu_count() or 1, right=right))


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


def _judge(subject: Subject, cases: list[Case], record: reports.Run, seconds: float, how: Asking) -> bool:
    """Judge one implementation, filling `record`, with a progress bar where somebody looks; False if interrupted."""
    status, done, gathering = reports.Status(subject.name), len(record.results), Gathering()
    console = reports.new_console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[case]}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(subject.name, total=len(cases), case="importing")
        try:
            identity = subject.begin(cases)
            status = replace(status, version=identity.version, offered=identity.offered)
            for tried in subject.attempts():
                result = as_expected(tried.result, shipped_expectations())
                record.results.append(result)
                if result.outcome is not Outcome.KNOWN:
                    gathering.add(tried)
                progress.update(task, advance=1, case=result.case.id)
            status = replace(status, traits=subject.traits())
            progress.update(task, case="diagnosing")
            found = diagnose_run(
                gathering, subject.attempt, subject.name, seconds, rounds=how.rounds, demand=how.demand
            )
            record.results[done:] = [found.results.get(each.case.id, each) for each in record.results[done:]]
            status = replace(status, diagnosis=found, incidents=subject.incidents())
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
