"""`conformance run` and `conformance show`: implementations judged on cases."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from conformance import reports
from conformance.case import Case, Outcome, Tier
from conformance.catalogue import Catalogue, read_catalogue, shipped_catalogue
from conformance.choices import DEFAULT_BUDGET, DEFAULT_SECONDS, DEFAULT_TIMEOUT, Accuracy, Device, Format, Isolation
from conformance.cluster import Clustered
from conformance.commands.expecting import Expecting
from conformance.commands.judge import Session
from conformance.commands.keeping import Keeping
from conformance.errors import CatalogueError, Unavailable, UsageError
from conformance.exchange import Scored, export_cases
from conformance.implementations import BUILT_IN, split_spec
from conformance.isolation import Asking, Limits, Subject, open_subject, threads_of
from conformance.plan import Plan
from conformance.record import State, Status
from conformance.runner import prepare

__all__ = ["Expecting", "Keeping", "export", "run", "score", "show"]

_NOTHING_JUDGED = "while the cases were read; nothing was judged, so no report is written"

_COMPARED = 10_000
"""Ids that are compared with one that there is no case of."""


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
    scheduler: str,
    keeping: Keeping,
    expecting: Expecting,
    outputs: reports.Outputs,
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
        scheduler: of a cluster that the cases are judged on; nothing for this machine.
        keeping: journals, shards, remembered times.
        expecting: what is expected not to pass.
        outputs: where the report goes beside the terminal.
        verbose: whether every case takes a line.
    """
    _check(specs, keeping, outputs)
    times = keeping.slow()
    expectations = expecting.read()
    asked = _asked(expression, tier, asking, budget, limits, seconds) | expecting.asked(expectations)
    record, interrupted = _new_run(catalogues, expecting.told(expectations, specs), jobs), False
    with ExitStack() as stack:
        plan: Plan | None = None
        for spec in specs:
            opened = _opened(spec, asking, isolation, limits, jobs, scheduler)
            try:
                with opened as subject:  # which imports while cases are read
                    if plan is None:
                        catalogue = read_catalogue(catalogues, budget)
                        plan = Plan(catalogue, expression, tier, keeping.shard, times)
                        journal = stack.enter_context(keeping.open_journal(catalogue, asked))
                        record.keep(journal, _described(catalogue, plan, keeping, asked))
                        expectations = expectations.compared(draft.id for draft in catalogue.drafts())
                    interrupted = not Session(subject, plan, record, journal, asking, expectations).judge(seconds)
            except CatalogueError:
                if plan is not None:  # a case of a large matrix, which is not checked as a whole before
                    _reported(record, outputs, True, verbose)
                raise
            except KeyboardInterrupt:
                if plan is None:
                    raise KeyboardInterrupt(_NOTHING_JUDGED) from None
                interrupted = True
            if interrupted:
                break
        record.implementations += _not_run(specs[len(record.implementations) :], plan)
        status = _reported(record, outputs, interrupted, verbose)
        if not interrupted:
            expecting.propose(record, catalogue)
            journal.complete()
    return status


def _check(specs: Sequence[str], keeping: Keeping, outputs: reports.Outputs) -> None:
    """Refuse files that cannot be written and SPECs that are malformed, before anything is judged."""
    keeping.check()
    outputs.check({"--journal": keeping.journal, "--resume": keeping.resume})
    for spec in specs:
        if spec not in BUILT_IN:
            split_spec(spec)


def _not_run(specs: Sequence[str], plan: Plan | None) -> list[Status]:
    """Return what is said of those who had no turn."""
    reason = f"{plan.count} of {plan.count} cases not run" if plan else "not run"
    return [Status(name=spec, state=State.INTERRUPTED, reason=reason) for spec in specs]


def _opened(spec: str, asking: Asking, isolation: Isolation, limits: Limits, jobs: int, scheduler: str) -> Subject:
    """Return the implementation, to be asked on this machine or on a cluster.

    Raises:
        UsageError: what is asked for is both.
    """
    if not scheduler:
        return open_subject(spec, asking, isolation, limits, jobs)
    if jobs != 1 or isolation is not Isolation.WORKER:
        raise UsageError("--scheduler shares the cases among the workers of a cluster; leave -j and --isolate out")
    return Clustered(spec, asking, limits, scheduler)


