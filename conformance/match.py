"""Which known mistake explains one wrong answer: the defects that give the very same numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import IntEnum
from itertools import takewhile
from time import monotonic

import numpy as np

from conformance.case import Case, DType, numpy_dtype
from conformance.data import Array, Operands, channels_last
from conformance.defects import DEFECTS, RIGHT, Call, Defect
from conformance.defects.call import from_case
from conformance.judgement import Accuracy, Expected, judge
from conformance.judgement.bound import elementwise

__all__ = ["Bench", "Likeness", "diagnose", "obvious", "shape_only"]

_SECONDS = 3.0
"""That the kit may take on one case."""

_SHAPES_TOLD = 3
"""Mistakes named at most where only the shape speaks for them."""


class Likeness(IntEnum):
    """What a defect's answer to a case has in common with a wrong answer."""

    NONE = 0
    SHAPE = 1
    NUMBERS = 2


class Bench:
    """One case, on which defects are tried: its call is made once, and shared by all that only read it.

    Args:
        case: what is asked.
        operands: the data; not modified, whatever a defect does.
        expected: the right answer.
        demand: the loosest accuracy class that passes.
    """

    def __init__(
        self, case: Case, operands: Operands, expected: Expected, demand: Accuracy = Accuracy.EXACT_ORDER
    ) -> None:
        self.case = case
        self.expected = expected
        self._operands = operands
        self._demand = demand
        self._limit: float | None = None
        self._call = _read_only(from_case(case, _copied(operands)))

    @np.errstate(invalid="ignore", over="ignore")
    def answer(self, defect: Defect) -> Array | None:
        """Return what a stateless defect answers, channels last; None where an implementation like it would raise."""
        touches_memory = defect.returned is not RIGHT.returned
        call = from_case(self.case, _copied(self._operands)) if touches_memory else self._call
        try:
            return channels_last(self.case, defect.compute(call))
        except Exception:  # an implementation with this mistake would raise too, whatever it is
            return None

    def is_harmless(self, answer: Array) -> bool:
        """Tell whether an answer is right."""
        if answer.shape != self.case.output or answer.dtype.name != self.case.out_dtype:
            return False
        if np.array_equal(answer.astype(np.float64), self.expected.value, equal_nan=True):
            return True
        plain = self.expected.exact and self.expected.padding is None
        return not plain and judge(replace(self.case, literal=None), self.expected, answer, self._demand).passed

    @np.errstate(invalid="ignore", over="ignore")
    def likeness(self, defect: Defect, answer: Array) -> Likeness:
        """Return what a stateless defect explains of a wrong `answer`."""
        wrong = self.answer(defect) if defect.operations(self.case.operation) else None
        if wrong is None or wrong.shape != answer.shape:
            return Likeness.NONE
        if self.agree(answer, wrong) and not self._is_beside_the_point(wrong, answer):
            return Likeness.NUMBERS
        return Likeness.NONE if wrong.shape == self.case.output else Likeness.SHAPE

    @np.errstate(invalid="ignore", over="ignore")
    def agree(self, answer: Array, wrong: Array) -> bool:
        """Tell whether two answers are the same, to the last bit where the data allow it, else within the bound."""
        if answer.size == 0 or answer.shape != wrong.shape or not _is_numeric(answer):
            return False
        rounded = wrong.astype(numpy_dtype(self.case.out_dtype)).astype(np.float64)
        given = answer.astype(np.float64)
        same = (given == rounded) | (np.isnan(given) & np.isnan(rounded))
        return bool(np.all(same)) or bool(np.all(same | (np.abs(given - rounded) <= self._largest_bound())))

    def _largest_bound(self) -> float:
        if self._limit is None:
            right, dtype = self.expected, self.case.out_dtype
            bounds = elementwise(right.largest, right.magnitude, right.terms, dtype)
            self._limit = 0.0 if right.exact else float(np.max(bounds[np.isfinite(bounds)], initial=0))
        return self._limit

    def _is_beside_the_point(self, wrong: Array, answer: Array) -> bool:
        """Tell whether a defect's answer is right, or has right numbers in another dtype than the wrong answer."""
        if wrong.shape == self.case.output and wrong.dtype != answer.dtype:
            return self.is_harmless(wrong.astype(numpy_dtype(self.case.out_dtype)))
        return self.is_harmless(wrong)


def obvious(case: Case, operands: Operands, expected: Expected, answer: Array) -> list[str]:
    """Return the mistake that a wrong answer shows without any defect to compare it with: right values, wrong dtype."""
    if answer.dtype.name == case.out_dtype or answer.shape != case.output or not _is_numeric(answer):
        return []
    if not Bench(case, operands, expected).agree(answer, expected.value):
        return []
    other = f"computes in or converts to {answer.dtype} where the operands are {case.out_dtype}"
    return [f"{other}; the values are right"]


def diagnose(
    case: Case, operands: Operands, expected: Expected, answer: Array, kit: Iterable[Defect] = DEFECTS
) -> list[str]:
    """Return the mistakes that explain `answer`, each completing "it …"; empty where no known one does.

    On a case so large that the kit takes more than some seconds, the rest of it is not tried.

    Args:
        case: what was asked.
        operands: the data that it was asked with.
        expected: the right answer, which `answer` is not.
        answer: what came.
        kit: the known mistakes.
    """
    plain = obvious(case, operands, expected, answer)
    if plain or not _is_numeric(answer):
        return plain
    bench, end = Bench(case, operands, expected), monotonic() + _SECONDS
    stateless = takewhile(lambda _: monotonic() < end, (each for each in kit if each.is_stateless))
    likenesses = [(bench.likeness(each, answer), each.mistake) for each in stateless]
    numbers = dict.fromkeys(mistake for likeness, mistake in likenesses if likeness is Likeness.NUMBERS)
    shapes = dict.fromkeys(mistake for likeness, mistake in likenesses if likeness is Likeness.SHAPE)
    return list(numbers) or [shape_only(mistake) for mistake in shapes][:_SHAPES_TOLD]


def shape_only(mistake: str) -> str:
    """Return the sentence for a mistake that explains an answer's shape, and not its values."""
    return f"returns the shape that comes when it {mistake}"


def _is_numeric(answer: Array) -> bool:
    return answer.dtype.kind in "fiub" or answer.dtype.name in set(DType)


def _copied(operands: Operands) -> Operands:
    """Return operands that a defect may write into."""
    return replace(operands, **{name: part.copy() for name, part in operands.given.items() if part.flags.writeable})


def _read_only(call: Call) -> Call:
    """Return the call with arrays that cannot be written into: a defect that tries to raises ValueError."""
    for part in (call.input, call.filters, call.arriving, call.bias, *call.raw.values()):
        if part is not None:
            part.setflags(write=False)
    return call
