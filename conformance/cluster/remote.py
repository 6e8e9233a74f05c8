"""What happens on the workers of a cluster: each thread keeps the implementation in a process of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from conformance.case import Case, Outcome
from conformance.errors import ConformanceError
from conformance.isolation import Asking, Identity, Isolated, Limits
from conformance.runner import Attempt
from conformance.traits import Trait

__all__ = ["Batch", "Introduction", "Task", "close", "introduce", "measure", "try_batch"]


@dataclass(frozen=True, slots=True)
class Task:
    """Who is judged, and how: the same for all cases of a run.

    Attributes:
        run: a word for the run, as workers may serve several.
        name: the SPEC.
        asking: how.
        limits: what a case may take.
    """

    run: str
    name: str
    asking: Asking
    limits: Limits


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a worker says of itself and of the implementation.

    Attributes:
        place: which worker, for people.
        conformance: its version there.
        identity: of the implementation; None where it cannot be imported there.
        reason: why not.
    """

    place: str
    conformance: str
    identity: Identity | None
    reason: str = ""

    @property
    def versions(self) -> str:
        """What must be the same on every worker, in words."""
        found = self.identity
        said = f"no implementation ({self.reason})" if found is None else f"{found.version} {found.digest}".strip()
        return f"conformance {self.conformance}, {said or 'without a version'}"


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of some cases.

    Attributes:
        introduction: of the worker that tried them.
        attempts: at the cases, without the data that can be made again.
        incidents: what went wrong that none of them can be blamed for.
    """

    introduction: Introduction
    attempts: tuple[Attempt, ...]
    incidents: tuple[str, ...]


_subjects: dict[tuple[int, Task], tuple[Isolated, Introduction]] = {}
"""By thread and task: what is open on this worker."""


def introduce(task: Task) -> Introduction:
    """Return what this worker says, its implementation imported."""
    return _opened(task)[1]


def try_batch(task: Task, cases: Sequence[Case]) -> Batch:
    """Try some cases."""
    subject, introduction = _opened(task)
    before = len(subject.incidents())
    subject.feed(cases)
    attempts = tuple(_light(each, task.asking.keeps) for each in subject.attempts())
    return Batch(introduction, attempts, subject.incidents()[before:])


def try_one(task: Task, case: Case) -> Attempt:
    """Try a case without a search for mistakes."""
    return _light(_opened(task)[0].attempt(case), keeps=True)


def measure(task: Task) -> tuple[Trait, ...]:
    """Measure the traits."""
    return _opened(task)[0].traits()


def close(run: str) -> None:
    """End what is open for a run."""
    for key in [key for key in _subjects if key[1].run == run]:
        subject, _ = _subjects.pop(key)
        subject.__exit__()


def _opened(task: Task) -> tuple[Isolated, Introduction]:
    key = threading.get_ident(), task
    if key not in _subjects:
        subject = Isolated(task.name, task.asking, task.limits).__enter__()
        place, own = f"process {os.getpid()} on {os.uname().nodename}", version("conformance")
        try:
            introduction = Introduction(place, own, subject.begin(()))
        except ConformanceError as error:
            introduction = Introduction(place, own, None, str(error))
        _subjects[key] = subject, introduction
    return _subjects[key]


def _light(attempt: Attempt, keeps: bool) -> Attempt:
    """Return an attempt as it is sent: whoever gets it can make its data and the right answer again."""
    is_dull = attempt.result.outcome is Outcome.PASSED and not keeps
    return replace(attempt, operands=None, expected=None, answer=None if is_dull else attempt.answer)
