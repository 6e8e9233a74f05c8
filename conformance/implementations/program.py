"""A program in any language: one process for many calls, asked by a line of JSON and by files.

For every call it gets a line on its standard input, `{"id": "7", "folder": "/tmp/…"}`. The folder holds what
`call_files` writes; the program puts `output.npy` there and answers with a line, `{"status": "ok"}`. A program that
breaks off, or breaks this protocol, is ended, and started again for the next call.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from threading import Thread
from time import monotonic
from typing import IO, Any

from conformance.arrays import FileFault
from conformance.case import Operation
from conformance.data import Array
from conformance.errors import ConformanceError, Unavailable, UsageError
from conformance.implementations.call_files import read_output, write_request
from conformance.implementations.request import ForeignError, Request, foreign_function
from conformance.surroundings import OWN

__all__ = ["PREFIX", "Program", "check_program", "program_functions"]

PREFIX = "cmd:"
"""How a SPEC begins that names a program."""

_PATIENCE = 600.0
"""Seconds after which a program is taken to be stuck where nothing else ends the case sooner."""

_LONGEST = 2**20
"""Bytes of an answer: a reason may be long, and what is longer is none."""

_PENDING = 16
"""Lines that are read ahead of being looked at."""

_LINES = 5
"""Of what a program writes to its standard error, how many are told."""

_FAREWELL = 1.0
"""Seconds that a program has to end, and its last words to arrive."""

_SHOWN = 80


def check_program(spec: str) -> list[str]:
    """Return the words of a command.

    >>> check_program("cmd:./mine --flag 'two words'")
    ['./mine', '--flag', 'two words']

    Raises:
        UsageError: there are none.
    """
    try:
        words = shlex.split(spec.removeprefix(PREFIX))
    except ValueError as error:
        raise UsageError(f"implementation must be cmd: and a command, but is {spec!r} ({error})") from error
    if not words:
        raise UsageError(f"implementation must be cmd: and a command, but is {spec!r}")
    return words


def program_functions(spec: str) -> dict[str, Callable[..., Array]]:
    """Return functions, by the names of tf.nn, that ask the program that `spec` names.

    All operations are among them, as only the program knows which it offers.

    Raises:
        UsageError: `spec` has no command.
        Unavailable: there is no such program.
    """
    words = check_program(spec)
    if shutil.which(words[0]) is None:
        why = "cannot be executed" if Path(words[0]).is_file() else "is not there"
        raise Unavailable(f"{spec}: the program {words[0]!r} {why}")
    program = Program(words)
    return {str(operation): foreign_function(operation, program.ask) for operation in Operation}


class Program:
    """A program that answers calls, started when it is first asked.

    Args:
        words: of the command.
        seconds: after which it is taken to be stuck.
    """

    def __init__(self, words: list[str], seconds: float = _PATIENCE) -> None:
        self._words = words
        self._seconds = seconds
        self._asked = 0
        self._process: _Process | None = None

    def ask(self, request: Request) -> Array:
        """Return the output that the program writes.

        Raises:
            NotImplementedError: it says that it does not support this.
            ForeignError: it says that it fails, or refuses.
            ConformanceError: it breaks off, or what it answers is no answer.
        """
        self._asked += 1
        name = str(self._asked)
        with TemporaryDirectory(prefix="conformance-", ignore_cleanup_errors=True) as folder:
            write_request(Path(folder), request, name)
            try:
                answer = self._started().answer({"id": name, "folder": folder}, self._seconds)
                status, reason = _status(answer, name)
                array = read_output(Path(folder), request.output_dtype.name) if status == "ok" else None
            except FileFault as fault:
                raise ConformanceError(f"the program left no answer: {fault}{self.end()}") from fault
            except ConformanceError as fault:
                words = self.end()
                raise ConformanceError(f"the program {fault}{words}") from fault
        if array is not None:
            return array
        if status == "unsupported":
            raise NotImplementedError(reason or "the program says that it does not support this")
        raise ForeignError(reason or "the program gives no reason")

    def end(self) -> str:
        """End the process, if there is one, and return what it said last."""
        process, self._process = self._process, None
        return "" if process is None else process.end()

    def _started(self) -> _Process:
        if self._process is None:
            self._process = _Process(self._words)
        return self._process


class _Process:
    """One run of a program, with threads that read what it writes.

    Raises:
        ConformanceError: it cannot be started.
    """

    def __init__(self, words: list[str]) -> None:
        pipe = subprocess.PIPE
        try:
            self._running = subprocess.Popen(  # noqa: S603
                words, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
            )
        except OSError as error:
            raise ConformanceError(f"cannot be started: {error}") from error
        assert self._running.stdin and self._running.stdout and self._running.stderr
        self._lines: Queue[bytes] = Queue(_PENDING)
        self._words: deque[bytes] = deque(maxlen=_LINES + 1)
        self._readers = [
            _reader(self._running.stdout, self._lines.put),
            _reader(self._running.stderr, self._words.append),
        ]
        self._close = weakref.finalize(self, _close, self._running, self._lines, self._readers)

    def answer(self, question: dict[str, str], seconds: float) -> bytes:
        """Return the line that is answered to a question."""
        if not self._lines.empty():
            early = self._lines.get()
            raise ConformanceError(f"wrote {_shown(early)} before it was asked" if early else self._obituary())
        with suppress(OSError):  # of one that has ended or reads no more: what it has written tells more
            assert self._running.stdin
            self._running.stdin.write(json.dumps(question).encode() + b"\n")
            self._running.stdin.flush()
        try:
            line = self._lines.get(timeout=seconds)
        except Empty:
            raise ConformanceError(f"gave no answer within {seconds:g} s") from None
        if not line:
            raise ConformanceError(self._obituary())
        return line

    def end(self) -> str:
        """End it, and return the last lines that it wrote to its standard error, behind a semicolon, or nothing."""
        self._close()
        lines = [line.decode(errors="replace").strip() for line in self._words]
        told = " | ".join([line for line in lines if line][-_LINES:])
        return f"; its last lines: {told}" if told else ""

    def _obituary(self) -> str:
        """Return how it has ended, in words."""
        try:
            status = self._running.wait(_FAREWELL)
        except subprocess.TimeoutExpired:
            return "closed its standard output without an answer"
        if status >= 0:
            return f"ended with status {status} without an answer"
        return f"was killed by signal {-status} ({signal.Signals(-status).name})"


def _reader(stream: IO[bytes], keep: Callable[[bytes], Any]) -> Thread:
    """Start a thread that hands over line by line, and nothing at the end."""

    def read() -> None:
        with stream:
            for line in iter(partial(stream.readline, _LONGEST), b""):
                keep(line)
        keep(b"")

    thread = Thread(target=read, name=OWN, daemon=True)
    thread.start()
    return thread


def _close(process: subprocess.Popen[bytes], lines: Queue[bytes], readers: list[Thread]) -> None:
    """Let a program end at the end of its input; otherwise end it, with whatever it has started."""
    assert process.stdin
    with suppress(OSError):
        process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_FAREWELL)
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    end = monotonic() + _FAREWELL
    while any(reader.is_alive() for reader in readers) and monotonic() < end:
        with suppress(Empty):
            lines.get(timeout=0.01)


def _status(line: bytes, name: str) -> tuple[str, str]:
    """Return the status of an answer, and the reason for it.

    Raises:
        ConformanceError: it is no answer, or that of another call.
    """
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or answer.get("status") not in ("ok", "unsupported", "error"):
        raise ConformanceError(
            f'wrote {_shown(line)}, where its answer must be a line such as {{"status": "ok"}}; '
            "what is for people goes to the standard error"
        )
    if str(answer.get("id", name)) != name:
        raise ConformanceError(f"answered request {answer['id']!r}, and was asked {name!r}")
    return str(answer["status"]), str(answer.get("reason", ""))


def _shown(line: bytes) -> str:
    text = line.decode(errors="replace").rstrip("\n")
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
