"""The judgement of one answer, from the strictest rule down: shape, dtype, then values.

Values are judged by these rules; a case may have to satisfy two:

| rule      | asks                                                           | when                             |
|-----------|----------------------------------------------------------------|----------------------------------|
| `exact`   | equality with the reference and with the literal               | equality is proved from the data |
| `bound`   | bounds derived from Σ|input·filters|, see `judgement.bound`    | the data are real-valued         |
| `printed` | the literal, to half a unit of its last decimal plus the bound | the literal has decimals         |
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from conformance.case import Case
from conformance.data import Array
from conformance.judgement import bound
from conformance.judgement.expected import Expected
from conformance.judgement.formats import ACCUMULATOR, FORMATS

__all__ = ["Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about one answer.

    Attributes:
        passed: whether every rule holds.
        rule: the rules of the case, or the one that was broken.
        limit: what that rule allows, in words.
        worst: the element that breaks it the most, in words.
        wrong: how many of how many elements break it, in words.
        note: what else a reader should know, or nothing.
    """

    passed: bool
    rule: str
    limit: str = ""
    worst: str = ""
    wrong: str = ""
    note: str = ""


@np.errstate(invalid="ignore", over="ignore")
def judge(case: Case, expected: Expected, answer: Array) -> Verdict:
    """Judge `answer`, of any shape and dtype, against the right one.

    Args:
        case: gives the output's shape, its dtype and the literal.
        expected: the right answer and its proof.
        answer: what the implementation returned.
    """
    if answer.shape != case.output:
        worst = f"none compared: the shape is {_shape(answer.shape)}, must be {_shape(case.output)}"
        return Verdict(False, "shape", f"the shape {_shape(case.output)}", worst, _all(expected))
    if answer.dtype.name != case.out_dtype:
        worst = f"none compared: the dtype is {answer.dtype}, must be {case.out_dtype}"
        return Verdict(False, "dtype", f"the dtype {case.out_dtype}", worst, _all(expected))
    verdict = _exact(expected, answer) if expected.exact else _bounded(case, expected, answer)
    if not verdict.passed or case.literal is None:
        return verdict
    literal = _literal(case, expected, answer)
    return literal if not literal.passed or verdict.rule == literal.rule else Verdict(True, f"{verdict.rule}, printed")


def _exact(expected: Expected, answer: Array) -> Verdict:
    error = np.abs(answer.astype(np.float64) - expected.value)
    limit = np.zeros_like(error)
    return _compare("exact", f"equality; {expected.proof}", answer, expected.value, error, limit)


def _bounded(case: Case, expected: Expected, answer: Array) -> Verdict:
    limit = bound.elementwise(expected.largest, expected.magnitude, expected.terms, case.out_dtype)
    error = np.abs(answer.astype(np.float64) - expected.value)
    u = FORMATS[ACCUMULATOR[case.out_dtype]].unit_roundoff
    rule = f"|error| ≤ 2·{expected.terms}·u·Σ|input·filters|, u = {u:.3g}"
    verdict = _compare("bound", rule, answer, expected.value, error, limit)
    if not verdict.passed:
        return verdict
    signed = answer.astype(np.float64) - expected.value
    total = bound.broken_total(signed, expected.value, expected.magnitude, expected.terms, case.out_dtype)
    if not total:
        return verdict
    return Verdict(False, "bound", total, _worst(answer, expected.value, error, limit), f"all {error.size:,} together")


def _literal(case: Case, expected: Expected, answer: Array) -> Verdict:
    """Compare with the values that the catalogue states, all of them or the leading rows."""
    literal = case.literal
    assert literal is not None
    rows = case.output[1] if literal.rows is None else literal.rows
    stated = np.asarray(literal.values, np.float64).reshape(case.output[0], rows, *case.output[2:])
    part, reference = answer[:, :rows], expected.value[:, :rows]
    error = np.abs(part.astype(np.float64) - stated)
    rounding = bound.elementwise(expected.largest, expected.magnitude, expected.terms, case.out_dtype)[:, :rows]
    if literal.decimals is None:
        rule, limit, words = "exact", np.zeros_like(error), "equality with the literal in the catalogue"
        if not expected.exact:
            limit = rounding
            rule, words = "bound", "the literal in the catalogue, to the bound"
    else:
        half = 0.5 * 10.0**-literal.decimals
        limit = half + rounding
        rule, words = "printed", f"the printed value to half a unit of decimal {literal.decimals}, plus the bound"
    verdict = _compare(rule, words, part, stated, error, limit)
    if not verdict.passed and np.any(np.abs(reference - stated) > limit):
        return replace(verdict, note="the reference disagrees with the literal too: check the literal in the catalogue")
    return verdict


def _compare(rule: str, limit_text: str, answer: Array, wanted: Array, error: Array, limit: Array) -> Verdict:
    broken = ~(error <= limit)
    if not broken.any():
        return Verdict(True, rule)
    wrong = f"{np.count_nonzero(broken):,} of {error.size:,} elements"
    return Verdict(False, rule, limit_text, _worst(answer, wanted, error, limit), wrong)


def _worst(answer: Array, wanted: Array, error: Array, limit: Array) -> str:
    """Return the element with the largest error in units of its limit, in words; NaN is the largest."""
    with np.errstate(divide="ignore", invalid="ignore"):
        units = np.where(limit > 0, error / limit, np.where(error > 0, np.inf, 0.0))
    rank = units if limit.any() else error
    index = tuple(int(place) for place in np.unravel_index(np.argmax(np.nan_to_num(rank, nan=np.inf)), error.shape))
    values = f"output{list(index)} is {_number(answer[index])}, must be {_number(wanted[index])}"
    if np.isnan(error[index]):
        return f"{values}: no error can be measured"
    excess = f"{units[index]:.3g} times the limit" if np.isfinite(units[index]) else "where no error is allowed"
    return f"{values}: off by {_number(error[index])}, {excess}"


def _number(value: np.generic) -> str:
    return f"{float(value):.9g}"


def _shape(shape: tuple[int, ...]) -> str:
    return f"({'×'.join(map(str, shape))})"


def _all(expected: Expected) -> str:
    return f"all {expected.value.size:,} elements"
