"""The judgement of one answer, from the strictest rule down: shape, dtype, special values, then values.

Values are judged by these rules; a case may have to satisfy two:

| rule      | asks                                                           | when                             |
|-----------|----------------------------------------------------------------|----------------------------------|
| `special` | NaN and Inf where they must be, see `judgement.special`        | some output is not finite        |
| `exact`   | equality with the reference and with the literal               | equality is proved from the data |
| `bound`   | the bounds of an accuracy class, see `judgement.accuracy`      | the data are real-valued         |
| `printed` | the literal, to half a unit of its last decimal plus the bound | the literal has decimals         |

Where an accuracy looser than `exact-order` is demanded, an answer that is not equal may still keep the bound of a
looser class: fast algorithms and lower precision round whole numbers too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from conformance.case import Case, DType
from conformance.data import Array
from conformance.judgement import bound, special
from conformance.judgement.accuracy import Accuracy, Reached, accepted_by, classify, elementwise_limit
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
        reached: the accuracy class; None where equality was asked and found, or no value was compared.
    """

    passed: bool
    rule: str
    limit: str = ""
    worst: str = ""
    wrong: str = ""
    note: str = ""
    reached: Reached | None = None


@np.errstate(invalid="ignore", over="ignore")
def judge(case: Case, expected: Expected, answer: Array, demand: Accuracy = Accuracy.EXACT_ORDER) -> Verdict:
    """Judge `answer`, of any shape and dtype, against the right one.

    Args:
        case: gives the output's shape, its dtype and the literal.
        expected: the right answer and its proof.
        answer: what the implementation returned, channels last.
        demand: the loosest accuracy class that passes.
    """
    if answer.shape != case.output:
        got, wanted = (_shape(case.answer_in_layout(shape)) for shape in (answer.shape, case.output))
        worst = f"none compared: the shape is {got}, must be {wanted}"
        return Verdict(False, "shape", f"the shape {wanted}", worst, _all(expected))
    if answer.dtype.name != case.out_dtype:
        worst = f"none compared: the dtype is {answer.dtype}, must be {case.out_dtype}"
        return Verdict(False, "dtype", f"the dtype {case.out_dtype}", worst, _all(expected))
    value, finite = expected.value, expected.norms.finite
    places = special.rightful(value, expected.largest, expected.magnitude, expected.terms, case.out_dtype, finite)
    numbers, rules = answer.astype(np.float64), tuple[str, ...]()
    if places.matters or (expected.padding is not None and expected.padding.any()):
        of_image = case.operation.gives_image and not case.operation.is_bias
        breach = special.find_breach(numbers, value, places, expected.padding, finite, of_image)
        if breach is not None:
            return Verdict(False, "special", breach.limit, breach.worst, breach.wrong)
        rules = ("special",)
        numbers = np.where(np.isfinite(numbers) & np.isfinite(value), numbers, value)
    judge_values = _exact if expected.exact else _bounded
    verdict = judge_values(case, expected, numbers, demand)
    if verdict.passed and case.literal is not None:
        exact_order = verdict.reached is None or verdict.reached.accuracy is Accuracy.EXACT_ORDER
        literal = _literal(case, expected, numbers if exact_order else expected.value)
        if not literal.passed:
            return literal
        rules += (verdict.rule, literal.rule)
    else:
        rules += (verdict.rule,)
    return replace(verdict, rule=", ".join(dict.fromkeys(rules))) if verdict.passed else verdict


def _exact(case: Case, expected: Expected, answer: Array, demand: Accuracy) -> Verdict:
    error = _error(answer, expected.value)
    limit = np.zeros_like(error)
    verdict = _compare("exact", f"equality; {expected.proof}", answer, expected.value, np.abs(error), limit)
    if verdict.passed or demand is Accuracy.EXACT_ORDER or case.out_dtype is DType.INT32:
        return verdict
    reached = classify(case, expected, error, demand, tuple(Accuracy)[1:])
    if reached.accuracy in accepted_by(demand):
        return Verdict(True, "bound", reached=reached)
    return replace(
        verdict, limit=f"{verdict.limit}, or the bound of {demand}; {_words(reached, demand)}", reached=reached
    )


def _bounded(case: Case, expected: Expected, answer: Array, demand: Accuracy) -> Verdict:
    error = _error(answer, expected.value)
    reached = classify(case, expected, error, demand, Accuracy)
    if reached.accuracy in accepted_by(demand):
        return Verdict(True, "bound", reached=reached)
    verdict = _broken(case, expected, answer, error, demand)
    return replace(verdict, limit=f"{verdict.limit}; {_words(reached, demand)}", reached=reached)


def _broken(case: Case, expected: Expected, answer: Array, error: Array, demand: Accuracy) -> Verdict:
    """Return what is said about an answer that breaks the bounds of the class that is demanded."""
    shown = Accuracy.EXACT_ORDER if demand is Accuracy.FAST_ALGORITHM else demand
    limit, size = elementwise_limit(shown, expected, case.out_dtype), np.abs(error)
    worst = _worst(answer, expected.value, size, limit)
    if demand is Accuracy.FAST_ALGORITHM:
        rule = "the 2-norm of the errors of each image and channel"
        return Verdict(False, "bound", rule, worst, f"all {error.size:,} together")
    u = FORMATS[ACCUMULATOR[case.out_dtype]].unit_roundoff
    rule = f"|error| ≤ 2·{expected.terms}·u·Σ|input·filters|, u = {u:.3g}"
    if demand is not Accuracy.EXACT_ORDER:
        rule = f"{rule}, and the error of operands rounded to {demand}"
    verdict = _compare("bound", rule, answer, expected.value, size, limit)
    if not verdict.passed:
        return verdict
    together = bound.totals(error, expected.value, expected.magnitude, expected.terms, case.out_dtype)
    worst_total = max(together, key=lambda total: total.ratio)
    return Verdict(False, "bound", worst_total.words, worst, f"all {error.size:,} together")


def _words(reached: Reached, demand: Accuracy) -> str:
    demanded = f"{demand} is demanded, and missed by a factor of {reached.demanded:.3g}"
    if reached.accuracy is None:
        return f"{demanded}; no class is reached"
    return f"{demanded}; {reached.accuracy} is reached, at {reached.margin:.2g} of its bound"


def _error(answer: Array, value: Array) -> Array:
    """Return answer - value; 0 where they are the same infinity, or both NaN."""
    same = (answer == value) | (np.isnan(answer) & np.isnan(value))
    return np.where(same, 0.0, answer.astype(np.float64) - value)


def _literal(case: Case, expected: Expected, answer: Array) -> Verdict:
    """Compare with the values that the catalogue states, all of them or the leading rows.

    Of an answer that a looser class accepts, the reference stands in for it, from which its distance is known.
    """
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
