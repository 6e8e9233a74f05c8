"""One worker process as the run sees it: started, asked, watched, and ended with everything that it has started."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from uuid import uuid4

import psutil

from conformance.implementations import WORKER_MARK
from conformance.isolation.messages import read

__all__ = ["Death", "Slow", "Worker"]

_TAIL = 4096
"""Bytes that are kept of what a worker prints."""

_LINES = 5

_LAST_WORDS = 0.3
"""Seconds in which what a dead worker has sent and printed must arrive."""

_LOOK = 0.05
"""Seconds between two looks at the memory of a worker."""

_GIB = 2**30


class Death(Exception):
    """The worker is gone, or speaks no more; the text says how, with the last lines that it printed."""


class Slow(Exception):
    """The worker has not answered in time."""


class Worker:
    """A process that answers one message after the other. Made by `start`.

    Attributes:
        posted: the request that was sent last.
        replies: how many messages have come.
    """

    def __init__(self, process: Process, mark: str) -> None:
        self.posted = b""
        self.replies = 0
        self._process = process
        self._mark = mark
        self._tail = b""
        self._printing = asyncio.create_task(self._keep_tail())
        self._ending = asyncio.create_task(process.wait())

    @classmethod
    async def start(cls, environment: Mapping[str, str]) -> Worker:
        """Start a process with these variables beside those that there are."""
        mark = uuid4().hex
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "conformance.isolation.worker"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={**os.environ, **environment, WORKER_MARK: mark},
            start_new_session=True,
        )
        return cls(process, mark)

    def post(self, request: bytes) -> None:
        """Send a packed message, without waiting until it is read."""
        assert self._process.stdin is not None
        self.posted = request
        self._process.stdin.write(request)

    async def reply(self, seconds: float, memory: float) -> object:
        """Return the next message that comes.

        Args:
            seconds: that it may take.
            memory: GiB that the process and its children may hold.

        Raises:
            Death: the process ends, takes too much memory, or sends something else than a message.
            Slow: it sends nothing in time.
        """
        assert self._process.stdout is not None
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        reading = asyncio.create_task(read(self._process.stdout))
        try:
            while True:
                await asyncio.wait({reading, self._ending}, timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED)
                if self._ending.done() and not reading.done():
                    await asyncio.wait({reading}, timeout=_LAST_WORDS)  # what was sent before the end
                if reading.done() and reading.exception() is None:
                    self.replies += 1
                    return reading.result()
                if reading.done() or self._ending.done():
                    raise Death(await self._obituary())
                if _memory_of(self._process.pid) > memory * _GIB:
                    raise Death(f"ended, out of memory: it held more than {memory:.3g} GiB")
                if clock() > end:
                    raise Slow
        finally:
            reading.cancel()

    def pin(self, cores: Sequence[int]) -> None:
        """Let the process run on these cores only, where the system can be told so."""
        process = psutil.Process(self._process.pid)
        if cores and hasattr(process, "cpu_affinity"):
            with suppress(psutil.Error):
                process.cpu_affinity(list(cores))

    def pause(self) -> None:
        """Let the process, and the children in its session, stand still until `resume`."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGCONT)

    async def _obituary(self) -> str:
        """Return how the process has ended, and the last lines that it printed."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), _LAST_WORDS)
        await asyncio.wait({self._printing}, timeout=_LAST_WORDS)
        lines = [line.strip() for line in self._tail.decode(errors="replace").splitlines() if line.strip()]
        said = f"; its last lines: {' | '.join(lines[-_LINES:])}" if lines else ""
        return f"{_manner(self._process.returncode)}{said}"

    async def _keep_tail(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(2**16):
            self._tail = (self._tail + chunk)[-_TAIL:]

    async def end(self) -> None:
        """End the process and its children, those that have left its session too."""
        for process in [self._process.pid, *_marked(self._mark)]:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        await self._process.wait()
        self._printing.cancel()


def _manner(status: int | None) -> str:
    """Return how a process has ended, in words.

    >>> _manner(-11), _manner(0)
    ('killed by signal 11 (SIGSEGV)', 'gone with status 0 before it answered')
    """
    if status is None:
        return "ended, as it broke off the connection"
    if status >= 0:
        return f"gone with status {status} before it answered"
    try:
        return f"killed by signal {-status} ({signal.Signals(-status).name})"
    except ValueError:
        return f"killed by signal {-status}"


def _memory_of(process: int) -> int:
    """Return the bytes of memory that a process and its children hold."""
    with suppress(psutil.Error):
        root = psutil.Process(process)
        return sum(_resident(each) for each in (root, *root.children(recursive=True)))
    return 0


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _marked(mark: str) -> list[int]:
    """Return the processes that a worker has started, wherever they hang in the tree by now."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(WORKER_MARK) == mark:
                found.append(process.pid)
    return found
