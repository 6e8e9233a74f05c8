"""What a whole run says of the known mistakes: which explain its failures, and do no harm where it was right.

A mistake is looked for at a failing case that none explains yet, those first that are large enough to tell mistakes
apart. Those that give its very numbers are compared with the other failing cases, and with the passing ones, until one
of these speaks against them. Mistakes that remember something have to be run in full; they are asked where no other is
found.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from conformance.case import Case, Outcome
from conformance.defects import Defect
from conformance.diagnosis.comparison import Comparison
from conformance.diagnosis.sightings import Clock, Gathering, Sighting, size_of
from conformance.match import Likeness, shape_only

__all__ = ["Inquiry", "Suspect", "ranked"]

_TELLING = 20_000
"""The size of a case (see `size_of`) at which most mistakes differ, and nothing takes long."""

_GLANCE = 16
"""Failing cases that a suspect is compared with once a passing case speaks against it."""

_FOLLOWED = 3
"""Mistakes that remember something and go through the whole run."""

_RARE = 0.1
"""Failing cases for each passing one, up to which mistakes that show seldom are tried first: the last of the kit."""

_SHAPES = 8
"""Mistakes that are followed where only the shape of an answer speaks for them."""


@dataclass(slots=True)
class Suspect:
    """A mistake that explains some failing case.

    Attributes:
        mistake: completing "it …".
        defect: which makes it; None where a failure tells its mistake itself.
        likeness: what it explains of the answers.
        parts: of how many known mistakes it is made.
        explains: the failing cases that it explains, by their place.
        compared: how many failing cases it was compared with.
        raises: how many cases it gives no answer to, of those that had none.
        spared: passing cases that it was compared with, and does no harm to.
        harmed: a passing case on which it would be wrong, by its id; nothing where there is none.
        echoed: cases with the same outcome when it went through the whole run, if it was made to.
    """

    mistake: str
    defect: Defect | None
    likeness: Likeness = Likeness.NUMBERS
    parts: int = 1
    explains: set[int] = field(default_factory=set)
    compared: int = 0
    raises: int = 0
    spared: int = 0
    harmed: str = ""
    echoed: int = 0

    def claims(self, places: set[int]) -> set[int]:
        """Return which of some failing cases it explains, those among them that there was no time to compare."""
        return places if 0 < self.compared == len(self.explains) else places & self.explains


def ranked(suspects: Iterable[Suspect]) -> list[Suspect]:
    """Return the suspects, the likeliest first, one for each mistake."""

    def doubt(suspect: Suspect) -> tuple[bool, bool, float, int, bool, int, int]:
        of_shape, itself = suspect.likeness is not Likeness.NUMBERS, suspect.defect is None
        explained = len(suspect.explains)
        share = explained / max(1, suspect.compared)  # where time is short, not all are compared with all cases
        more = (-(suspect.echoed or explained + suspect.spared), -suspect.raises)
        return bool(suspect.harmed), of_shape, -share, suspect.parts, itself, *more

    best: dict[str, Suspect] = {}
    for suspect in sorted(suspects, key=doubt):
        best.setdefault(suspect.mistake, suspect)
    return list(best.values())


class Inquiry:
    """The search for mistakes that explain a run.

    Args:
        gathering: what the run has shown.
        comparison: of defects with it.
        kit: the known mistakes.

    Attributes:
        failing: the sightings, the smallest cases first.
        passing: the cases that were passed, the most telling first.
        suspects: what was found, in the order in which it was.
        unexplained: places of the failing cases that no suspect explains, as far as they were looked at.
    """

    def __init__(self, gathering: Gathering, comparison: Comparison, kit: Sequence[Defect]) -> None:
        self.failing: list[Sighting] = sorted(gathering.failing, key=lambda sighting: size_of(sighting.case))
        self.passing: list[Case] = sorted(gathering.passing, key=_reticence)
        self.suspects: list[Suspect] = list(self._told())
        self.unexplained: list[int] = []
        self.comparison = comparison
        self._order = gathering.order
        self._kit = kit
        self._telling = sorted(range(len(self.failing)), key=lambda place: _reticence(self.failing[place].case))

    def search(self, clock: Clock) -> None:
        """Find the suspects among single mistakes."""
        asked: set[tuple[int, Likeness]] = set()
        for place in self._telling:
            if clock.is_up:
                return
            if not self.failing[place].is_comparable or self.is_explained(place):
                continue
            for is_stateless in (True, False):
                best, alike = self._alike(self.failing[place], is_stateless, clock)
                for defect in alike if best is Likeness.NUMBERS else alike[:_SHAPES]:
                    if (id(defect), best) not in asked:
                        asked.add((id(defect), best))
                        self.accuse(defect, clock, likeness=best)
                if self.is_explained(place):
                    break
            if not self.is_explained(place):
                self.unexplained.append(place)

    def _alike(self, sighting: Sighting, is_stateless: bool, clock: Clock) -> tuple[Likeness, list[Defect]]:
        """Return the defects whose answers are most like a failure, as far as time allows, and how like they are."""
        kit = [each for each in self._kit if each.is_stateless is is_stateless]
        seldom = len(self.failing) <= _RARE * len(self.passing)
        found = dict[str, Likeness]()
        for each in reversed(kit) if seldom else kit:
            if clock.is_up:
                break
            found[each.name] = self.comparison.likeness(each, sighting)
        best = max(found.values(), default=Likeness.NONE)
        return best, [each for each in kit if found.get(each.name) is best and best is not Likeness.NONE]

    def follow(self, clock: Clock) -> None:
        """Make the likeliest of the mistakes that remember something go through the run, in its order.

        What they keep from one case may be wrong in another.
        """
        places = {sighting.case.id: place for place, sighting in enumerate(self.failing)}
        forgetful = [each for each in ranked(self.suspects) if each.defect and not each.defect.is_stateless]
        for suspect in forgetful[:_FOLLOWED]:
            assert suspect.defect is not None
            explained, echoed = set(suspect.explains), 0
            for tried in self.comparison.echoes(suspect.defect, self._order):
                place = places.get(tried.result.case.id)
                same = tried.result.outcome is Outcome.PASSED
                if place is not None:
                    same = self.comparison.is_same(tried, self.failing[place])
                    explained |= {place} if same else set()
                echoed += same
                if clock.is_up:
                    return
            suspect.explains, suspect.compared, suspect.echoed = explained, len(self.failing), echoed

    def accuse(self, defect: Defect, clock: Clock, parts: int = 1, likeness: Likeness = Likeness.NUMBERS) -> Suspect:
        """Return the suspect that a defect makes, compared with the whole run."""
        mistake = defect.mistake if likeness is Likeness.NUMBERS else shape_only(defect.mistake)
        suspect = Suspect(mistake, defect, likeness, parts)
        self._look_for_harm(suspect, defect, clock)
        for place in self._telling[:_GLANCE] if suspect.harmed else self._telling:
            sighting = self.failing[place]
            if sighting.is_comparable:
                suspect.compared += 1
                if self.comparison.likeness(defect, sighting) >= likeness:
                    suspect.explains.add(place)
            else:
                suspect.raises += self.comparison.raises(defect, sighting.case)
            if clock.is_up:
                break
        self.suspects.append(suspect)
        return suspect

    def innocent(self, clock: Clock, most: int) -> Iterator[Defect]:
        """Yield the stateless defects that do no harm on the most telling passing cases, `most` of them."""
        for defect in self._kit:
            if defect.is_stateless and not clock.is_up:
                verdicts = (self.comparison.is_harmless(defect, case) for case in self.passing[:most])
                if all(verdict is not False for verdict in verdicts):
                    yield defect

    def _look_for_harm(self, suspect: Suspect, defect: Defect, clock: Clock) -> None:
        if suspect.likeness is not Likeness.NUMBERS:
            return
        for case in self.passing:
            if clock.is_up:
                return
            harmless = self.comparison.is_harmless(defect, case)
            if harmless is False:
                suspect.harmed = case.id
                return
            suspect.spared += harmless is not None

    def is_explained(self, place: int) -> bool:
        """Tell whether a suspect explains a failing case by its numbers, and nothing speaks against that suspect."""
        return any(
            place in each.explains and not each.harmed and each.defect is not None and each.likeness is Likeness.NUMBERS
            for each in self.suspects
        )

    def _told(self) -> Iterator[Suspect]:
        """Yield a suspect for each mistake that failures told themselves."""
        told: dict[str, set[int]] = {}
        for place, sighting in enumerate(self.failing):
            for mistake in sighting.result.diagnosis:
                told.setdefault(_in_general(mistake), set()).add(place)
        for mistake, places in told.items():
            yield Suspect(mistake, None, explains=places, compared=len(self.failing))


def _reticence(case: Case) -> float:
    """Return how far the size of a case is from that at which it tells most."""
    return abs(math.log(max(1, size_of(case)) / _TELLING))


def _in_general(mistake: str) -> str:
    """Return what a failure told itself, without the numbers of its case.

    >>> _in_general("changes 2 of 9 elements of filters, [0, 0, 0, 0] first, from 1.0 to 7.0")
    'changes elements of filters'
    """
    return re.sub(r"\d[\d,]* (of \d[\d,]* )?elements", "elements", mistake).partition(", [")[0]
