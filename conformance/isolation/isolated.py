"""An implementation in worker processes: whatever it does to one of them, the other cases get their verdicts.

The run itself prepares the cases, data and right answers, while the workers import the implementation and compute; so a
worker gets all that it needs, and the truth is kept where foreign code does not run.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

import psutil

from conformance.case import Case
from conformance.choices import Isolation
from conformance.isolation.lane import Lane, Ready, Settings
from conformance.isolation.messages import Try, packed
from conformance.isolation.subject import Asking, Identity, Limits
from conformance.runner import Attempt, prepare
from conformance.traits import Trait

__all__ = ["Isolated", "memory_share", "thread_variables", "threads_of"]

_AHEAD = 2**26
"""Bytes of cases that are prepared before they are asked for."""

_TURNS = 16
"""Turns that everybody else has between two cases that are prepared: what a reply takes until the next request."""

_PAUSE = 0.01
"""Seconds until it is looked again whether there is room for more."""

_MEMORY_SHARE = 0.75
"""Of the machine's memory, what all workers together may hold where nothing else is said."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


class Isolated:
    """Asks an implementation in worker processes.

    Args:
        name: the SPEC.
        asking: how.
        limits: what a case may take.
        jobs: workers.
        isolation: whether a worker serves one case, or as many as it survives.
    """

    def __init__(
        self,
        name: str,
        asking: Asking,
        limits: Limits | None = None,
        jobs: int = 1,
        isolation: Isolation = Isolation.WORKER,
    ) -> None:
        self.name, self.device = name, asking.device
        self._asking = asking
        self._runner = asyncio.Runner()
        self._ahead = _Ahead((), asking)
        self._incidents: list[str] = []
        limits = limits or Limits()
        memory = memory_share(jobs) if limits.memory is None else limits.memory
        environment, one_case = _environment(jobs), isolation is Isolation.CASE
        self._settings = Settings(name, asking.device, limits.seconds, memory, environment, one_case)
        self._lanes = [Lane(self._settings, self._incidents) for _ in range(jobs)]

    def __enter__(self) -> Isolated:
        """Start the workers, which import while other things are done."""
        self._runner.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        self._runner.run(self._end())
        self._runner.close()

    async def _start(self) -> None:
        await asyncio.gather(*(lane.start() for lane in self._lanes))

    async def _end(self) -> None:
        await asyncio.gather(*(lane.end() for lane in self._lanes))

    def begin(self, cases: Iterable[Case]) -> Identity:
        """Wait until it is imported, preparing the cases meanwhile; return what it says of itself."""
        self.feed(cases)
        return self._runner.run(self._begin())

    def feed(self, cases: Iterable[Case]) -> None:
        """Take the cases that are asked next, once those before them are answered."""
        self._ahead = _Ahead(cases, self._asking)

    async def _begin(self) -> Identity:
        preparing = asyncio.create_task(self._ahead.prepare())
        try:
            return await self._lanes[0].identity()
        finally:
            await _ended(preparing)

    def attempts(self) -> Iterator[Attempt]:
        """Yield the attempt at each case, as they come: with several workers, in any order."""
        arriving = self._attempts(self._ahead)
        arrived: list[Attempt] = []

        async def fetch() -> None:  # which returns nothing: what it returned would be printed at each call, for a log
            with suppress(StopAsyncIteration):
                arrived.append(await anext(arriving))

        try:
            self._runner.run(fetch())
            while arrived:
                yield arrived.pop()
                self._runner.run(fetch())
        finally:
            self._runner.run(arriving.aclose())

    async def _attempts(self, ahead: _Ahead) -> AsyncGenerator[Attempt, None]:
        done: deque[Attempt] = deque()
        arrived = asyncio.Event()

        async def serve(lane: Lane) -> None:
            ready = ahead.take()
            while ready is not None:
                following = ahead.take()
                done.append(await lane.attempt(ready, following))
                arrived.set()
                ready = following

        tasks = [asyncio.create_task(serve(lane)) for lane in self._lanes]
        preparing = asyncio.create_task(ahead.prepare())
        try:
            while True:
                if done:
                    yield done.popleft()
                elif all(task.done() for task in tasks):
                    for task in tasks:
                        task.result()
                    return
                else:
                    arrived.clear()
                    waiting = asyncio.create_task(arrived.wait())
                    await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
                    waiting.cancel()
        finally:
            await _ended(*tasks, preparing)

    def attempt(self, case: Case) -> Attempt:
        """Return the attempt at one case, without a search for mistakes."""
        return self._attempt_in(self._lanes[0], case)

    def attempt_alone(self, case: Case) -> Attempt | None:
        """Return the same in a worker that was asked nothing before."""
        lane = Lane(self._settings, [])
        self._runner.run(lane.start())
        try:
            return self._attempt_in(lane, case)
        finally:
            self._runner.run(lane.end())

    def _attempt_in(self, lane: Lane, case: Case) -> Attempt:
        prepared = prepare(case)
        request = packed(Try(prepared, replace(self._asking, search=False)))
        arrived: list[Attempt] = []

        async def fetch() -> None:
            arrived.append(await lane.attempt(Ready(prepared, request)))

        self._runner.run(fetch())
        return arrived.pop()

    def traits(self) -> tuple[Trait, ...]:
        """Measure its traits; none where it dies of that."""
        return self._runner.run(self._lanes[0].traits())

    def incidents(self) -> tuple[str, ...]:
        """Return what workers died of that no case can be blamed for."""
        return tuple(self._incidents)


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


class _Ahead:
    """The cases, prepared while there is time for it and as far as memory allows."""

    def __init__(self, cases: Iterable[Case], asking: Asking) -> None:
        self._cases = iter(cases)
        self._asking = asking
        self._ready: deque[Ready] = deque()
        self._size = 0
        self._fault: Exception | None = None

    def take(self) -> Ready | None:
        """Return the next case, if there is one; raise what its preparation has raised."""
        if not self._ready and not self._prepare_one():
            if self._fault is not None:
                raise self._fault
            return None
        ready = self._ready.popleft()
        self._size -= len(ready.request)
        return ready

    async def prepare(self) -> None:
        """Prepare cases whenever nothing else is to be done."""
        more = True
        while more:
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            if self._size >= _AHEAD:
                await asyncio.sleep(_PAUSE)
            else:
                more = self._prepare_one()

    def _prepare_one(self) -> bool:
        try:
            case = None if self._fault is not None else next(self._cases, None)
            if case is None:
                return False
            prepared = prepare(case)
        except Exception as error:  # kept: nobody waits for what is prepared while something else is to be done
            self._fault = error
            return False
        request = packed(Try(prepared, self._asking))
        self._size += len(request)
        self._ready.append(Ready(prepared, request))
        return True


def threads_of(jobs: int) -> int | None:
    """Return how many threads each of so many workers gets; None where one has all."""
    return max(1, (os.cpu_count() or 1) // jobs) if jobs > 1 else None


def _environment(jobs: int) -> dict[str, str]:
    """Return the variables of a worker: its share of threads, where there are several workers."""
    share = threads_of(jobs)
    return {} if share is None else thread_variables(share)


def thread_variables(threads: int) -> dict[str, str]:
    """Return the variables by which frameworks are told, before they are imported, how many threads to have."""
    return dict.fromkeys(_THREADS, str(threads))


def memory_share(jobs: int) -> float:
    """Return the GiB that each of so many workers may hold where nothing else is said."""
    return float(_MEMORY_SHARE * psutil.virtual_memory().total / 2**30 / jobs)
