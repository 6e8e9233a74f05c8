"""Two mistakes at once: where no single one gives the numbers, both of a pair may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np

from conformance.data import Array
from conformance.defects import RIGHT, Call, Defect
from conformance.diagnosis.evidence import Inquiry
from conformance.diagnosis.sightings import Clock, Sighting, Sign
from conformance.match import Likeness

__all__ = ["compose", "search_pairs"]

_CHANGES = ("asked", "padded", "sized", "tabled")
_FINISHES = ("summed", "finished", "returned")

_INNOCENCE = 24
"""Passing cases on which a mistake must do no harm before it is paired."""


def compose(first: Defect, second: Defect) -> Defect | None:
    """Return the defect that makes both mistakes, at each step the first one's first.

    Returns:
        None where both replace a step that can be replaced once only, or one of them remembers something.
    """
    if not (first.is_stateless and second.is_stateless):
        return None
    hooks: dict[str, Any] = {name: _both(first, second, name) for name in _CHANGES}
    hooks |= {name: _both_finish(first, second, name) for name in _FINISHES}
    for name in ("contract", "add_bias"):
        owners = [each for each in (first, second) if getattr(each, name) is not getattr(RIGHT, name)]
        if len(owners) == 2:
            return None
        if owners:
            hooks[name] = _where(owners[0], name)
    name, group = f"{first.name}+{second.name}", "two mistakes"
    return Defect(name, group, f"{first.mistake}, and it {second.mistake}", **hooks)


def search_pairs(inquiry: Inquiry, clock: Clock) -> None:
    """Find pairs that explain failing cases which no single mistake explains.

    Mistakes that explain other failing cases are paired with any other first, then all that do no harm with each other.
    """
    seeds = [place for place in inquiry.unexplained if inquiry.failing[place].sign is Sign.NUMBERS]
    innocent = list(inquiry.innocent(clock, _INNOCENCE)) if seeds else []
    known = [each.defect for each in inquiry.suspects if each.defect in innocent and each.likeness is Likeness.NUMBERS]
    for place in seeds:
        if clock.is_up or inquiry.is_explained(place):
            continue
        seed = inquiry.failing[place]
        for pair in _pairs(inquiry, seed, [each for each in known if each is not None], innocent):
            if clock.is_up:
                break
            if inquiry.comparison.likeness(pair, seed) is Likeness.NUMBERS:
                inquiry.accuse(pair, clock, parts=2)


def _pairs(inquiry: Inquiry, seed: Sighting, known: list[Defect], innocent: list[Defect]) -> Iterator[Defect]:
    """Yield the pairs of mistakes that each do something to the numbers of a case."""
    active = [each for each in innocent if inquiry.comparison.is_harmless(each, seed.case) is False]
    leading = [each for each in active if each in known]
    rest = [each for each in active if each not in known]
    couples = [*combinations(leading, 2), *((one, other) for one in leading for other in rest), *combinations(rest, 2)]
    for one, other in couples:
        pair = compose(one, other)
        if pair is None:
            continue
        yield pair
        reverse = compose(other, one) if _meet(one, other) else None
        if reverse is not None:
            yield reverse


def _meet(one: Defect, other: Defect) -> bool:
    """Tell whether two defects replace the same step, so that it matters which comes first."""
    names = (*_CHANGES, *_FINISHES)
    return any(getattr(one, name) != getattr(RIGHT, name) != getattr(other, name) for name in names)


def _where(defect: Defect, name: str) -> Callable[..., Any]:
    """Return a hook that does what the defect does where it sits, and what is right elsewhere."""
    wrong, right = getattr(defect, name), getattr(RIGHT, name)
    if wrong is right:
        return right  # type: ignore[no-any-return]

    def hook(*arguments: Any) -> Any:
        call: Call = arguments[-1]
        return (wrong if defect.operations(call.operation) else right)(*arguments)

    return hook


def _both(first: Defect, second: Defect, name: str) -> Callable[[Call], Call]:
    one, other = _where(first, name), _where(second, name)
    return lambda call: other(one(call))


def _both_finish(first: Defect, second: Defect, name: str) -> Callable[[Array, Call], Array]:
    if all(getattr(each, name) is getattr(RIGHT, name) for each in (first, second)):
        return getattr(RIGHT, name)  # type: ignore[no-any-return]
    one, other = _where(first, name), _where(second, name)
    return lambda output, call: np.asarray(other(one(output, call), call))
