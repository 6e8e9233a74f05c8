"""Timing: each implementation in a worker process of its own, all with the same threads on the same cores, in turn.

A time is that of a call as the harness makes it: NumPy arrays go in, and the result is there as a NumPy array. Before
it, the implementation is judged on the layer, by three calls between guards and by the bound derived from the data.
Then, in each round, everybody has a turn, in another order each time; whoever has no turn is stopped by the system. A
turn is two calls, of which the second is timed. Who is slow takes part in fewer rounds.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from conformance.bench.layers import Layer
from conformance.bench.results import Bench, Entrant, Measured, Row
from conformance.case import Outcome
from conformance.errors import Unavailable
from conformance.isolation import (
    Asking,
    Lane,
    Limits,
    Ready,
    Settings,
    Try,
    memory_share,
    packed,
    thread_variables,
)
from conformance.runner import Prepared, Result, prepare

__all__ = ["Contest", "cores", "measure"]

_ENOUGH, _LEAST = 2.0, 3
"""Seconds of one implementation in one layer after which it has no further turn, and turns that it has anyhow."""


@dataclass(frozen=True, slots=True)
class Contest:
    """How implementations are timed.

    Attributes:
        rounds: turns of each, at most.
        threads: of each, and cores.
        asking: how answers are judged.
        limits: what a layer may take.
    """

    rounds: int
    threads: int
    asking: Asking
    limits: Limits


def cores() -> list[int]:
    """Return the numbers of the cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def measure(
    bench: Bench, specs: Sequence[str], layers: Sequence[Layer], contest: Contest, tell: Callable[[str], None]
) -> None:
    """Judge and time the implementations on every layer.

    Args:
        bench: gets what is found, as it is found.
        specs: of the implementations.
        layers: in their order.
        contest: how.
        tell: is called with what happens next, in a few words.
    """
    asyncio.run(_measure(bench, specs, layers, contest, tell))


async def _measure(
    bench: Bench, specs: Sequence[str], layers: Sequence[Layer], contest: Contest, tell: Callable[[str], None]
) -> None:
    lanes = [_lane(spec, contest, len(specs)) for spec in specs]
    try:
        available = []
        for lane in lanes:
            tell(f"importing {lane.name}")
            entrant = await _introduced(lane)
            bench.entrants.append(entrant)
            available += [] if entrant.reason else [lane]
        for layer in layers if available else ():
            bench.rows.append(await _row(layer, available, contest.asking, contest.rounds, tell))
    finally:
        for lane in lanes:
            await lane.end()


def _lane(spec: str, contest: Contest, workers: int) -> Lane:
    limits = contest.limits
    memory = memory_share(workers) if limits.memory is None else limits.memory
    variables, pinned = thread_variables(contest.threads), tuple(cores()[: contest.threads])
    return Lane(Settings(spec, contest.asking.device, limits.seconds, memory, variables, False, pinned), [])


async def _introduced(lane: Lane) -> Entrant:
    await lane.start()
    try:
        with lane.awake():
            return Entrant(lane.name, (await lane.identity()).version)
    except Unavailable as error:
        return Entrant(lane.name, reason=str(error))


async def _row(layer: Layer, lanes: list[Lane], asking: Asking, rounds: int, tell: Callable[[str], None]) -> Row:
    tell(f"{layer.case.id}: finding the right answer")
    prepared = prepare(layer.case)
    ready = Ready(prepared, packed(Try(prepared, asking)))
    found = {}
    for lane in lanes:
        tell(f"{layer.case.id}: judging {lane.name}")
        with lane.awake():
            found[lane] = _judged((await lane.attempt(ready)).result, layer.as_written)
    tell(f"{layer.case.id}: timing")
    await _take_turns(prepared, found, rounds)
    return Row(layer, tuple(found.values()))


def _judged(result: Result, as_written: bool) -> Measured:
    """Return an outcome, its facts without the mistakes, which nobody looks for here, and a command that fits."""
    if result.outcome is not Outcome.PASSED:
        left_out = ("likely:",) if as_written else ("likely:", "again:")
        facts = [line for line in result.detail.splitlines() if not line.startswith(left_out)]
        return Measured(result.outcome, detail="\n".join(facts))
    return Measured(result.outcome, str(result.reached.accuracy) if result.reached else "exact")


async def _take_turns(prepared: Prepared, found: dict[Lane, Measured], rounds: int) -> None:
    """Fill in the times of those who were right."""
    order, random = list(found), Random(0)  # noqa: S311, the same orders each time are meant
    for _ in range(rounds):
        random.shuffle(order)
        for lane in order:
            so_far = found[lane]
            times = so_far.seconds
            if so_far.outcome is not Outcome.PASSED or (sum(times) > _ENOUGH and len(times) >= _LEAST):
                continue
            with lane.awake():
                taken = await lane.time(prepared)
            if isinstance(taken, Result):
                found[lane] = Measured(taken.outcome, detail=f"when it was timed: {taken.detail}")
            else:
                found[lane] = replace(so_far, seconds=(*times, taken))