def _asked(
    expression: str, tier: Tier, asking: Asking, budget: float, limits: Limits, seconds: float
) -> dict[str, str]:
    """Return the options on which results depend, as they are given, but for those that are as by default."""
    given = {
        "-k": (expression, ""),
        "--tier": (tier, Tier.CORE),
        "--repeat": (asking.rounds, 1),
        "--accuracy": (asking.demand, Accuracy.EXACT_ORDER),
        "--device": (asking.device, Device.CPU),
        "--memory-budget": (budget, DEFAULT_BUDGET),
        "--timeout": (limits.seconds, DEFAULT_TIMEOUT),
        "--memory": (limits.memory, None),
        "--diagnose": (seconds, DEFAULT_SECONDS),
    }
    return {name: str(value) for name, (value, usual) in given.items() if value != usual}


def _described(catalogue: Catalogue, plan: Plan, keeping: Keeping, asked: dict[str, str]) -> dict[str, object]:
    """Return what a report says of the cases that were run: the digest of their catalogue, their number, options."""
    shard = {} if keeping.shard is None else {"shard": str(keeping.shard), "of": plan.total}
    return {"digest": catalogue.digest, "cases": plan.count, "asked": asked, **shard}


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
    expecting: Expecting,
    outputs: reports.Outputs,
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
        expecting: what is expected not to pass.
        outputs: where the report goes beside the terminal.
        verbose: whether every case takes a line.
    """
    outputs.check()
    expectations = expecting.read()
    subject = Scored(folder, name, asking)
    catalogue = read_catalogue(catalogues, budget)
    plan, keeping = Plan(catalogue, expression, tier), Keeping()
    record = _new_run(catalogues, expecting.told(expectations, [name]))
    expectations = expectations.compared(draft.id for draft in catalogue.drafts())
    with keeping.open_journal(catalogue, {}) as journal:
        record.keep(journal, _described(catalogue, plan, keeping, {}))
        interrupted = not Session(subject, plan, record, journal, asking, expectations).judge(seconds)
        status = _reported(record, outputs, interrupted, verbose)
        if not interrupted:
            expecting.propose(record, catalogue)
        return status


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
    plan = Plan(read_catalogue(catalogues, budget), expression, tier)
    done = export_cases(folder, plan.cases(), expected=expected, form=form)
    total = f"{folder}: {done.count} case{'s' * (done.count != 1)}"
    if form is Format.NPY:
        command = shlex.join(["conformance", "score", str(folder), *map(str, catalogues)])
        print(f"{total}; write output.npy beside each case.json, then: {command}")
        return
    print(f"{total} as ONNX models with test data{f', {done.left_out.total()} left out:' if done.left_out else ''}")
    for reason, number in done.left_out.most_common():
        print(f"{number:>5} {reason}")


def _new_run(catalogues: Sequence[Path], told: Mapping[str, object], jobs: int = 1) -> reports.Run:
    names = [str(path) for path in catalogues or [shipped_catalogue()]]
    return reports.Run(reports.environment(names) | {"jobs": jobs, "threads": threads_of(jobs), **told})


def _reported(record: reports.Run, outputs: reports.Outputs, interrupted: bool, verbose: bool) -> int:
    """Write and print the report, and return the exit status."""
    try:
        outputs.write(record)
    finally:  # and not before: whoever reads what is printed may stop reading
        reports.print_run(reports.new_console(), record, verbose=verbose)
    return 130 if interrupted else reports.exit_code(record)


def show(
    case_id: str,
    spec: str,
    catalogues: Sequence[Path],
    plot: Path | None = None,
    *,
    asking: Asking,
    budget: float,
    isolation: Isolation,
    limits: Limits,
) -> int:
    """Print a case and what an implementation answers, draw it if asked to; return 0 where that is right, else 1."""
    if plot is not None:
        reports.check_plot(plot)
    case = _find(read_catalogue(catalogues, budget), case_id)
    console = reports.new_console()
    prepared = prepare(case)
    reports.show_case(console, prepared)
    with open_subject(spec, asking, isolation, limits) as subject:
        try:
            subject.begin([case])
        except Unavailable as error:
            console.print(f"\n{spec} is unavailable: {error}", style="red", markup=False, soft_wrap=True)
            return 1
        tried = next(subject.attempts())
    reports.show_attempt(console, prepared, tried)
    if plot is not None:
        reports.plot_case(prepared, tried, plot)
    return 0 if tried.result.outcome is Outcome.PASSED else 1


def _find(catalogue: Catalogue, case_id: str) -> Case:
    for draft in catalogue.drafts():
        if draft.id == case_id:
            return draft.build()
    near = get_close_matches(case_id, [draft.id for draft in islice(catalogue.drafts(), _COMPARED)], n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "`conformance list` shows their ids"
    raise UsageError(f"there is no case {case_id!r} among {len(catalogue)}; {hint}")
