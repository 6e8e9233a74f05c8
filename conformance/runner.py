"""Running cases: every case gets its outcome, whatever the implementation does in the call."""

from __future__ import annotations

import shlex
import traceback
from dataclasses import dataclass, replace
from time import perf_counter

from conformance.case import Case, Outcome
from conformance.choices import Device
from conformance.data import Array, Operands, channels_last, make_operands
from conformance.errors import ConformanceError, Unsupported, described
from conformance.implementations import ForeignError, Implementation
from conformance.judgement import Accuracy, Expected, Reached, expect, judge
from conformance.match import diagnose, obvious
from conformance.refusal import refusal_broken, try_refusal
from conformance.surroundings import Surroundings, take_notes
from conformance.trial import Trial, try_case

__all__ = [
    "NOT_SOUGHT",
    "NO_MISTAKE",
    "Attempt",
    "Prepared",
    "Result",
    "answered",
    "attempt",
    "attempt_prepared",
    "explained",
    "options_of",
    "prepare",
    "raised",
]

NO_MISTAKE = "none of the known mistakes gives these numbers"
"""What the facts say of a failure that nothing explains."""

NOT_SOUGHT = "not looked for"
"""What they say where no known mistake was compared with it."""

_NAMED = 3
"""Mistakes that the facts of a failure name at most."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case with one implementation.

    Attributes:
        case: which case.
        implementation: the SPEC.
        outcome: what became of it.
        rule: by which it was judged, or what it broke.
        seconds: the calls took, three of them and more where they are repeated, judgement included.
        detail: the six facts of a failure, or why there is no verdict; nothing where it passed.
        diagnosis: the mistakes that explain a failure, each completing "it …".
        reached: the accuracy class and the margin; None where equality was asked and found, or no value was compared.
    """

    case: Case
    implementation: str
    outcome: Outcome
    rule: str = ""
    seconds: float = 0.0
    detail: str = ""
    diagnosis: tuple[str, ...] = ()
    reached: Reached | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One result with the arrays behind it.

    Attributes:
        result: what became of the case.
        operands: its data; None where nobody needs them any more.
        expected: the right answer; None where the call must be refused, or likewise.
        answer: what came, to the case's own data; None where nothing did.
        turn: in which call it went wrong, from 1.
        strays: what it changed beside the answer, in sentences without a subject; see `conformance.surroundings`.
    """

    result: Result
    operands: Operands | None
    expected: Expected | None
    answer: Array | None
    turn: int = 1
    strays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A case with all that is known of it before anybody is asked.

    Attributes:
        case: what is asked.
        operands: its data.
        expected: the right answer; None where the call must be refused.
    """

    case: Case
    operands: Operands
    expected: Expected | None


def prepare(case: Case) -> Prepared:
    """Make the data of a case, and find the right answer."""
    operands = make_operands(case)
    return Prepared(case, operands, None if case.refuses else expect(case, operands))


def attempt(
    case: Case,
    implementation: Implementation,
    *,
    rounds: int = 1,
    demand: Accuracy = Accuracy.EXACT_ORDER,
    search: bool = True,
) -> Attempt:
    """Run one case: prepare it, and try the implementation as `attempt_prepared` does."""
    return attempt_prepared(prepare(case), implementation, rounds=rounds, demand=demand, search=search)


def attempt_prepared(
    prepared: Prepared,
    implementation: Implementation,
    *,
    rounds: int = 1,
    demand: Accuracy = Accuracy.EXACT_ORDER,
    search: bool = True,
) -> Attempt:
    """Try the implementation on one case.

    Args:
        prepared: what is asked.
        implementation: who is asked.
        rounds: of calls, for faults that come and go; see `trial.try_case`.
        demand: the loosest accuracy class that passes.
        search: whether known mistakes are searched for one that explains wrong numbers.
    """
    case, operands, expected = prepared.case, prepared.operands, prepared.expected
    start = perf_counter()
    answer, turn = None, 1
    surroundings = Surroundings.now()
    try:
        if expected is None:
            trial = try_refusal(case, implementation, operands)
        else:
            trial = try_case(case, implementation, operands, expected, rounds=rounds, demand=demand, search=search)
        answer, turn = trial.answer, trial.turn
        otherwise = NO_MISTAKE if search else NOT_SOUGHT
        options = options_of(rounds, demand, implementation.device)
        result = _judged(case, implementation, trial, perf_counter() - start, options, otherwise)
    except Unsupported as limit:
        result = Result(case, implementation.name, Outcome.UNSUPPORTED, detail=str(limit))
    except ConformanceError as fault:
        result = Result(case, implementation.name, Outcome.ERROR, detail=f"{case.operation}: {fault}{_notes(fault)}")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        result = raised(case, implementation.name, error, perf_counter() - start)
    surroundings.restore()
    return Attempt(result, operands, expected, answer, turn, take_notes())


