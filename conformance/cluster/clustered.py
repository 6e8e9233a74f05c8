"""An implementation judged by the workers of a Dask cluster.

A batch of cases is a task. Dask gives the tasks of a worker that is lost to another one; each batch comes back once.
On each worker the implementation runs in a process of its own, so what it does to that costs the cluster no worker.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any
from uuid import uuid4

from conformance.case import Case, Outcome
from conformance.cluster import remote
from conformance.errors import Unavailable, UsageError
from conformance.isolation import Asking, Identity, Limits
from conformance.runner import Attempt, Result, prepare
from conformance.traits import Trait

__all__ = ["Clustered"]

_BATCH = 8
"""Cases of a task: a task costs a millisecond of the scheduler, as a small case does of a worker."""

_AHEAD = 4
"""Tasks for each thread of the cluster that are submitted at a time."""

_CONNECT_SECONDS = 30
"""How long a scheduler is waited for, and a worker."""

_PAUSE = 0.005
"""Seconds between two looks whether something has come."""

_RESULT_SECONDS = 5
"""How long a result may come from the worker that has it, until it is looked whether that is there."""

_LOCAL = re.compile(r"local:([1-9]\d{0,3})")

_ADDRESS = re.compile(r"[a-z]+://.+:\d+")

_NONE_LEFT = "no worker is left; start some, and go on with --resume JOURNAL"


class Clustered:
    """Asks an implementation on the workers of a cluster.

    Args:
        name: the SPEC, which must mean the same on every worker.
        asking: how.
        limits: what a case may take.
        scheduler: its address, such as tcp://host:8786, or local:N for N workers on this machine.

    Raises:
        UsageError: that is neither.
    """

    def __init__(self, name: str, asking: Asking, limits: Limits, scheduler: str) -> None:
        self.name, self.device = name, asking.device
        if not _LOCAL.fullmatch(scheduler) and not _ADDRESS.fullmatch(scheduler):
            text = f"--scheduler must be an address such as tcp://host:8786, or local:N, but is {scheduler!r}"
            raise UsageError(text)
        self._scheduler = scheduler
        self._task = remote.Task(uuid4().hex, name, asking, limits)
        self._cases: Iterator[Case] = iter(())
        self._first: remote.Introduction | None = None
        self._incidents: list[str] = []
        self._cluster: Any = None
        self._client: Any = None

    def __enter__(self) -> Clustered:
        """Connect to the scheduler, or start one.

        Raises:
            UsageError: there is none, or Dask is not installed.
        """
        distributed = _distributed()
        try:
            local = _LOCAL.fullmatch(self._scheduler)
            if local is not None:
                self._cluster = _local_cluster(distributed, int(local[1]))
            where = self._cluster or self._scheduler
            self._client = distributed.Client(where, timeout=_CONNECT_SECONDS, set_as_default=False)
            self._client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            self.__exit__()
            text = f"--scheduler {self._scheduler}: no scheduler with a worker answers there ({error or 'in time'})"
            raise UsageError(text) from error
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the cluster as it was."""
        if self._client is not None:
            workers = list(self._workers())
            self._client.run(remote.close, self._task.run, workers=workers, on_error="ignore")
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def begin(self, cases: Iterable[Case]) -> Identity:
        """Import it on every worker.

        Raises:
            Unavailable: it cannot be imported on any.
            UsageError: it is not the same on all of them.
        """
        self._cases = iter(cases)
        introduced = {
            worker: self._client.submit(remote.introduce, self._task, workers=[worker], pure=False)
            for worker in self._workers()
        }
        self._wait(lambda: all(self._is_over(worker, future) for worker, future in introduced.items()))
        introductions: list[remote.Introduction] = [
            self._result(future) for future in introduced.values() if future.done()
        ]
        if not introductions:
            raise UsageError(f"--scheduler {self._scheduler}: {_NONE_LEFT}")
        if all(each.identity is None for each in introductions):
            raise Unavailable(introductions[0].reason)
        for each in introductions:
            self._check(each)
        assert introductions[0].identity is not None
        return introductions[0].identity

    def _workers(self) -> dict[str, int]:
        """Return the threads of every worker that the scheduler has now, by its address; none where it is gone.

        Not by `scheduler_info`: Dask keeps the answer to that, and now and then puts one without workers in its place.
        """
        threads: dict[str, int] = {}
        with suppress(OSError):
            threads = self._client.nthreads()
        return threads

    def _is_over(self, worker: str, future: Any) -> bool:
        """Tell whether a worker has done what only it could do, or is lost."""
        return bool(future.done()) or worker not in self._workers()

    def _check(self, introduction: remote.Introduction) -> None:
        """Refuse a worker that has another version than the first one, even if it joined later."""
        self._first = self._first or introduction
        if introduction.versions != self._first.versions:
            raise UsageError(
                f"--scheduler {self._scheduler}: the workers differ: {self._first.versions} in {self._first.place}, "
                f"but {introduction.versions} in {introduction.place}; install the same everywhere"
            )

    def attempts(self) -> Iterator[Attempt]:
        """Yield the attempt at each case, as they come."""
        arriving = _distributed().as_completed(loop=self._client.loop)
        waiting: dict[str, list[Case]] = {}
        for _ in range(_AHEAD * max(1, sum(self._workers().values()))):
            self._submit(arriving, waiting, list(islice(self._cases, _BATCH)))
        while waiting:
            self._wait(arriving.has_ready)
            future = next(arriving)
            cases = waiting.pop(future.key)
            if future.status == "error":
                yield from self._lost(arriving, waiting, cases, future.exception())
                continue
            batch: remote.Batch = self._result(future)
            self._check(batch.introduction)
            self._incidents.extend(batch.incidents)
            self._submit(arriving, waiting, list(islice(self._cases, _BATCH)))
            yield from map(_whole, batch.attempts)

    def _result(self, future: Any) -> Any:
        """Return what came of a task, which is computed again where it was on a worker that is lost."""
        while True:
            self._wait(future.done)
            with suppress(TimeoutError):
                return future.result(timeout=_RESULT_SECONDS)

    def _wait(self, is_over: Callable[[], bool]) -> None:
        """Wait for something that workers do.

        Raises:
            UsageError: there is no worker any more, and none comes.
        """
        last = time.monotonic()
        while not is_over():
            time.sleep(_PAUSE)
            if self._workers():
                last = time.monotonic()
            elif time.monotonic() - last > _CONNECT_SECONDS:
                raise UsageError(f"--scheduler {self._scheduler}: {_NONE_LEFT}")

    def _submit(self, arriving: Any, waiting: dict[str, list[Case]], cases: list[Case]) -> None:
        if cases:
            future = self._client.submit(remote.try_batch, self._task, cases, pure=False)
            waiting[future.key] = cases
            arriving.add(future)

    def _lost(
        self, arriving: Any, waiting: dict[str, list[Case]], cases: list[Case], error: BaseException
    ) -> Iterator[Attempt]:
        """Try cases again alone whose task the cluster has given up; yield an attempt that is given up even then."""
        if len(cases) > 1:
            for case in cases:
                self._submit(arriving, waiting, [case])
            return
        (case,) = cases
        detail = f"{case.operation}: the cluster has given up the task: {error}"
        yield _whole(Attempt(Result(case, self.name, Outcome.CRASHED, detail=detail), None, None, None))

    def attempt(self, case: Case) -> Attempt:
        """Return the attempt at one case, without a search for mistakes."""
        future = self._client.submit(remote.try_one, self._task, case, pure=False)
        attempt: Attempt = self._result(future)
        return _whole(attempt)

    def attempt_alone(self, case: Case) -> Attempt | None:
        """Return nothing: the processes of a cluster are kept."""

    def traits(self) -> tuple[Trait, ...]:
        """Measure its traits, on one of the workers."""
        future = self._client.submit(remote.measure, self._task, pure=False)
        traits: tuple[Trait, ...] = self._result(future)
        return traits

    def incidents(self) -> tuple[str, ...]:
        """Return what workers died of that no case can be blamed for."""
        return tuple(self._incidents)


def _whole(attempt: Attempt) -> Attempt:
    """Return an attempt with the data and the right answer of its case, where it is a failure."""
    if attempt.result.outcome in (Outcome.PASSED, Outcome.UNSUPPORTED):
        return attempt
    prepared = prepare(attempt.result.case)
    return replace(attempt, operands=prepared.operands, expected=prepared.expected)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise UsageError("--scheduler needs Dask: pip install 'conformance[cluster]'") from error
    return distributed


def _local_cluster(distributed: Any, workers: int) -> Any:
    """Start a scheduler with workers on this machine."""
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs="ERROR"
    )
