"""The diagnosis of an implementation: from what a run has shown to what is likely wrong, in words."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from conformance.case import Case, Outcome
from conformance.choices import DEFAULT_SECONDS, Accuracy
from conformance.defects import DEFECTS, Defect
from conformance.diagnosis.common import find_common
from conformance.diagnosis.comparison import Comparison
from conformance.diagnosis.entry import entry_line, entry_text
from conformance.diagnosis.evidence import Inquiry, Suspect, ranked
from conformance.diagnosis.pairs import search_pairs
from conformance.diagnosis.shrink import same_way, shrink
from conformance.diagnosis.sightings import Benches, Clock, Gathering, Sighting, Sign
from conformance.isolation import Subject
from conformance.match import Likeness
from conformance.runner import NO_MISTAKE, NOT_SOUGHT, Result, attempt, explained, options_of
from conformance.trial import CHANGEABLE

__all__ = ["Diagnosis", "Finding", "Minimal", "diagnose_run"]

_SINGLE_SHARE = 0.55
"""Of that time for single mistakes; of what is left, `_PAIR_SHARE` for pairs, and the rest for the smallest case."""

_PAIR_SHARE = 0.5

_FINDINGS = 20
"""Mistakes that are reported."""

_ALTERNATIVES = 3
"""Mistakes that a reader is shown beside those that explain most."""

_MEMORY = "is wrong because of earlier calls, of which it keeps something"
"""What is told where a case fails but for a process that was asked nothing before."""

_NOT_EVERYWHERE = ", though not in every case"
"""Behind a mistake that is made under a condition, which is then likely what failing cases have in common."""

_TOO_LATE = f"{NOT_SOUGHT} within the time; --diagnose SECONDS gives it more"


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake that an implementation likely makes.

    Attributes:
        mistake: completing "it …".
        evidence: what speaks for it, and what against it, in words.
        cases: the failing cases that it explains, by id.
        label: how a reader should take it: "most likely", "and", "or", "perhaps"; nothing where he need not look.
    """

    mistake: str
    evidence: str
    cases: tuple[str, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Minimal:
    """The smallest case that was found to fail.

    Attributes:
        text: the case as a catalogue entry, a key a line.
        command: which runs it, in one line.
    """

    text: str
    command: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is likely wrong with an implementation.

    Attributes:
        findings: the likeliest first.
        common: what tells failing cases from passing ones, in sentences.
        minimal: the smallest case that was found to fail, if one was looked for.
        results: by case id, the results of failures with the mistakes that explain them.
    """

    findings: tuple[Finding, ...] = ()
    common: tuple[str, ...] = ()
    minimal: Minimal | None = None
    results: dict[str, Result] = field(default_factory=dict)


def diagnose_run(
    gathering: Gathering,
    subject: Subject,
    seconds: float = DEFAULT_SECONDS,
    *,
    rounds: int = 1,
    demand: Accuracy = Accuracy.EXACT_ORDER,
    kit: Sequence[Defect] = DEFECTS,
) -> Diagnosis:
    """Return what the sightings of a run say of an implementation, which is asked again for the smallest case.

    Args:
        gathering: what the run has shown; the same, in the same order, gives the same diagnosis if time allows.
        subject: the implementation, which is asked again.
        seconds: how long it may take.
        rounds: as in the run.
        demand: as in the run.
        kit: the known mistakes.
    """
    if not gathering.failing or seconds <= 0:
        return Diagnosis()
    gathering.settle()
    clock = Clock(seconds)
    judge = partial(attempt, rounds=rounds, demand=demand, search=False)
    comparison = Comparison(judge, Benches(demand), gathering.order)
    inquiry = Inquiry(gathering, comparison, kit)
    inquiry.search(clock.part(_SINGLE_SHARE))
    inquiry.follow(clock.part(_PAIR_SHARE))
    search_pairs(inquiry, clock.part(_PAIR_SHARE))
    suspects = ranked(inquiry.suspects)
    findings = tuple(_findings(suspects, inquiry))
    changing = None if clock.is_up else _changing(inquiry, subject, bool(_leading(suspects)))
    if changing is not None:
        leading = sum(each.label in ("most likely", "and") for each in findings)
        findings = (*findings[:leading], changing, *findings[leading:])
    common = find_common([sighting.case for sighting in inquiry.failing], inquiry.passing)
    minimal = None
    for sighting, defect in _starts(inquiry, suspects) if changing is None or changing.label == "and" else ():
        fails = partial(_fails_like, sighting=sighting, defect=defect, comparison=comparison, subject=subject)
        entry = shrink(sighting.case, fails, clock)
        if entry is not None:
            words = [str(entry["id"]), "/dev/stdin", "-i", subject.name, *options_of(rounds, demand, subject.device)]
            command = f"echo {shlex.quote(entry_line(entry))} | {shlex.join(['conformance', 'show', *words])}"
            minimal = Minimal(entry_text(entry), command)
            break
    return Diagnosis(findings, tuple(common), minimal, _results(inquiry, suspects))


def _findings(suspects: list[Suspect], inquiry: Inquiry) -> Iterator[Finding]:
    """Yield the suspects with their evidence: those that add up to an explanation of all failures first."""
    leading = _leading(suspects)
    others = [each for each in suspects if each not in leading and not (leading and each.harmed)]
    rivals = [each for each in others if leading and not _is_doubtful(each)]
    rivals = [each for each in rivals if len(each.explains) >= len(leading[0].explains)][:_ALTERNATIVES]
    partial = None if leading else next(filter(_fits_every_failure, others), None)
    others = others if partial is None else [partial, *(each for each in others if each is not partial)]
    guesses = [] if leading or partial else others[:_ALTERNATIVES]
    for suspect in [*leading, *others][:_FINDINGS]:
        label = "perhaps" if suspect in guesses else "or" if suspect in rivals else ""
        if suspect in leading or suspect is partial:
            label = "and" if suspect not in (partial, *leading[:1]) else "most likely"
        cases = tuple(inquiry.failing[place].case.id for place in sorted(suspect.explains))
        mistake = suspect.mistake + (_NOT_EVERYWHERE if suspect is partial else "")
        yield Finding(mistake, _evidence(suspect, inquiry), cases, label)


def _fits_every_failure(suspect: Suspect) -> bool:
    """Tell whether a mistake that would do harm elsewhere gives the numbers of all failures, three or more."""
    single = suspect.defect is not None and suspect.parts == 1 and suspect.likeness is Likeness.NUMBERS
    return single and bool(suspect.harmed) and len(suspect.explains) == suspect.compared > 2


def _changing(inquiry: Inquiry, subject: Subject, beside: bool) -> Finding | None:
    """Return that an answer depends on more than its question, where nothing else explains the numbers of a failure.

    The smallest such failure is asked for again, and where it fails again, as the first call of a new process.

    Args:
        inquiry: after the search.
        subject: which is asked again.
        beside: whether other failures are explained.
    """
    unexplained = (each for place, each in enumerate(inquiry.failing) if not inquiry.is_explained(place))
    seen = next((each for each in unexplained if each.sign is Sign.NUMBERS), None)
    if seen is None:
        return None
    case, label, again = seen.case, "and" if beside else "most likely", subject.attempt(seen.case)
    if again.result.outcome is not Outcome.PASSED:
        alone = subject.attempt_alone(case)
        if alone is not None and alone.result.outcome is Outcome.PASSED:
            return Finding(_MEMORY, f"{case.id} fails again, but passes in a new process", (case.id,), label)
        if again.answer is None or seen.answer is None or np.array_equal(again.answer, seen.answer, equal_nan=True):
            return None
    return Finding(CHANGEABLE, f"{case.id} is answered in another way when it is asked for again", (case.id,), label)


def _leading(suspects: list[Suspect]) -> list[Suspect]:
    """Return as few suspects as possible that together explain what can be explained, the likeliest first."""
    leading = list[Suspect]()
    clear = [each for each in suspects if not _is_doubtful(each)]
    left = set[int]().union(*(each.explains for each in clear))
    while left:
        best = max(clear, key=lambda each: len(each.claims(left)))
        leading.append(best)
        left -= best.claims(left)
    return [] if _is_outdone(leading, suspects) else leading


def _is_outdone(leading: list[Suspect], suspects: list[Suspect]) -> bool:
    """Tell whether a mistake that is wrong elsewhere explains far more than all that are not: these fit by chance."""
    explained = set[int]().union(*(each.explains for each in leading))
    share = len(explained) / max(1, *(each.compared for each in leading)) if leading else 0.0
    harmful = (each for each in suspects if each.harmed and each.likeness is Likeness.NUMBERS and each.parts == 1)
    return any(len(each.explains) > max(1, 2 * share * each.compared) for each in harmful)


def _is_doubtful(suspect: Suspect) -> bool:
    """Tell whether a case speaks against a suspect, or too little for it: a pair may fit one case by chance."""
    chance = suspect.parts > 1 and len(suspect.explains) < 2
    return bool(suspect.harmed) or suspect.likeness is not Likeness.NUMBERS or chance


def _evidence(suspect: Suspect, inquiry: Inquiry) -> str:
    """Return what speaks for a suspect, and against it, with the numbers of cases that were compared."""
    failing, passing, explained = len(inquiry.failing), len(inquiry.passing), len(suspect.explains)
    count = f"{explained} of {failing} failing cases" if failing > 1 else "the only failing case"
    if suspect.compared < failing:
        count = f"{explained} of the {suspect.compared} that were compared, of {failing} failing cases"
    if suspect.defect is None:
        return f"told by {count}"
    if suspect.likeness is not Likeness.NUMBERS:
        return f"the shape is the same on {count}, and the values are not"
    mistakes = "these mistakes" if suspect.parts > 1 else "this mistake"
    text = f"equals the reference with {mistakes} on {count}"
    if suspect.harmed:
        return f"{text}, but would be wrong on {suspect.harmed}, which passes"
    if not passing:
        return f"{text}; no case passes"
    others = f"the {passing} others" if passing > 1 else "the other one"
    if not suspect.spared:
        return f"{text}; it was not compared with {others}"
    part = "" if suspect.spared == passing else f"{suspect.spared} of "
    return f"{text}, and agrees on {part}{others}, where it does no harm"


def _starts(inquiry: Inquiry, suspects: list[Suspect]) -> list[tuple[Sighting, Defect | None]]:
    """Return the failures to make smaller, until one is: those of the likeliest mistake first, small ones first."""
    first = next((each for each in suspects if not _is_doubtful(each)), None)
    led = sorted(first.explains) if first is not None else []
    defect = first.defect if first is not None else None
    starts = [(inquiry.failing[place], defect) for place in led]
    return starts + [(sighting, None) for place, sighting in enumerate(inquiry.failing) if place not in led]


def _fails_like(
    case: Case,
    *,
    sighting: Sighting,
    defect: Defect | None,
    comparison: Comparison,
    subject: Subject,
) -> bool:
    """Tell whether another case fails as a sighted one did, and by the mistake that explains that."""
    tried = subject.attempt(case)
    if not same_way(tried.result, sighting.result):
        return False
    seen = Sighting(tried.result, sighting.sign, tried.answer if sighting.sign is Sign.NUMBERS else None)
    return defect is None or comparison.likeness(defect, seen) is Likeness.NUMBERS


def _results(inquiry: Inquiry, suspects: list[Suspect]) -> dict[str, Result]:
    """Return the failures with the mistakes that explain each, and are wrong elsewhere only if no others are."""
    results = {}
    for place, sighting in enumerate(inquiry.failing):
        result = sighting.result
        if not result.detail.count("\nlikely:"):
            continue
        found = [each for each in suspects if place in each.explains]
        found = [each for each in found if not each.harmed] or found
        mistakes = tuple(dict.fromkeys([*result.diagnosis, *(each.mistake for each in found)]))
        otherwise = NO_MISTAKE if place in inquiry.unexplained else _TOO_LATE
        if mistakes or f"likely: {NOT_SOUGHT}" in result.detail:
            results[result.case.id] = explained(result, mistakes, otherwise)
    return results
