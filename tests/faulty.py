"""A subject that is right, but for the cases whose names say what it does there: the fault kit of the runner.

Which case it is, it learns from the input's batch, which the catalogue of `test_isolation` chooses for it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from conformance.data import Array
from reference import windows

__all__ = ["FAULTS", "conv2d"]

_FOREVER = 600


def _fork_and_hang() -> None:
    if os.fork() == 0:
        time.sleep(_FOREVER)


def _fork_away_and_hang() -> None:
    if os.fork() == 0:
        os.setsid()
        time.sleep(_FOREVER)


def _fork_and_return() -> None:
    os.fork()


def _hang_ignoring_signals() -> None:
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    while True:
        time.sleep(1)


def _hang_in_c() -> None:
    ctypes.PyDLL(None).sleep(_FOREVER)  # keeps the interpreter's lock


def _allocate_forever() -> None:
    kept = []
    while True:
        kept.append(np.ones(2**22))


def _print_megabytes() -> None:
    for _ in range(64):
        print("x" * 2**16)
        print("y" * 2**16, file=sys.stderr)


def _deadlock() -> None:
    locks = threading.Lock(), threading.Lock()
    both = threading.Barrier(2)

    def take(first: threading.Lock, second: threading.Lock) -> None:
        with first:
            both.wait()
            with second:
                pass

    threads = [threading.Thread(target=take, args=order) for order in (locks, locks[::-1])]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


class Odd(BaseException):
    """No `Exception`."""


def _raise_odd() -> None:
    raise Odd("no exception")


def _interrupt() -> None:
    raise KeyboardInterrupt


def _close_everything() -> None:
    os.closerange(0, 256)


def _close_stdout() -> None:
    os.close(1)
    print("into a closed file", flush=True)


def _change_surroundings() -> None:
    os.chdir("/")
    np.seterr(all="raise")
    os.environ["FAULTY"] = "1"
    signal.signal(signal.SIGTERM, lambda *_: None)


FAULTS: list[tuple[str, Callable[[], Any], str, str]] = [
    ("segfault", lambda: os.kill(os.getpid(), signal.SIGSEGV), "crashed", "signal 11 (SIGSEGV)"),
    ("null-pointer", lambda: ctypes.string_at(0), "crashed", "signal 11 (SIGSEGV)"),
    ("abort", os.abort, "crashed", "signal 6 (SIGABRT)"),
    ("divide", lambda: os.kill(os.getpid(), signal.SIGFPE), "crashed", "signal 8 (SIGFPE)"),
    ("hang-in-c", _hang_in_c, "timed-out", "no answer within 6 s"),
    ("hang", _hang_ignoring_signals, "timed-out", "no answer within 6 s"),
    ("deadlock", _deadlock, "timed-out", "no answer within 6 s"),
    ("exit-0", lambda: os._exit(0), "crashed", "gone with status 0 before it answered"),
    ("exit-3", lambda: os._exit(3), "crashed", "gone with status 3 before it answered"),
    ("system-exit", lambda: sys.exit(3), "error", "conv2d raised SystemExit: 3"),
    ("fork-and-hang", _fork_and_hang, "passed", ""),
    ("fork-away-and-hang", _fork_away_and_hang, "passed", ""),
    ("fork-and-return", _fork_and_return, "passed", ""),
    ("allocate", _allocate_forever, "crashed", "out of memory"),
    ("print", _print_megabytes, "passed", ""),
    ("close-stdout", _close_stdout, "error", "Bad file descriptor"),
    ("close-everything", _close_everything, "crashed", "before it answered"),
    ("base-exception", _raise_odd, "error", "conv2d raised Odd: no exception"),
    ("interrupt", _interrupt, "error", "conv2d raised KeyboardInterrupt"),
    ("surroundings", _change_surroundings, "passed", ""),
    ("broadcast-view", lambda: np.broadcast_to(np.float32(0), (10, 2**15, 2**15, 1)), "failed", "shape"),
    ("mutate", lambda: "mutate", "failed", "memory"),
]
"""By name: what is done before the right answer is given, which outcome is due, and words of its detail or rule."""


def conv2d(x: Array, w: Array, strides: Any, padding: Any) -> Array:
    """Do what the batch of the input asks for; right where it is 1."""
    right = windows.conv2d(x, w, strides, padding)
    if len(x) == 1:
        return right
    done = FAULTS[len(x) - 2][1]()
    if isinstance(done, str):
        x[...] = 0
    return done if isinstance(done, np.ndarray) else right
