"""One lane of a run: a worker that serves case after case, and another one in its place where that dies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from conformance.case import Outcome
from conformance.choices import Device
from conformance.errors import Unavailable
from conformance.isolation.messages import Answered, Beginning, MeasureTraits, Time, Unavailing, packed
from conformance.isolation.process import Death, Slow, Worker
from conformance.isolation.subject import Identity
from conformance.runner import Attempt, Prepared, Result
from conformance.traits import Trait

__all__ = ["Lane", "Ready", "Settings"]

_START_SECONDS = 600.0
"""What importing an implementation may take: a framework that is compiled, on a cold disk, takes a minute."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A case that can be sent."""

    prepared: Prepared
    request: bytes


@dataclass(frozen=True, slots=True)
class Settings:
    """What the workers of an implementation have in common.

    Attributes:
        name: the SPEC.
        device: where an adapter is to compute.
        seconds: that a request may take.
        memory: GiB that a worker and its children may hold.
        environment: variables beside those that there are.
        one_case: whether a worker serves one case only.
        cores: on which a worker may run; all where none are named.
    """

    name: str
    device: Device
    seconds: float
    memory: float
    environment: Mapping[str, str]
    one_case: bool
    cores: tuple[int, ...] = ()


class Lane:
    """One worker after the other, each until it dies."""

    def __init__(self, settings: Settings, incidents: list[str]) -> None:
        self._settings = settings
        self._incidents = incidents
        self._worker: Worker | None = None
        self._waits = False

    @property
    def name(self) -> str:
        """The SPEC of the implementation."""
        return self._settings.name

    async def start(self) -> None:
        """Start a worker, and do not wait for it."""
        self._worker = await Worker.start(self._settings.environment)
        self._worker.pin(self._settings.cores)
        self._waits = True

    async def end(self) -> None:
        """End the worker, if there is one."""
        if self._worker is not None:
            await self._worker.end()
            self._worker = None

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Let the worker run here only: before and behind it stands still, and so disturbs nobody's times."""
        if self._worker is not None:
            self._worker.resume()
        try:
            yield
        finally:
            if self._worker is not None:
                self._worker.pause()

    async def identity(self) -> Identity:
        """Return what the implementation says of itself once the worker has imported it.

        Raises:
            Unavailable: it cannot be imported.
        """
        worker = self._worker
        assert worker is not None
        self._waits = False
        name = self._settings.name
        try:
            worker.post(packed(Beginning(name, self._settings.device)))
            found = await worker.reply(_START_SECONDS, self._settings.memory)
        except Death as death:
            await self.end()
            raise Unavailable(f"{name}: the process that imports it was {death}") from death
        except Slow as slow:
            await self.end()
            raise Unavailable(f"{name}: is not imported within {_START_SECONDS:g} s") from slow
        if isinstance(found, Unavailing):
            await self.end()
            raise Unavailable(found.reason)
        assert isinstance(found, Identity)
        worker.replies = 0
        return found

    async def _ready_worker(self) -> Worker:
        if self._worker is None:
            await self.start()
        if self._waits:
            await self.identity()
        assert self._worker is not None
        return self._worker

    async def attempt(self, ready: Ready, following: Ready | None = None) -> Attempt:
        """Return the attempt at a case; one that ends a worker which has served others is tried again alone.

        Args:
            ready: the case.
            following: the one that the worker may find when it is done, so that it need not wait.
        """
        before = ""
        while True:
            alone, company = False, 0
            try:
                worker = await self._ready_worker()
                company, alone = worker.replies, worker.replies == 0
                if worker.posted is not ready.request:
                    worker.post(ready.request)
                if following is not None and not self._settings.one_case:
                    worker.post(following.request)
                reply = await worker.reply(self._settings.seconds, self._settings.memory)
                if not isinstance(reply, Answered):
                    raise Death("ended, having sent something else than an answer")
                if self._settings.one_case:
                    await self.end()
                break
            except (Death, Slow, Unavailable) as fault:
                await self.end()
                if alone or isinstance(fault, Unavailable):
                    return self._without_answer(ready.prepared, fault)
                before = f"{ready.prepared.case.id}: {self._words(fault)} after {company} other cases, but not alone"
        if before:
            self._incidents.append(before)
        answer = replace(reply.result, case=ready.prepared.case)
        return Attempt(answer, ready.prepared.operands, ready.prepared.expected, reply.answer, reply.turn, reply.strays)

    async def time(self, prepared: Prepared) -> float | Result:
        """Return the seconds of a call for the case that was tried last; why there are none, where it fails."""
        try:
            worker = await self._ready_worker()
            worker.post(packed(Time()))
            found = await worker.reply(self._settings.seconds, self._settings.memory)
            if not isinstance(found, float | Result):
                raise Death("ended, having sent something else than a time")
        except (Death, Slow, Unavailable) as fault:
            await self.end()
            return self._without_answer(prepared, fault).result
        return found

    def _without_answer(self, prepared: Prepared, fault: Exception) -> Attempt:
        outcome = Outcome.TIMED_OUT if isinstance(fault, Slow) else Outcome.CRASHED
        seconds = self._settings.seconds if isinstance(fault, Slow) else 0.0
        detail = f"{prepared.case.operation}: {self._words(fault)}"
        result = Result(prepared.case, self._settings.name, outcome, seconds=seconds, detail=detail)
        return Attempt(result, prepared.operands, prepared.expected, None)

    def _words(self, fault: Exception) -> str:
        if isinstance(fault, Slow):
            return f"no answer within {self._settings.seconds:g} s; --timeout SECONDS gives it more"
        return f"the process was {fault}" if isinstance(fault, Death) else str(fault)

    async def traits(self) -> tuple[Trait, ...]:
        """Return what is measured beside the judgement; nothing where the worker dies of it."""
        try:
            worker = await self._ready_worker()
            worker.post(packed(MeasureTraits()))
            found = await worker.reply(self._settings.seconds, self._settings.memory)
        except (Death, Slow, Unavailable) as fault:
            await self.end()
            self._incidents.append(f"the traits could not be measured: {self._words(fault)}")
            return ()
        return found if isinstance(found, tuple) else ()
