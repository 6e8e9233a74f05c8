"""One defect against one case of a run: does it explain the failure, would it be wrong where the run was right?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from conformance.case import Case, Operation, Outcome, Shape
from conformance.defects import RIGHT, Defect
from conformance.diagnosis.sightings import Benches, Sighting, Sign
from conformance.implementations import Implementation
from conformance.match import Likeness
from conformance.runner import Attempt, Result
from reference.geometry import explicit_pads

__all__ = ["Comparison", "Judge", "facts"]

_RELATIVES = 8
"""Cases before another one from which a mistake may have kept what makes it wrong there."""

Judge = Callable[[Case, Implementation], Attempt]
"""Tries an implementation on a case in the way of the run."""


class Comparison:
    """Compares defects with what a run has shown.

    Most defects are compared by the numbers of one answer. Those that remember something between calls, and all of
    them where not the numbers of the first answer were wrong, are judged in full, as implementations.

    Args:
        judge: tries an implementation in the way of the run.
        benches: of the cases.
        order: of the run, in which a mistake that remembers something may have kept it from an earlier case.

    Attributes:
        judge: the same.
    """

    def __init__(self, judge: Judge, benches: Benches, order: Sequence[Case] = ()) -> None:
        self.judge = judge
        self._benches = benches
        self._order = order
        self._related: dict[int, tuple[Case, ...]] = {}

    def likeness(self, defect: Defect, sighting: Sighting) -> Likeness:
        """Return how a defect's answer to a case is like the failure that was seen."""
        if not defect.operations(sighting.case.operation):
            return Likeness.NONE
        if sighting.sign is Sign.NUMBERS and defect.is_stateless:
            bench = self._benches.of(sighting.case)
            if bench is None or sighting.answer is None:
                return Likeness.NONE
            return bench.likeness(defect, sighting.answer)
        if not self._may_show(defect, sighting):
            return Likeness.NONE
        before = () if defect.is_stateless else self._relatives(sighting.case)
        *_, tried = self.echoes(defect, (*before, sighting.case))
        return Likeness.NUMBERS if self.is_same(tried, sighting) else Likeness.NONE

    def is_same(self, tried: Attempt, sighting: Sighting) -> bool:
        """Tell whether an attempt failed as was seen: by the same numbers, or with the same facts."""
        same = tried.result.outcome is Outcome.FAILED and tried.result.rule == sighting.result.rule
        if sighting.answer is None or tried.answer is None:
            return same and facts(tried.result) == facts(sighting.result)
        bench = self._benches.of(sighting.case)
        return same and tried.turn == 1 and bench is not None and bench.agree(sighting.answer, tried.answer)

    def is_harmless(self, defect: Defect, case: Case) -> bool | None:
        """Tell whether a defect passes a case; None where that cannot be told."""
        if not defect.operations(case.operation):
            return True
        if not _is_by_numbers(defect):
            (tried,) = self.echoes(defect, [case])
            return tried.result.outcome is Outcome.PASSED
        bench = self._benches.of(case)
        if bench is None:
            return None
        answer = bench.answer(defect)
        return answer is not None and bench.is_harmless(answer)

    def raises(self, defect: Defect, case: Case) -> bool:
        """Tell whether a defect gives no answer to a case."""
        bench = self._benches.of(case)
        return defect.is_stateless and bench is not None and bench.answer(defect) is None

    def echoes(self, defect: Defect, cases: Sequence[Case]) -> Iterator[Attempt]:
        """Yield the attempts of a defect at one case after the other, with what it remembers of those before."""
        implementation = Implementation(defect.name, "", dict(defect.functions()))
        return (self.judge(case, implementation) for case in cases)

    def _may_show(self, defect: Defect, sighting: Sighting) -> bool:
        """Tell, before it is judged in full, whether a defect could fail in the way that was seen."""
        rule = sighting.result.rule
        if rule == "refusal":
            return defect.accepts is not None
        if not _is_by_numbers(defect):
            return True
        bench = self._benches.of(sighting.case)
        answer = None if bench is None else bench.answer(defect)
        if rule in ("memory", "state"):
            return answer is None  # it raises where operands are read-only, as they are on a bench
        return answer is not None and bench is not None and bench.is_harmless(answer)

    def _relatives(self, case: Case) -> tuple[Case, ...]:
        """Return the first and the last cases of the same sizes that the run came to before a case, in their order.

        These are the sizes of its operands, or that of the image with its padding.
        """
        place = next((place for place, each in enumerate(self._order) if each is case), 0)
        if place not in self._related:
            asked, padded = _sizes(case), self._padded[place] if self._padded else ()
            alike = [number for number in range(place) if _sizes(self._order[number]) == asked]
            around = [number for number in range(place) if padded and self._padded[number] == padded]
            found = {number for part in (alike, around) for number in (*part[:1], *part[-_RELATIVES:])}
            self._related[place] = tuple(self._order[number] for number in sorted(found))
        return self._related[place]

    @cached_property
    def _padded(self) -> list[Shape]:
        return [_padded(case) for case in self._order]


def _sizes(case: Case) -> tuple[Operation, Shape, Shape]:
    return case.operation, case.input, case.filters


def _padded(case: Case) -> Shape:
    """Return the shape of the image with its padding; nothing where there is no such image."""
    if case.operation.is_transposed or case.operation.is_bias or case.refuses:
        return ()
    *taps, _, _ = case.filters
    found = explicit_pads(case.padding, case.input[1:-1], tuple(taps), case.strides, case.dilations)
    sizes = (size + sum(pair) for size, pair in zip(case.input[1:-1], found, strict=True))
    return (case.input[0], *sizes, case.input[-1])


def _is_by_numbers(defect: Defect) -> bool:
    """Tell whether all that a defect does shows in the numbers of one answer."""
    return defect.is_stateless and defect.returned is RIGHT.returned and defect.accepts is None


def facts(result: Result) -> list[str]:
    """Return the facts of a failure that do not depend on who failed."""
    return [line for line in result.detail.splitlines() if line.startswith(("rule:", "worst:", "wrong:"))]
