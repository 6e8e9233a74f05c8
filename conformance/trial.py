"""The trial of one case: three calls at least, each judged, so that an implementation has to be right more than once.

1. The case's data. What comes back must be right, must not share memory with an operand, and operands and the memory
   around them must be unchanged.
2. Other data of the same shapes, in the same arrays: what is kept from before, by shape or by address, is wrong now.
3. The first data again: the result must be as right as the first time. Earlier results, kept by the harness, must not
   have changed in the meantime: who returns a buffer of his own overwrites it.

Further rounds repeat the last two calls, for faults that come and go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from conformance.case import Case
from conformance.data import Array, Operands, channels_last, laid_out
from conformance.errors import Unsupported
from conformance.handover import Handover, Packed
from conformance.implementations import BadAnswer, Implementation, OutputFault, call
from conformance.judgement import Accuracy, Expected, Verdict, judge
from conformance.match import diagnose, obvious
from conformance.twin import make_twin

__all__ = ["CHANGEABLE", "LARGE", "Trial", "try_case"]

_Found = tuple[Verdict, tuple[str, ...]]

LARGE = 2**24
"""Elements beyond which an answer is looked at only where it has no more than were asked for: a view may have any."""

_OWN_BUFFER = "returns a buffer of its own and overwrites it in the next call"
_OWN_BUFFERS = "returns buffers of its own, and returns one again while its earlier contents may be in use"
_STALE = "gives the first call's result again: it keeps results by shape and does not look at the data"
CHANGEABLE = "gives another result for the same data: it is not deterministic, or adds to what an earlier call left"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of the calls.

    Attributes:
        answer: to the case's own data, channels last, whatever layout was asked for; None where the call was refused,
            as it must be.
        verdict: on the call that went wrong, or on the first.
        mistakes: that explain what went wrong.
        turn: in which call it did, from 1.
    """

    answer: Array | None
    verdict: Verdict
    mistakes: tuple[str, ...] = ()
    turn: int = 1


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked in a call: data with their right answer, and their name in "in a second call, with …"."""

    case: Case
    operands: Operands
    expected: Expected
    packed: Packed
    name: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """An array that came of a call, which the implementation may still hold, and what it was."""

    turn: int
    array: Array
    copy: Array

    def change(self) -> str:
        """Return how much of it has changed since, in words, or nothing."""
        now, before = self.array.tobytes(), self.copy.tobytes()
        if now == before:
            return ""
        bits = [np.frombuffer(part, np.uint8).reshape(self.copy.size, -1) for part in (now, before)]
        count = np.count_nonzero((bits[0] != bits[1]).any(axis=1))
        return f"{count:,} of {self.copy.size:,} elements of the result of call {self.turn}"


def try_case(
    case: Case,
    implementation: Implementation,
    operands: Operands,
    expected: Expected,
    *,
    rounds: int = 1,
    demand: Accuracy = Accuracy.EXACT_ORDER,
    search: bool = True,
) -> Trial:
    """Call `implementation` up to 1 + 2·rounds times; return the first verdict that is not good, or the good one.

    Args:
        case: what is asked.
        implementation: who is asked.
        operands: the case's data; never handed over themselves.
        expected: the right answer for them.
        rounds: how often a call with other data, and one with the case's own, follow on the first; 1 or more.
        demand: the loosest accuracy class that passes.
        search: whether known mistakes are searched for one that explains wrong numbers.

    Raises:
        Exception: whatever `implementations.call` raises; a note says in which call, if not in the first.
    """
    handed = laid_out(case, operands)
    handover = Handover(handed, case.operation, case.memory)
    series = _Series(implementation, handover, demand, search)
    asked = _Question(case, operands, expected, handover.pack(handed), "the first data again")
    first = series.ask(asked)
    if not first.verdict.passed:
        return first
    others, answer = make_twin(case, operands, expected)
    packed = handover.pack(laid_out(case, others))
    twin = _Question(replace(case, literal=None), others, answer, packed, "other data of the same shapes")
    for turn in range(2, 2 * rounds + 2):
        question = asked if turn % 2 else twin
        trial = series.ask_again(question, turn)
        if not trial.verdict.passed:
            return _explain(trial, first, question, turn)
    return first


class _Series:
    """The calls of one trial, all with the same arrays."""

    def __init__(self, implementation: Implementation, handover: Handover, demand: Accuracy, search: bool) -> None:
        self._implementation = implementation
        self._handover = handover
        self._demand = demand
        self._explain = diagnose if search else obvious
        self._kept: list[_Kept] = []
        self._right: dict[str, tuple[Array, Verdict]] = {}

    def ask_again(self, question: _Question, turn: int) -> Trial:
        """Return the trial of a later call, with what goes wrong in it told as of that call."""
        try:
            return self.ask(question, turn)
        except Unsupported as limit:
            fault = BadAnswer(f"refuses what it did before, {_when(question, turn)}: {limit}")
            raise fault from limit
        except BaseException as error:
            error.add_note(_when(question, turn))
            raise

    def ask(self, question: _Question, turn: int = 1) -> Trial:
        """Return the trial of one call."""
        self._handover.fill(question.packed)
        try:
            array = call(self._implementation, question.case, self._handover.operands)
        except OutputFault as fault:
            verdict = Verdict(False, "memory", fault.limit, "none compared", str(fault))
            return Trial(channels_last(question.case, fault.answer), verdict, (fault.mistake,))
        if array.size > max(LARGE, question.expected.value.size):
            return Trial(None, judge(question.case, question.expected, channels_last(question.case, array)))
        copy = array.copy()
        answer = channels_last(question.case, copy)
        verdict, mistakes = self._manners() or self._values(question, answer)
        if verdict.passed:
            verdict, mistakes = self._shared(array) or (verdict, mistakes)
        self._kept = [*self._kept[:1], _Kept(turn, array, copy)]
        return Trial(answer, verdict, mistakes)

    def _manners(self) -> _Found | None:
        """Return what is wrong beside the values, if anything is: operands written to, earlier results changed."""
        damage = self._handover.damage()
        if damage:
            return Verdict(False, "memory", "operands and the memory around them stay as they are", "", damage), (
                damage,
            )
        change = next(filter(None, (kept.change() for kept in self._kept)), "")
        if change:
            limit = "a result stays as it was when the function is called again"
            return Verdict(False, "state", limit, "", change), (_OWN_BUFFER,)
        return None

    def _values(self, question: _Question, answer: Array) -> _Found:
        """Return the judgement of an answer, the earlier one where the same bits were right before."""
        before = self._right.get(question.name)
        if before is not None and _same(before[0], answer):
            return before[1], ()
        verdict = judge(question.case, question.expected, answer, self._demand)
        if verdict.passed:
            self._right.setdefault(question.name, (answer, verdict))
            return verdict, ()
        found = [] if verdict.note else self._explain(question.case, question.operands, question.expected, answer)
        return verdict, tuple(found)

    def _shared(self, array: Array) -> _Found | None:
        """Return with whose memory a result is mixed up, if it is: an operand's or an earlier result's."""
        operand = self._handover.shared(array) if array.size else ""
        if operand:
            limit = "the result shares no memory with an operand"
            mistake = f"returns the memory of {operand} instead of memory of its own"
            return Verdict(False, "memory", limit, "", f"it shares {operand}'s"), (mistake,)
        earlier = next((kept.turn for kept in self._kept if np.may_share_memory(array, kept.array)), 0)
        if earlier and array.size:
            limit = "the result shares no memory with an earlier one"
            return Verdict(False, "state", limit, "", f"it shares that of call {earlier}"), (_OWN_BUFFERS,)
        return None


def _explain(trial: Trial, first: Trial, question: _Question, turn: int) -> Trial:
    """Return the trial of a later call as one that tells so, with the mistake that explains it, if there is one."""
    verdict = replace(trial.verdict, limit=f"{trial.verdict.limit}; {_when(question, turn)}")
    answer, mistakes = (trial.answer if turn % 2 else first.answer), trial.mistakes
    if verdict.rule in ("memory", "state"):
        return Trial(answer, verdict, mistakes, turn)
    if turn > 2:
        return Trial(answer, verdict, (CHANGEABLE,), turn)
    return Trial(answer, verdict, (_STALE,) if _same(trial.answer, first.answer) else mistakes, turn)


def _same(one: Array | None, other: Array | None) -> bool:
    """Tell whether two answers are the same to the bit, NaNs and zeros included."""
    if one is None or other is None:
        return one is other
    return (one.dtype, one.shape) == (other.dtype, other.shape) and one.tobytes() == other.tobytes()


def _when(question: _Question, turn: int) -> str:
    ordinal = {2: "a second call", 3: "a third call"}.get(turn, f"call {turn}")
    return f"in {ordinal}, with {question.name}"
