"""`conformance run` and `conformance show`: implementations judged on cases."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from conformance import reports
from conformance.case import Case, Operation, Outcome, Tier
from conformance.catalogue import load_catalogue, shipped_catalogue
from conformance.choices import Format, Isolation
from conformance.data import make_operands
from conformance.diagnosis import Diagnosis, Gathering, diagnose_run
from conformance.errors import Unavailable, UsageError
from conformance.exchange import Scored, export_cases
from conformance.expectations import as_expected, shipped_expectations
from conformance.implementations import BUILT_IN, split_spec
from conformance.isolation import Asking, Identity, Limits, Subject, open_subject
from conformance.judgement import expect
from conformance.record import Mistake, Smallest, State, Status, record_of, traits_of
from conformance.selection import select

__all__ = ["export", "run", "score", "show"]


def run(
    specs: Sequence[str],
    catalogues: Sequence[Path],
    *,
    expression: str,
    tier: Tier,
    asking: Asking,
    seconds: float,
    budget: float,
    isolation: Isolation,
    limits: Limits,
    jobs: int,
    json_file: Path | None,
    verbose: bool,
) -> int:
    """Judge implementations, write and print the report, and return the exit status.

    Args:
        specs: whom.
        catalogues: files with cases; the shipped catalogue where there are none.
        expression: chooses cases, as `tier` does.
        tier: chooses cases.
        asking: how cases are asked.
        seconds: for the diagnosis of each implementation.
        budget: GiB that the arrays of a case may take.
        isolation: where implementations run.
        limits: what a case may take there.
        jobs: processes.
        json_file: where the results go for programs, or None.
        verbose: whether every case takes a line.
    """
    if json_file is not None:
        reports.check_target(json_file)
    for spec in specs:
        if spec not in BUILT_IN:
            split_spec(spec)  # refuses what is malformed, before anything is judged
    record = _new_run(catalogues)
    cases: list[Case] = []
    interrupted = False
    for spec in specs:
        with open_subject(spec, asking, isolation, limits, jobs) as subject:  # imported while the cases are read
            cases = cases or select(load_catalogue(catalogues, budget), expression, tier)
            interrupted = not _judge(subject, cases, record, seconds, asking)
        if interrupted:
            break
    for spec in specs[len(record.implementations) :]:
        reason = f"{len(cases)} of {len(cases)} cases not run"
        record.implementations.append(Status(name=spec, state=State.INTERRUPTED, reason=reason))
    return _reported(record, json_file, interrupted, verbose)


def score(
    folder: Path,
    name: str,
    catalogues: Sequence[Path],
    *,
    expression: str,
    tier: Tier,
    asking: Asking,
    seconds: float,
    budget: float,
    json_file: Path | None,
    verbose: bool,
) -> int:
    """Judge the answers in an export, write and print the report, and return the exit status; the rest as in `run`.

    Args:
        folder: of the export.
        name: of what has answered, in reports.
        catalogues: that were exported.
        expression: chooses cases of the export, as `tier` does.
        tier: chooses cases.
        asking: how strictly answers are judged.
        seconds: for the diagnosis.
        budget: GiB that the arrays of a case may take.
        json_file: where the results go for programs, or None.
        verbose: whether every case takes a line.
    """
    if json_file is not None:
        reports.check_target(json_file)
    subject = Scored(folder, name, asking)
    cases = select(load_catalogue(catalogues, budget), expression, tier)
    record = _new_run(catalogues)
    interrupted = not _judge(subject, cases, record, seconds, asking)
    return _reported(record, json_file, interrupted, verbose)


def export(
    folder: Path,
    catalogues: Sequence[Path],
    *,
    expression: str,
    tier: Tier,
    budget: float,
    expected: bool,
    form: Format,
) -> None:
    """Write the cases to a folder, and print how to go on."""
    cases = select(load_catalogue(catalogues, budget), expression, tier)
    done = export_cases(folder, cases, expected=expected, form=form)
    total = f"{folder}: {done.count} case{'s' * (done.count != 1)}"
    if form is Format.NPY:
        command = shlex.join(["conformance", "score", str(folder), *map(str, catalogues)])
        print(f"{total}; write output.npy beside each case.json, then: {command}")
        return
    print(f"{total} as ONNX models with test data{f', {done.left_out.total()} left out:' if done.left_out else ''}")
    for reason, number in done.left_out.most_common():
        print(f"{number:>5} {reason}")


def _new_run(catalogues: Sequence[Path]) -> reports.Run:
    return reports.Run(reports.environment([str(path) for path in catalogues or [shipped_catalogue()]]))


def _reported(record: reports.Run, json_file: Path | None, interrupted: bool, verbose: bool) -> int:
    """Write and print the report, and return the exit status."""
    try:
        if json_file is not None:
            reports.write_json(record, json_file)
    finally:  # and not before: whoever reads what is printed may stop reading
        reports.print_run(reports.new_console(), record, verbose=verbose)
    return 130 if interrupted else reports.exit_code(record)


def _judge(subject: Subject, cases: list[Case], record: reports.Run, seconds: float, how: Asking) -> bool:
    """Judge one implementation, filling `record`, with a progress bar where somebody looks; False if interrupted."""
    status, done, gathering = Status(name=subject.name), 0, Gathering()
    strays: dict[str, list[str]] = {}
    console = reports.new_console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[case]}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(subject.name, total=len(cases), case="importing")
        try:
            status = _introduced(status, subject.begin(cases))
            upcoming = dict(pairwise(case.id for case in cases))
            progress.update(task, case=cases[0].id)
            for tried in subject.attempts():
                result = as_expected(tried.result, shipped_expectations())
                record.add(record_of(result))
                done += 1
                for stray in tried.strays:
                    strays.setdefault(stray, []).append(result.case.id)
                if result.outcome is not Outcome.KNOWN:
                    gathering.add(tried)
                progress.update(task, advance=1, case=upcoming.get(result.case.id, "measuring traits"))
            status = status.model_copy(update={"traits": traits_of(subject.traits())})
            progress.update(task, case="diagnosing")
            found = diagnose_run(gathering, subject, seconds, rounds=how.rounds, demand=how.demand)
            for revised in found.results.values():
                record.revise(record_of(revised))
            closing = {"incidents": subject.incidents(), "strays": strays}
            status = status.model_copy(update=closing | _told(found))
        except Unavailable as error:
            status = status.model_copy(update={"state": State.UNAVAILABLE, "reason": str(error)})
        except KeyboardInterrupt:
            reason = f"{len(cases) - done} of {len(cases)} cases not run"
            status = status.model_copy(update={"state": State.INTERRUPTED, "reason": reason})
        finally:
            record.implementations.append(status)
    return status.state is not State.INTERRUPTED


def _introduced(status: Status, identity: Identity) -> Status:
    """Return the status of an implementation that has said what it is."""
    offered = tuple(str(each) for each in Operation if each in identity.offered)
    return status.model_copy(update={"version": identity.version, "offered": offered, "note": identity.note})


def _told(found: Diagnosis) -> dict[str, object]:
    """Return what a status says of a diagnosis."""
    mistakes = (
        Mistake(mistake=each.mistake, evidence=each.evidence, cases=each.cases, label=each.label)
        for each in found.findings
    )
    minimal = found.minimal and Smallest(case=found.minimal.text, command=found.minimal.command)
    return {"diagnosis": tuple(mistakes), "common": found.common, "minimal": minimal}


def show(
    case_id: str,
    spec: str,
    catalogues: Sequence[Path],
    *,
    asking: Asking,
    budget: float,
    isolation: Isolation,
    limits: Limits,
) -> int:
    """Print a case and what an implementation answers; return 0 where that is right, else 1. As for `run`."""
    case = _find(load_catalogue(catalogues, budget), case_id)
    console = reports.new_console()
    operands = make_operands(case)
    reports.show_case(console, case, operands, None if case.refuses else expect(case, operands))
    with open_subject(spec, asking, isolation, limits) as subject:
        try:
            subject.begin([case])
        except Unavailable as error:
            console.print(f"\n{spec} is unavailable: {error}", style="red", markup=False, soft_wrap=True)
            return 1
        tried = next(subject.attempts())
    reports.show_attempt(console, case, tried)
    return 0 if tried.result.outcome is Outcome.PASSED else 1


def _find(cases: list[Case], case_id: str) -> Case:
    for case in cases:
        if case.id == case_id:
            return case
    near = get_close_matches(case_id, [case.id for case in cases], n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "`conformance list` shows their ids"
    raise UsageError(f"there is no case {case_id!r} among {len(cases)}; {hint}")
