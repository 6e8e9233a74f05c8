"""The trial of one case: three calls, each judged, so that an implementation has to be right more than once.

1. The case's data. What comes back must be right, must not share memory with an operand, and operands and the memory
   around them must be unchanged.
2. Other data of the same shapes: a result kept from before, by shape, is wrong now.
3. The first data again: the result must be as right as the first time. The first result, kept by the harness, must not
   have changed in the meantime: who returns a buffer of his own overwrites it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from conformance.case import Case
from conformance.data import Array, Operands
from conformance.diagnosis import diagnose
from conformance.handover import Handover
from conformance.implementations import Implementation, call
from conformance.judgement import Accuracy, Expected, Verdict, expect, judge

__all__ = ["Trial", "other_data", "try_case"]


_OWN_BUFFER = "returns a buffer of its own and overwrites it in the next call"
_STALE = "gives the first call's result again: it keeps results by shape and does not look at the data"
_CHANGEABLE = "gives another result for the same data: it is not deterministic, or adds to what an earlier call left"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of the calls: the first answer, the verdict, and the mistakes that explain it."""

    answer: Array
    verdict: Verdict
    mistakes: tuple[str, ...] = ()


def try_case(
    case: Case,
    implementation: Implementation,
    operands: Operands,
    expected: Expected,
    demand: Accuracy = Accuracy.EXACT_ORDER,
) -> Trial:
    """Call `implementation` up to three times, and return the first verdict that is not good, or the good one.

    Args:
        case: what is asked.
        implementation: who is asked.
        operands: the case's data; never handed over themselves.
        expected: the right answer for them.
        demand: the loosest accuracy class that passes.

    Raises:
        Exception: whatever `implementations.call` raises.
    """
    first, trial = _call(case, implementation, operands, expected, demand)
    if not trial.verdict.passed:
        return trial
    others = other_data(operands)
    anew = replace(case, literal=None)
    _, second = _call(anew, implementation, others, expect(anew, others), demand)
    if not _same(first, trial.answer):
        wrong = f"{np.count_nonzero(first != trial.answer):,} of {first.size:,} elements of the first result"
        verdict = Verdict(False, "state", "a result stays as it was when the function is called again", "", wrong)
        return replace(trial, verdict=verdict, mistakes=(_OWN_BUFFER,))
    if not second.verdict.passed:
        stale = _same(second.answer, trial.answer)
        return _later(second, "in a second call, with other data of the same shapes", _STALE if stale else "")
    _, third = _call(case, implementation, operands, expected, demand)
    return trial if third.verdict.passed else _later(third, "in a third call, with the first data again", _CHANGEABLE)


def other_data(operands: Operands) -> Operands:
    """Return the same numbers in reverse order: as exact as they were, and at other places."""
    reversed_parts = {name: part.ravel()[::-1].reshape(part.shape) for name, part in operands.given.items()}
    return replace(operands, **reversed_parts)


def _call(
    case: Case, implementation: Implementation, operands: Operands, expected: Expected, demand: Accuracy
) -> tuple[Array, Trial]:
    """Return the array that came of one call, which the implementation may still hold, and the trial of a copy."""
    handover = Handover(operands)
    array = call(implementation, case, handover.operands)
    answer = array.copy()
    damage, shared = handover.damage(), handover.shared(array)
    if damage:
        verdict = Verdict(False, "memory", "operands and the memory around them stay as they are", "", damage)
        return array, Trial(answer, verdict, (damage,))
    verdict = judge(case, expected, answer, demand)
    if verdict.passed and shared and array.size:
        mistake = f"returns the memory of {shared} instead of memory of its own"
        verdict = Verdict(False, "memory", "the result shares no memory with an operand", "", f"it shares {shared}'s")
        return array, Trial(answer, verdict, (mistake,))
    mistakes = [] if verdict.passed or verdict.note else diagnose(case, operands, expected, answer)
    return array, Trial(answer, verdict, tuple(mistakes))


def _same(one: Array, other: Array) -> bool:
    """Tell whether two arrays hold the same values, NaN being the same as NaN."""
    return one.shape == other.shape and bool(np.all((one == other) | ((one != one) & (other != other))))


def _later(trial: Trial, when: str, mistake: str) -> Trial:
    """Return the trial of a later call as one that tells so, with the mistake that explains it, if there is one."""
    verdict = replace(trial.verdict, limit=f"{trial.verdict.limit}; {when}")
    return replace(trial, verdict=verdict, mistakes=(mistake,) if mistake else trial.mistakes)
