"""What a run leaves of each case and of each implementation: plain values, the same in a journal and in a report."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from conformance.case import Case, Operation, Outcome
from conformance.catalogue.matrix import MAX_CASES
from conformance.choices import Accuracy
from conformance.features import features_of
from conformance.judgement import Reached
from conformance.runner import Result
from conformance.shown import Shown
from conformance.traits import Trait

__all__ = [
    "GREEN",
    "Exactness",
    "Mistake",
    "OperationAccuracy",
    "Record",
    "Smallest",
    "StaleEntry",
    "State",
    "Status",
    "TraitValue",
    "Words",
    "record_of",
    "traits_of",
]

GREEN = frozenset({Outcome.PASSED, Outcome.UNSUPPORTED, Outcome.KNOWN})
"""Outcomes that make no run fail."""

Margin = Annotated[float | None, BeforeValidator(lambda margin: None if margin == math.inf else margin)]
"""A multiple of a bound; None where it is infinite, which JSON has no number for."""


def _writable(text: object) -> object:
    """Return a text with what is no character as an escape: a file name, or what foreign code says, may hold such."""
    return text.encode("utf-8", "backslashreplace").decode() if isinstance(text, str) else text


Words = Annotated[str, BeforeValidator(_writable)]
"""Text that can be written anywhere."""


class _Plain(BaseModel):
    """Values that are as they were written; what a later version adds is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Exactness(_Plain):
    """How exactly an answer was computed; see `judgement.Reached`.

    Attributes:
        accuracy: the class; None where it reached none.
        margin: its largest error in units of that class's bound; of the loosest class's where it reached none.
    """

    accuracy: Accuracy | None = Field(None, alias="class")
    margin: Margin = None

    @property
    def looseness(self) -> tuple[int, float]:
        """By which exactnesses are ordered, the most exact first."""
        classes = [*Accuracy, None]
        return classes.index(self.accuracy), math.inf if self.margin is None else self.margin


class OperationAccuracy(Exactness):
    """How exactly an implementation computes an operation on real-valued data: the least exact of its answers."""

    operation: Operation


class Record(_Plain):
    """What became of one case with one implementation; see `runner.Result`.

    Attributes:
        case: its id.
        operation: which function was asked for.
        implementation: the SPEC.
        outcome: what became of it.
        rule: by which it was judged, or what it broke.
        seconds: the calls took, judgement included.
        detail: the six facts of a failure, or why there is no verdict.
        diagnosis: the mistakes that explain a failure, each completing "it …".
        exactness: of an answer that was bounded.
        place: of the case among all of its catalogues, from 0.
        problem: its shapes in a line.
        padding: in a few characters.
        strides: in a few characters, with the dilations.
        features: of the case, by which reports count.
        tags: of the case.
        shown: what a report shows of the arrays of a failure.
    """

    case: Words
    operation: Operation
    implementation: Words
    outcome: Outcome
    rule: Words = ""
    seconds: float = 0.0
    detail: Words = ""
    diagnosis: tuple[Words, ...] = ()
    exactness: Exactness | None = None
    place: int = Field(0, ge=0, le=MAX_CASES)
    problem: Words = ""
    padding: Words = ""
    strides: Words = ""
    features: tuple[Words, ...] = ()
    tags: tuple[Words, ...] = ()
    shown: Shown | None = None


def record_of(result: Result, shown: Shown | None = None) -> Record:
    """Return what is recorded of a result, with its picture if there is one."""
    case = result.case
    return Record(
        case=case.id,
        operation=case.operation,
        implementation=result.implementation,
        outcome=result.outcome,
        rule=result.rule,
        seconds=round(result.seconds, 6),
        detail=result.detail,
        diagnosis=result.diagnosis,
        exactness=_exactness(result.reached),
        shown=shown,
        **_described(case),
    )


def _exactness(reached: Reached | None) -> Exactness | None:
    return None if reached is None else Exactness(accuracy=reached.accuracy, margin=reached.margin)


