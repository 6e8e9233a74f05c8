"""The work over several processes, with results in the order of the questions."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

from conformance.case import Case
from conformance.defects import DEFECTS, Defect
from conformance.implementations import Implementation
from conformance.kill_table.examiner import Examiner
from conformance.kill_table.legal import Trusted, trust

__all__ = ["examine", "examine_in_turn", "trust_all"]

_Question = TypeVar("_Question")
_Answer = TypeVar("_Answer")

_CHUNK = 4
"""Cases handed to a process at once: few enough that none is left with the slow ones, which stand together."""


def examine(cases: Sequence[Case], defects: Sequence[Defect], jobs: int = 1) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield for each case its id and the rules by which it rejects defects: the columns of a `KillTable`.

    Args:
        cases: on which the defects are tried.
        defects: any; those of the kit only, where there are several jobs, as others cannot be sent to a process.
        jobs: processes; with 1, everything happens in this one.
    """
    columns: Iterator[dict[str, str]]
    if jobs == 1:
        columns = map(partial(_column, defects), cases)
    else:
        columns = _mapped(partial(_column_by_name, [defect.name for defect in defects]), cases, jobs, _CHUNK)
    yield from zip((case.id for case in cases), columns, strict=True)


def examine_in_turn(
    cases: Sequence[Case], defects: Sequence[Defect], jobs: int = 1
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield for each defect its name and the rules by which cases reject it, by their ids, in one run over all of them.

    Who keeps something of a case may be right in it, and wrong in a later one.
    """
    rows: Iterator[dict[str, str]]
    if jobs == 1:
        rows = map(partial(_row, cases), defects)
    else:
        rows = _mapped(partial(_row_by_name, cases), [defect.name for defect in defects], jobs, 1)
    yield from zip((defect.name for defect in defects), rows, strict=True)


def trust_all(specs: Iterable[str], cases: Sequence[Case], jobs: int = 1) -> Iterator[Trusted]:
    """Yield what became of the cases with each implementation of `specs`."""
    run = partial(trust, cases=cases)
    return map(run, specs) if jobs == 1 else _mapped(run, list(specs), jobs, 1)


def _column(defects: Sequence[Defect], case: Case) -> dict[str, str]:
    examiner = Examiner(case)
    rules = {defect.name: examiner.broken_rule(defect) for defect in defects}
    return {name: rule for name, rule in rules.items() if rule}


def _column_by_name(names: list[str], case: Case) -> dict[str, str]:
    kit = {defect.name: defect for defect in DEFECTS}
    return _column([kit[name] for name in names], case)


def _row(cases: Sequence[Case], defect: Defect) -> dict[str, str]:
    implementation = Implementation(defect.name, "", dict(defect.functions()))
    rules = {case.id: Examiner(case).broken_in_turn(implementation) for case in cases}
    return {case: rule for case, rule in rules.items() if rule}


def _row_by_name(cases: Sequence[Case], name: str) -> dict[str, str]:
    return next(_row(cases, defect) for defect in DEFECTS if defect.name == name)


def _mapped(
    function: Callable[[_Question], _Answer], questions: Sequence[_Question], jobs: int, chunk: int
) -> Iterator[_Answer]:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads of several processes would wait for each other
    workers = ProcessPoolExecutor(jobs, get_context("spawn"), _leave_interrupts)
    try:
        yield from workers.map(function, questions, chunksize=chunk)
    finally:
        workers.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    """Leave it to the process that is asked to stop; otherwise each of the others would print where it was."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
