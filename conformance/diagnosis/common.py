"""What the failing cases have in common, against the passing ones: a short decision list over a case's parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from conformance.case import Case
from conformance.data import Array
from conformance.diagnosis.conditions import CONDITIONS

__all__ = ["find_common"]

_CONDITIONS = 3
"""Conditions of a rule, and rules, at most."""

_GAIN = 0.03
"""What a further condition must add to the worth of a rule."""

_LEAST_WORTH = 0.3
"""Worth below which a rule tells nothing; 1 is that of one without exceptions."""

_BEAM = 40
"""Rules that are tried with a further condition."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """Conditions, by their place, and for each case whether they all hold, failing ones first."""

    conditions: tuple[int, ...]
    holds: Array


def find_common(failing: Sequence[Case], passing: Sequence[Case]) -> list[str]:
    """Return sentences that tell failing cases from passing ones, as "all 3 failing cases, and none of the 9 …".

    Args:
        failing: at least two, or nothing is in common.
        passing: at least one, or nothing can be told apart.
    """
    if len(failing) < 2 or not passing:
        return []
    table = np.array([[condition.of(case) for case in (*failing, *passing)] for condition in CONDITIONS])
    left = np.arange(len(failing) + len(passing)) < len(failing)
    sentences: list[str] = []
    while left.any() and len(sentences) < _CONDITIONS:
        rule = _best_rule(table, left, len(failing))
        if rule is None:
            break
        sentences.append(_sentence(rule, left, len(failing), is_first=not sentences))
        left = left & ~rule.holds
    return sentences


def _best_rule(table: Array, left: Array, failing: int) -> _Rule | None:
    """Return the rule that tells the failing cases that are left from the passing ones best, if any does."""
    rules = [_Rule((place,), holds) for place, holds in enumerate(table)]
    best: tuple[float, _Rule] | None = None
    while rules and len(rules[0].conditions) <= _CONDITIONS:
        worths = np.array([_worth(rule.holds, left, failing) for rule in rules])
        order = np.argsort(-worths, kind="stable")[:_BEAM]
        top, worth = rules[order[0]], float(worths[order[0]])
        if best is None or worth > best[0] + _GAIN or (worth == 1 > best[0]):
            best = (worth, top)
        if best[0] == 1:
            break
        rules = list(_longer([rules[place] for place in order], table))
    return best[1] if best is not None and best[0] >= _LEAST_WORTH else None


def _longer(rules: list[_Rule], table: Array) -> Iterator[_Rule]:
    """Yield the rules with a further condition that changes them."""
    for rule in rules:
        for place, holds in enumerate(table):
            both = rule.holds & holds
            if place not in rule.conditions and not np.array_equal(both, rule.holds):
                yield _Rule((*rule.conditions, place), both)


def _worth(holds: Array, left: Array, failing: int) -> float:
    """Return how well a rule tells failing from passing cases: 1 without exceptions, 0 where it is of no use."""
    found, wrong = np.count_nonzero(holds & left), np.count_nonzero(holds[failing:])
    if not found:
        return 0.0
    share = found / np.count_nonzero(left) - wrong / (len(holds) - failing)
    return share * found / (found + wrong)


def _sentence(rule: _Rule, left: Array, failing: int, is_first: bool) -> str:
    words = " and ".join(CONDITIONS[place].words for place in sorted(rule.conditions))
    found, total = int(np.count_nonzero(rule.holds & left)), int(np.count_nonzero(left))
    wrong, passing = int(np.count_nonzero(rule.holds[failing:])), len(rule.holds) - failing
    cases = "failing cases" if is_first else f"other{'s' * (total > 1)}"
    who = f"{'all' if is_first else 'the'} {total} {cases}" if found == total else f"{found} of {total} {cases}"
    others = f"{wrong or 'none'} of the {passing} passing ones" if passing > 1 else "not the only passing one"
    return f"{who}, and {others}, have {words}"