def _described(case: Case) -> dict[str, Any]:
    return {
        "place": case.place,
        "problem": case.notation,
        "padding": case.shown_padding,
        "strides": case.shown_strides,
        "features": features_of(case),
        "tags": case.tags,
    }


class State(StrEnum):
    """What became of an implementation."""

    AVAILABLE = "available"
    UNAVAILABLE = "unavailable"
    INTERRUPTED = "interrupted"


class TraitValue(_Plain):
    """One thing that an implementation does in its own way; see `traits.Trait`."""

    value: Words
    sentence: Words = ""


class Mistake(_Plain):
    """A mistake that an implementation likely makes.

    Attributes:
        mistake: completing "it …".
        evidence: what speaks for it, and what against it.
        cases: the failing cases that it explains.
        label: how a reader should take it; nothing where he need not look.
    """

    mistake: Words
    evidence: Words = ""
    cases: tuple[Words, ...] = ()
    label: Words = ""


class Smallest(_Plain):
    """The smallest case that was found to fail: as a catalogue entry, and as a command that runs it."""

    case: Words
    command: Words = ""


class StaleEntry(_Plain):
    """An expectation that did not come true.

    Attributes:
        place: the file that it stands in, and the line.
        pattern: of the ids of cases that it names.
        passed: those that passed; none, where no case of the catalogue has such an id.
        fails: whether the run fails for that.
    """

    place: Words
    pattern: Words
    passed: tuple[Words, ...] = ()
    fails: bool = True

    def sentence(self, most: int | None = None) -> str:
        """Return what is wrong with it, and what to do, with so many ids at most."""
        named = f"{self.place}: {self.pattern!r}"
        if not self.passed:
            return f"{named} is the id of no case of the catalogue; correct it or remove the entry"
        ids, count = ", ".join(self.passed[:most]), len(self.passed)
        more = f" and {count - most} more" if most is not None and count > most else ""
        told = f"{ids} does" if count == 1 else f"{count} cases do: {ids}{more}"
        remedy = "remove the entry, narrow its pattern, or add `sometimes: true`"
        return f"{named} is expected not to pass, but {told}; {remedy}"


class Status(_Plain):
    """One implementation of a run.

    Attributes:
        name: the SPEC.
        version: of the framework or package, if there is one.
        state: what became of it.
        reason: why it was not judged in full, if it was not.
        note: what a reader of its results should know.
        switches: what an adapter has set of its framework, by name.
        offered: the operations that it has; all, where nothing else is known.
        traits: what was measured beside the judgement, by name.
        accuracy: how exactly it computes the operations of which answers were bounded.
        diagnosis: what is likely wrong, over all its failures, the likeliest first.
        common: what tells failing cases from passing ones, in sentences.
        minimal: the smallest case that was found to fail, if one was looked for.
        incidents: what went wrong that no case can be blamed for, in sentences.
        strays: what it changes beside its answers, in sentences without a subject, with the cases where that was seen.
        stale: expectations of the user that did not come true.
    """

    name: Words
    version: Words = ""
    state: State = Field(State.AVAILABLE, alias="status")
    reason: Words = ""
    note: Words = ""
    switches: dict[Words, Words] = Field(default_factory=dict)
    offered: tuple[Words, ...] = tuple(map(str, Operation))
    traits: dict[str, TraitValue] = Field(default_factory=dict)
    accuracy: tuple[OperationAccuracy, ...] = ()
    diagnosis: tuple[Mistake, ...] = ()
    common: tuple[Words, ...] = ()
    minimal: Smallest | None = None
    incidents: tuple[Words, ...] = ()
    strays: dict[Words, list[str]] = Field(default_factory=dict)
    stale: tuple[StaleEntry, ...] = ()


def traits_of(traits: Iterable[Trait]) -> dict[str, TraitValue]:
    """Return what is recorded of traits."""
    return {each.name: TraitValue(value=each.value, sentence=each.sentence) for each in traits}
