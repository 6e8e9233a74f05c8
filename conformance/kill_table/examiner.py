"""One case, prepared once, on which any number of defects are tried.

Most defects depend on nothing but the numbers of the call. Of them the answer alone is judged, which takes a tenth of
a trial. Those that remember something, look at the caller's own arrays or change the arguments get the whole trial, and
so does every defect where the case is about more than numbers: a layout, or a call that has to be refused. So the table
claims no more than is true: what only the other data of a trial's second call would show is not counted.

Every defect forgets what it remembers before the next case, so that each case is told what it rejects by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from conformance.case import Case, Outcome
from conformance.data import Array, channels_last, make_operands
from conformance.defects import RIGHT, Defect
from conformance.defects.call import from_case
from conformance.errors import Unsupported
from conformance.implementations import Implementation
from conformance.judgement import expect, judge
from conformance.runner import attempt
from conformance.trial import try_case

__all__ = ["ERROR", "Examiner"]

ERROR = "error"
"""Stands for the rule where a defect raises instead of answering, which no right implementation does."""


class _LooksAtMemoryError(Exception):
    """A defect asks for the caller's own arrays."""


class _Sealed(Mapping[str, Array]):
    """The caller's own arrays, of which nothing can be had: who asks is no mistake with numbers alone."""

    def __getitem__(self, name: str) -> Array:
        raise _LooksAtMemoryError

    def __iter__(self) -> Iterator[str]:
        raise _LooksAtMemoryError

    def __len__(self) -> int:
        raise _LooksAtMemoryError


class Examiner:
    """Tries defects on one case, whose data and right answer are made once.

    Args:
        case: on which defects are tried. One that the kit's own right convolution does not pass is out of its reach:
            it rejects nothing.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self._must_refuse = bool(case.refuses)
        self._is_plain = not self._must_refuse
        self._right: Array | None = None
        if not self._must_refuse:
            self._operands = make_operands(case)
            self._expected = expect(case, self._operands)
        self._is_in_reach = not self._rule(RIGHT)
        if self._is_plain and self._is_in_reach:
            self._right = RIGHT.answer(case, self._operands)

    def broken_rule(self, defect: Defect) -> str:
        """Return the rule by which the case rejects a defect, or nothing where the defect passes or is unsupported."""
        return self._rule(defect) if self._is_in_reach else ""

    @np.errstate(all="ignore")
    def _rule(self, defect: Defect) -> str:
        if self._must_refuse:
            return self._refusal(defect)
        if self._is_plain and defect.is_stateless and defect.accepts is None:
            try:
                return self._by_answer(defect)
            except _LooksAtMemoryError:
                pass
        return self._by_trial(_implementation(defect))

    def _by_answer(self, defect: Defect) -> str:
        if not defect.operations(self.case.operation):
            return ""
        try:
            call = replace(from_case(self.case, self._operands), raw=_Sealed())
            answer = channels_last(self.case, defect.compute(call))
        except NotImplementedError:
            return ""
        except _LooksAtMemoryError:
            raise
        except Exception:
            return ERROR
        if self._right is not None and _same(answer, self._right):
            return ""
        verdict = judge(self.case, self._expected, answer)
        return "" if verdict.passed else verdict.rule

    def broken_in_turn(self, implementation: Implementation) -> str:
        """Return the same for an implementation that may remember the cases before."""
        with np.errstate(all="ignore"):
            return self._by_trial(implementation) if self._is_in_reach and not self._must_refuse else ""

    def _by_trial(self, implementation: Implementation) -> str:
        try:
            trial = try_case(self.case, implementation, self._operands, self._expected, search=False)
        except Unsupported:
            return ""
        except Exception:
            return ERROR
        return "" if trial.verdict.passed else trial.verdict.rule

    def _refusal(self, defect: Defect) -> str:
        result = attempt(self.case, _implementation(defect)).result
        return result.rule or ERROR if result.outcome in (Outcome.FAILED, Outcome.ERROR) else ""


def _implementation(defect: Defect) -> Implementation:
    return Implementation(defect.name, "", dict(defect.functions()))


def _same(one: Array, other: Array) -> bool:
    """Tell whether two answers are the same to the bit."""
    return (one.dtype, one.shape) == (other.dtype, other.shape) and one.tobytes() == other.tobytes()