def answered(prepared: Prepared, name: str, answer: Array, *, demand: Accuracy, search: bool, again: str) -> Attempt:
    """Judge an answer that is there already.

    Args:
        prepared: the case that it answers.
        name: of the implementation.
        answer: in the case's layout.
        demand: the loosest accuracy class that passes.
        search: whether known mistakes are searched for one that explains wrong numbers.
        again: the command that shows it again.
    """
    case, operands, expected = prepared.case, prepared.operands, prepared.expected
    answer = channels_last(case, answer)
    if expected is None:
        trial = Trial(answer, *refusal_broken(case, answer))
    else:
        verdict = judge(case, expected, answer, demand)
        explain = diagnose if search else obvious
        known = [] if verdict.passed or verdict.note else explain(case, operands, expected, answer)
        trial = Trial(answer, verdict, tuple(known))
    result = _judged(case, Implementation(name, "", {}), trial, 0.0, [], NO_MISTAKE if search else NOT_SOUGHT)
    lines = [f"again:  {again}" if line.startswith("again:") else line for line in result.detail.splitlines()]
    return Attempt(replace(result, detail="\n".join(lines)), operands, expected, answer)


def raised(case: Case, name: str, error: BaseException, seconds: float = 0.0) -> Result:
    """Return the result of a case in which the implementation `name` raised."""
    detail = f"{case.operation} raised {described(error)}{_place(error)}{_notes(error)}"
    return Result(case, name, Outcome.ERROR, "", seconds, detail)


def explained(result: Result, mistakes: tuple[str, ...], otherwise: str) -> Result:
    """Return the result of a failure with other mistakes to explain it, in its facts too.

    Args:
        result: of a case that failed.
        mistakes: each completing "it …", the likeliest first.
        otherwise: what the facts say where there are none.
    """
    likely = f"likely: {_likely(mistakes) or otherwise}"
    lines = [likely if line.startswith("likely:") else line for line in result.detail.splitlines()]
    return replace(result, diagnosis=mistakes, detail="\n".join(lines))


def _judged(
    case: Case, implementation: Implementation, trial: Trial, seconds: float, options: list[str], otherwise: str
) -> Result:
    verdict = trial.verdict
    if verdict.passed:
        return Result(case, implementation.name, Outcome.PASSED, verdict.rule, seconds, reached=verdict.reached)
    detail = _six_facts(case, implementation, trial, options, otherwise)
    return Result(
        case, implementation.name, Outcome.FAILED, verdict.rule, seconds, detail, trial.mistakes, verdict.reached
    )


def _place(error: BaseException) -> str:
    """Return where the error was raised, in words; nothing where that is outside of Python."""
    if isinstance(error, ForeignError):
        return ""
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({frames[-1].filename}:{frames[-1].lineno}, in {frames[-1].name})" if frames else ""


def _notes(error: BaseException) -> str:
    """Return what was noted to an error on its way, in words."""
    return "".join(f"; {note}" for note in getattr(error, "__notes__", ()))


def options_of(rounds: int, demand: Accuracy, device: Device = Device.CPU) -> list[str]:
    """Return the options of the command that judges in the same way."""
    given = {"--repeat": (rounds, 1), "--accuracy": (demand, Accuracy.EXACT_ORDER), "--device": (device, Device.CPU)}
    return [word for name, (value, usual) in given.items() if value != usual for word in (name, str(value))]


def _command(case: Case, implementation: Implementation, options: list[str]) -> str:
    """Return the command that shows the case again."""
    catalogue = [case.catalogue] if case.catalogue else []
    budget = [] if case.budget is None else ["--memory-budget", f"{case.budget:g}"]
    return shlex.join(["conformance", "show", case.id, *catalogue, "-i", implementation.name, *options, *budget])


def _likely(mistakes: tuple[str, ...]) -> str:
    """Return the first mistakes as a sentence, or nothing."""
    return "; or ".join(f"it {mistake}" for mistake in mistakes[:_NAMED])


def _six_facts(case: Case, implementation: Implementation, trial: Trial, options: list[str], otherwise: str) -> str:
    """Return the facts of a failure, one a line: what, by which rule, where, how much, why, and how to see it again."""
    verdict, mistakes = trial.verdict, trial.mistakes
    version = f" {implementation.version}" if implementation.version else ""
    likely = _likely(mistakes) or verdict.note or otherwise
    worst = verdict.worst or "none: the values are right"
    if worst.startswith("output[") and case.channels_first and case.operation.gives_image:
        worst = worst.replace("]", ", channels last]", 1)
    facts = {
        "case": f"{case.id}, {case.operation} {case.notation}, by {implementation.name}{version}",
        "rule": f"{verdict.rule}: {verdict.limit}",
        "worst": worst,
        "wrong": verdict.wrong,
        "likely": likely,
        "again": _command(case, implementation, options),
    }
    return "\n".join(f"{name + ':':<7} {fact}" for name, fact in facts.items())
