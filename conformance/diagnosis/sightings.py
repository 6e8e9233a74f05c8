"""What a run has shown of an implementation: the cases that it failed, with its answers, and those that it passed."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from time import monotonic

import numpy as np

from conformance.case import Case, Outcome
from conformance.data import Array, make_operands
from conformance.errors import ConformanceError
from conformance.judgement import Accuracy, expect
from conformance.match import Bench
from conformance.runner import Attempt, Result

__all__ = ["Benches", "Clock", "Gathering", "Sighting", "Sign", "size_of"]

_KEPT_ELEMENTS = 2**22
"""Elements of wrong answers that are kept, those of the smallest cases first: 32 MiB in float64."""

_KEPT_CASES = 20_000
"""Cases that are kept of each kind; what is wrong shows in fewer."""

_KEPT_BENCHES = 2**20
"""Elements of cases that are kept made up, so that every suspect finds them."""

_BESIDE_VALUES = {"memory", "state", "refusal"}
"""Rules by which an answer may be refused whatever its numbers are."""


class Sign(StrEnum):
    """By what a failure shows.

    Attributes:
        NUMBERS: a wrong answer to the case's own data, in the first call.
        MANNERS: memory, state, or a later call.
        SILENCE: no answer, or a right one where the catalogue states another.
    """

    NUMBERS = "numbers"
    MANNERS = "manners"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A case that was not passed.

    Attributes:
        result: what became of it.
        sign: by what the failure shows.
        answer: the wrong answer, where it shows by numbers and could be kept.
    """

    result: Result
    sign: Sign
    answer: Array | None = None

    @property
    def case(self) -> Case:
        """Which case."""
        return self.result.case

    @property
    def is_comparable(self) -> bool:
        """Whether a known mistake can be compared with it."""
        return self.answer is not None or self.sign is Sign.MANNERS


@dataclass(slots=True)
class Gathering:
    """The sightings of one implementation, gathered while it is judged.

    Attributes:
        failing: cases that failed, raised or did not answer.
        passing: cases that were passed, but for calls that were refused, as they must be: these tell of no numbers.
        order: both, and those that were refused, as they were called.
    """

    failing: list[Sighting] = field(default_factory=list)
    passing: list[Case] = field(default_factory=list)
    order: list[Case] = field(default_factory=list)
    _kept: int = 0

    def add(self, attempt: Attempt) -> Sighting | None:
        """Take note of an attempt, and return it as a sighting where it is a failure.

        A reference to its answer is kept only where that is wrong.
        """
        sign = _sign(attempt)
        return self.note(attempt.result, sign, attempt.answer if sign is Sign.NUMBERS else None)

    def note(self, result: Result, sign: Sign, answer: Array | None) -> Sighting | None:
        """Take note of a result, and return it as a sighting where it is a failure.

        Args:
            result: of which, and of all like it, only so many are kept.
            sign: by what it shows, if it is a failure.
            answer: the wrong answer, if it shows by that.
        """
        if result.outcome is Outcome.UNSUPPORTED:
            return None
        if len(self.order) < _KEPT_CASES:
            self.order.append(result.case)
        if result.outcome is Outcome.PASSED:
            if result.rule != "refused" and len(self.passing) < _KEPT_CASES:
                self.passing.append(result.case)
            return None
        sighting = Sighting(result, sign, answer)
        if len(self.failing) < _KEPT_CASES:
            self.failing.append(sighting)
            self._kept += _elements(sighting)
            self._forget()
        return sighting

    def settle(self) -> None:
        """Bring what was noted into the order of the catalogue, in whatever order it came."""
        self.failing.sort(key=lambda sighting: sighting.case.place)
        self.passing.sort(key=lambda case: case.place)
        self.order.sort(key=lambda case: case.place)

    def _forget(self) -> None:
        """Let go of the largest answers, as far as there are too many."""
        while self._kept > _KEPT_ELEMENTS:
            place = max(range(len(self.failing)), key=lambda index: _elements(self.failing[index]))
            self._kept -= _elements(self.failing[place])
            self.failing[place] = replace(self.failing[place], answer=None)


def _sign(attempt: Attempt) -> Sign:
    if attempt.result.outcome is not Outcome.FAILED or _disagrees_with_literal_only(attempt):
        return Sign.SILENCE
    beside = attempt.result.rule in _BESIDE_VALUES or attempt.turn > 1 or attempt.answer is None
    return Sign.MANNERS if beside else Sign.NUMBERS


def _disagrees_with_literal_only(attempt: Attempt) -> bool:
    """Tell whether an answer is the reference's, and what the catalogue writes is another one."""
    answer, expected = attempt.answer, attempt.expected
    if attempt.turn > 1 or attempt.result.rule in _BESIDE_VALUES or answer is None or expected is None:
        return False
    if answer.dtype.name != attempt.result.case.out_dtype:
        return False
    with np.errstate(invalid="ignore"):  # which a signalling NaN of unwritten memory is
        return np.array_equal(answer.astype(np.float64), expected.value, equal_nan=True)


def _elements(sighting: Sighting) -> int:
    return 0 if sighting.answer is None else sighting.answer.size


def size_of(case: Case) -> int:
    """Return about how much work a case is: products of its convolution, and elements of its arrays."""
    image = math.prod(case.input) + math.prod(case.output) + math.prod(case.out_backprop or ())
    return image * max(1, math.prod(case.filters[:-1]))


class Clock:
    """Time that may be spent, in seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    @property
    def is_up(self) -> bool:
        """Whether it is spent."""
        return monotonic() >= self._end

    def part(self, share: float) -> Clock:
        """Return a clock with a share of what is left."""
        return Clock(share * (self._end - monotonic()))


class Benches:
    """The cases made up so that defects can be tried on them, those used last kept as far as memory allows."""

    def __init__(self, demand: Accuracy) -> None:
        self._demand = demand
        self._made: OrderedDict[str, tuple[Case, Bench | None]] = OrderedDict()
        self._kept = 0

    def of(self, case: Case) -> Bench | None:
        """Return the bench of a case; None where it asks for nothing that can be computed."""
        known = self._made.pop(case.id, None)
        if known is None or known[0] is not case:  # another case of that id, which was made smaller
            self._kept += _elements_of(case) - (0 if known is None else _elements_of(known[0]))
            known = (case, self._make(case))
        self._made[case.id] = known
        while self._kept > _KEPT_BENCHES and len(self._made) > 1:
            _, (oldest, _) = self._made.popitem(last=False)
            self._kept -= _elements_of(oldest)
        return known[1]

    def _make(self, case: Case) -> Bench | None:
        try:
            operands = make_operands(case)
            return Bench(case, operands, expect(case, operands), self._demand)
        except (ConformanceError, ValueError):
            return None


def _elements_of(case: Case) -> int:
    return sum(map(math.prod, (case.input, case.filters, case.output, case.out_backprop or ())))
