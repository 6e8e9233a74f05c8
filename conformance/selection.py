"""Choosing cases by an expression over ids and tags, as in `pytest -k`.

    EXPR = TERM ("or" TERM)*      TERM = FACTOR ("and" FACTOR)*      FACTOR = "not" FACTOR | "(" EXPR ")" | WORD

A WORD selects the cases whose id contains it, and those that have it as a tag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from conformance.case import Case
from conformance.errors import UsageError

__all__ = ["select"]

Predicate = Callable[[Case], bool]


def select(cases: Sequence[Case], expression: str) -> list[Case]:
    """Return the cases that `expression` selects, in their order; all where it is empty.

    Raises:
        UsageError: the expression is malformed, or selects nothing.
    """
    if not expression.strip():
        return list(cases)
    tokens = re.findall(r"\(|\)|[^\s()]+", expression)
    try:
        predicate = _disjunction(tokens)
        if tokens:
            raise IndexError
    except IndexError as error:
        raise UsageError(f"-k must be words joined by and, or, not and parentheses, but is {expression!r}") from error
    chosen = [case for case in cases if predicate(case)]
    if not chosen:
        raise UsageError(f"-k {expression!r} selects none of {len(cases)} cases; `conformance list` shows their ids")
    return chosen


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
