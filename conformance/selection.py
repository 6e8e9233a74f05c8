"""Choosing cases by their tier, and by an expression over ids and tags, as in `pytest -k`.

    EXPR = TERM ("or" TERM)*      TERM = FACTOR ("and" FACTOR)*      FACTOR = "not" FACTOR | "(" EXPR ")" | WORD

A WORD selects the cases whose id contains it, and those that have it as a tag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from conformance.case import Tier
from conformance.errors import UsageError

__all__ = ["Selectable", "select", "selected"]


class Selectable(Protocol):
    """What a case is chosen by; it need not be built for that."""

    @property
    def id(self) -> str:
        """The name of the case."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Words to select by."""

    @property
    def tier(self) -> Tier:
        """When it is run."""


Chosen = TypeVar("Chosen", bound=Selectable)

Predicate = Callable[[Selectable], bool]


def select(cases: Iterable[Chosen], expression: str = "", tier: Tier = Tier.FULL) -> list[Chosen]:
    """Return what `selected` yields."""
    return list(selected(cases, expression, tier))


def selected(cases: Iterable[Chosen], expression: str = "", tier: Tier = Tier.FULL) -> Iterator[Chosen]:
    """Yield the cases of a tier that `expression` selects, in their order.

    Args:
        cases: to choose from.
        expression: over ids and tags; all are chosen where it is empty.
        tier: `full` has the cases of `core` too.

    Raises:
        UsageError: the expression is malformed, or, at the end, nothing was selected.
    """
    predicate = _parsed(expression)
    count = matching = chosen = 0
    for case in cases:
        count += 1
        if predicate(case):
            matching += 1
            if tier is Tier.FULL or case.tier is tier:
                chosen += 1
                yield case
    if matching and not chosen:
        words = f"-k {expression!r} selects" if expression.strip() else "there are"
        raise UsageError(f"{words} only cases of the tier full; run them with --tier full")
    if count and not chosen:
        raise UsageError(f"-k {expression!r} selects none of {count} cases; `conformance list` shows their ids")


def _parsed(expression: str) -> Predicate:
    if not expression.strip():
        return lambda case: True
    tokens = re.findall(r"\(|\)|[^\s()]+", expression)
    try:
        predicate = _disjunction(tokens)
        if tokens:
            raise IndexError
    except IndexError as error:
        raise UsageError(f"-k must be words joined by and, or, not and parentheses, but is {expression!r}") from error
    return predicate


def _disjunction(tokens: list[str]) -> Predicate:
    terms = [_conjunction(tokens)]
    while tokens and tokens[0] == "or":
        tokens.pop(0)
        terms.append(_conjunction(tokens))
    return lambda case: any(term(case) for term in terms)


def _conjunction(tokens: list[str]) -> Predicate:
    factors = [_factor(tokens)]
    while tokens and tokens[0] == "and":
        tokens.pop(0)
        factors.append(_factor(tokens))
    return lambda case: all(factor(case) for factor in factors)


def _factor(tokens: list[str]) -> Predicate:
    token = tokens.pop(0)
    if token == "not":  # noqa: S105
        inner = _factor(tokens)
        return lambda case: not inner(case)
    if token == "(":  # noqa: S105
        inner = _disjunction(tokens)
        if tokens.pop(0) != ")":
            raise IndexError
        return inner
    if token in (")", "and", "or"):
        raise IndexError
    return lambda case: token in case.id or token in case.tags
