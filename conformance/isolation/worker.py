"""A worker: a process that imports one implementation, and tries case after case on it until nobody asks any more.

    python -m conformance.isolation.worker

Requests come by the standard input, replies go by the standard output, both moved to other descriptors before foreign
code runs. What that code prints goes where the standard error goes: to the run, which keeps the last lines.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from time import perf_counter
from typing import Any, BinaryIO

from conformance.case import Outcome
from conformance.data import laid_out
from conformance.errors import ConformanceError, described
from conformance.implementations import Implementation, call, load_implementation
from conformance.isolation.messages import Answered, MeasureTraits, Time, Try, Unavailing, packed, receive
from conformance.isolation.subject import identity_of
from conformance.runner import Prepared, Result, attempt_prepared, raised
from conformance.traits import measure_traits

__all__: list[str] = []

_DIE_WITH_PARENT = 1
"""Linux's PR_SET_PDEATHSIG."""


def main() -> None:
    """Serve until the requests end."""
    _die_with_parent()
    requests, replies = _claim_streams()
    own = os.getpid()

    def send(message: object) -> None:
        if os.getpid() != own:  # a child that the implementation has forked, and that came back from its function
            os._exit(0)
        replies.write(packed(message))
        replies.flush()

    beginning = receive(requests)
    try:
        implementation = load_implementation(beginning.spec, beginning.device)
    except ConformanceError as error:
        send(Unavailing(str(error)))
        return
    except BaseException as error:
        send(Unavailing(f"{beginning.spec}: importing it raised {described(error)}"))
        return
    send(identity_of(implementation))
    tried: Prepared | None = None
    while (request := receive(requests)) is not None:
        if isinstance(request, Time):
            assert tried is not None
            send(_timed(tried, implementation))
            continue
        tried = request.prepared if isinstance(request, Try) else tried
        send(_reply(request, implementation))
    os._exit(0)  # threads that the implementation has left do not matter any more


def _reply(request: Try | MeasureTraits, implementation: Implementation) -> Any:
    if isinstance(request, MeasureTraits):
        return measure_traits(implementation)
    prepared, asking = request.prepared, request.asking
    try:
        tried = attempt_prepared(
            prepared, implementation, rounds=asking.rounds, demand=asking.demand, search=asking.search
        )
    except KeyboardInterrupt as error:  # of the implementation's own: nobody else can interrupt a worker
        return Answered(raised(prepared.case, implementation.name, error), None, 1)
    is_dull = tried.result.outcome is Outcome.PASSED and not asking.keeps
    return Answered(tried.result, None if is_dull else tried.answer, tried.turn, tried.strays)


def _timed(prepared: Prepared, implementation: Implementation) -> float | Result:
    """Return what the second of two calls takes: it meets the caches and the threads that the first one left."""
    operands = laid_out(prepared.case, prepared.operands)
    try:
        call(implementation, prepared.case, operands)
        start = perf_counter()
        call(implementation, prepared.case, operands)
        return perf_counter() - start
    except BaseException as error:
        return raised(prepared.case, implementation.name, error)


def _claim_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return the streams of requests and replies, which now have other descriptors than foreign code expects."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def _die_with_parent() -> None:
    """Ask the system to end this process when the run is gone, even if it hangs then; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


if __name__ == "__main__":
    main()
