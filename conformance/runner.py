"""Running cases: every case gets its outcome, whatever the implementation does in the call."""

from __future__ import annotations

import shlex
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter

from conformance.case import Case, Outcome
from conformance.data import Array, Operands, make_operands
from conformance.errors import ConformanceError, Unsupported, described
from conformance.implementations import Implementation
from conformance.judgement import Accuracy, Expected, Reached, expect
from conformance.refusal import try_refusal
from conformance.trial import Trial, try_case

__all__ = ["Attempt", "Result", "attempt", "run"]


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
    """One result with the arrays behind it; `answer` is None where none came, `expected` where none may come."""

    result: Result
    operands: Operands
    expected: Expected | None
    answer: Array | None


def run(
    cases: Iterable[Case],
    implementation: Implementation,
    *,
    rounds: int = 1,
    demand: Accuracy = Accuracy.EXACT_ORDER,
) -> Iterator[Result]:
    """Yield the result of each case, in their order; `rounds` and `demand` as in `attempt`."""
    for case in cases:
        yield attempt(case, implementation, rounds=rounds, demand=demand).result


def attempt(
    case: Case, implementation: Implementation, *, rounds: int = 1, demand: Accuracy = Accuracy.EXACT_ORDER
) -> Attempt:
    """Run one case: make its data, find the right answer, try the implementation.

    Args:
        case: what is asked.
        implementation: who is asked.
        rounds: of calls, for faults that come and go; see `trial.try_case`.
        demand: the loosest accuracy class that passes.
    """
    operands = make_operands(case)
    expected = None if case.refuses else expect(case, operands)
    start = perf_counter()
    answer = None
    try:
        if expected is None:
            trial = try_refusal(case, implementation, operands)
        else:
            trial = try_case(case, implementation, operands, expected, rounds=rounds, demand=demand)
        answer = trial.answer
        result = _judged(case, implementation, trial, perf_counter() - start, _options(rounds, demand))
    except Unsupported as limit:
        result = Result(case, implementation.name, Outcome.UNSUPPORTED, detail=str(limit))
    except ConformanceError as fault:
        result = Result(case, implementation.name, Outcome.ERROR, detail=f"{case.operation}: {fault}{_notes(fault)}")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        seconds = perf_counter() - start
        detail = f"{case.operation} raised {described(error)}{_place(error)}{_notes(error)}"
        result = Result(case, implementation.name, Outcome.ERROR, "", seconds, detail)
    return Attempt(result, operands, expected, answer)


def _judged(case: Case, implementation: Implementation, trial: Trial, seconds: float, options: list[str]) -> Result:
    verdict = trial.verdict
    if verdict.passed:
        return Result(case, implementation.name, Outcome.PASSED, verdict.rule, seconds, reached=verdict.reached)
    detail = _six_facts(case, implementation, trial, options)
    return Result(
        case, implementation.name, Outcome.FAILED, verdict.rule, seconds, detail, trial.mistakes, verdict.reached
    )


def _place(error: BaseException) -> str:
    """Return where the error was raised, in words."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({frames[-1].filename}:{frames[-1].lineno}, in {frames[-1].name})" if frames else ""


def _notes(error: BaseException) -> str:
    """Return what was noted to an error on its way, in words."""
    return "".join(f"; {note}" for note in getattr(error, "__notes__", ()))


def _options(rounds: int, demand: Accuracy) -> list[str]:
    """Return the options of the command that judges in the same way."""
    repeat = ["--repeat", str(rounds)] if rounds > 1 else []
    return repeat + (["--accuracy", str(demand)] if demand is not Accuracy.EXACT_ORDER else [])


def _command(case: Case, implementation: Implementation, options: list[str]) -> str:
    """Return the command that shows the case again."""
    catalogue = [case.catalogue] if case.catalogue else []
    budget = [] if case.budget is None else ["--memory-budget", f"{case.budget:g}"]
    return shlex.join(["conformance", "show", case.id, *catalogue, "-i", implementation.name, *options, *budget])


def _six_facts(case: Case, implementation: Implementation, trial: Trial, options: list[str]) -> str:
    """Return the facts of a failure, one a line: what, by which rule, where, how much, why, and how to see it again."""
    verdict, mistakes = trial.verdict, trial.mistakes
    version = f" {implementation.version}" if implementation.version else ""
    likely = "; or ".join(f"it {mistake}" for mistake in mistakes) or verdict.note
    likely = likely or "none of the known mistakes gives these numbers"
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
