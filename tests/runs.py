"""Runs as reports see them: records made by hand, hostile texts among them."""

from __future__ import annotations

from typing import Any

from conformance.case import Operation, Outcome
from conformance.data import Array
from conformance.judgement import expect
from conformance.record import Mistake, Record, Smallest, Status, TraitValue
from conformance.reports import Run
from conformance.runner import Attempt, Result, prepare
from conformance.shown import Bar, Histogram, Plane, Shown, Window

HOSTILE = "</script><script>alert(1)</script>]]>&amp;<!--\x1b[31m|`$x$\n# head\udc80\u202e\x00 *b* [l](http://x) ' \""
"""A text that would harm every form of report if it were not escaped."""

SHOWN = Shown(
    worst=(0, 1, 1, 0),
    planes=(
        Plane(
            role="input", place="[0, :, :, 0]", size=(4, 4), rows=((1, 2, 3, 4),) * 4, window=Window(row=-1, column=1)
        ),
        Plane(
            role="got",
            place="[0, :, :, 0]",
            size=(2, 2),
            rows=((1, 2), (3, float("nan"))),
            window=Window(row=1, column=1),
        ),
        Plane(
            role="expected", place="[0, :, :, 0]", size=(2, 2), rows=((1, 2), (3, 4)), window=Window(row=1, column=1)
        ),
        Plane(role="difference", place="[0, :, :, 0]", size=(2, 2), rows=((0, 0), (0, float("inf")))),
    ),
    wrong=("··", "·■"),
    histogram=Histogram(
        unit="1", bars=(Bar(label="0", count=3, allowed=True), Bar(label="not finite", count=1, allowed=False))
    ),
)


def record(case: str, outcome: Outcome = Outcome.PASSED, name: str = "mine", **others: Any) -> Record:
    """Return a record of `conv2d`; wrong ones have facts."""
    detail = (
        ""
        if outcome is Outcome.PASSED
        else f"case:   {case}\nworst:  output[0] is 1, must be 2\nagain:  conformance show {case}"
    )
    told: dict[str, Any] = {"detail": detail, "rule": "exact", "seconds": 0.25, "problem": "(4×4) * (2×2) = (3×3)"}
    return Record(case=case, operation=Operation.CONV2D, implementation=name, outcome=outcome, **(told | others))


def run_of(*records: Record, statuses: tuple[Status, ...] = (), **environment: Any) -> Run:
    """Return a run that has these records, and a plain status for every implementation that has none."""
    given = {status.name: status for status in statuses}
    names = dict.fromkeys([*given, *(each.implementation for each in records)])
    run = Run(
        {"conformance": "0.1.0", "catalogues": ["cases.yaml"], **environment},
        [given.get(name) or Status(name=name) for name in names],
    )
    for place, each in enumerate(records):
        run.add(each.model_copy(update={"place": place}))
    return run


def hostile_run() -> Run:
    """Return a run with hostile texts wherever other people's code or a user's words can put one."""
    status = Status(
        name=HOSTILE,
        version=HOSTILE,
        note=HOSTILE,
        traits={HOSTILE: TraitValue(value=HOSTILE, sentence=HOSTILE)},
        diagnosis=(Mistake(mistake=HOSTILE, evidence=HOSTILE, label="most likely"),),
        common=(HOSTILE,),
        minimal=Smallest(case=HOSTILE, command=HOSTILE),
        incidents=(HOSTILE,),
        strays={HOSTILE: ["first"]},
    )
    texts = {"detail": HOSTILE, "rule": HOSTILE, "diagnosis": (HOSTILE,), "problem": HOSTILE, "tags": (HOSTILE,)}
    records = [
        record("first", Outcome.FAILED, HOSTILE, shown=SHOWN, **texts),
        record("second", Outcome.ERROR, HOSTILE, **texts),
        record("third", Outcome.UNSUPPORTED, HOSTILE, **texts),
        record("fourth", Outcome.PASSED, HOSTILE),
    ]
    return run_of(*records, statuses=(status,), catalogues=[HOSTILE], **{HOSTILE: HOSTILE})


def attempt_of(case: Any, answer: Array, rule: str = "exact") -> Attempt:
    """Return a failed attempt at a case that gave `answer`."""
    prepared = prepare(case)
    return Attempt(Result(case, "mine", Outcome.FAILED, rule), prepared.operands, prepared.expected, answer)


def right_answer(case: Any) -> Array:
    """Return the reference's answer to a case, in float64."""
    value = expect(case, prepare(case).operands).value
    return value.copy()
