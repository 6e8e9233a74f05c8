"""One implementation judged on a plan of cases: each result to the journal as it comes, then traits and diagnosis."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import numpy as np

from conformance import reports
from conformance.case import Case, Operation, Outcome
from conformance.data import Array
from conformance.diagnosis import Diagnosis, Gathering, Sighting, Sign, diagnose_run
from conformance.errors import CatalogueError, Unavailable
from conformance.expectations import Expectations
from conformance.isolation import Asking, Identity, Subject
from conformance.journal import Beginning, Journal, Line
from conformance.plan import Plan
from conformance.record import Mistake, Record, Smallest, State, Status, record_of, traits_of
from conformance.runner import Attempt, Result

__all__ = ["Session"]

_KEPT_ANSWER = 2**16
"""Elements of a wrong answer that goes to the journal."""


class Session:
    """The judging of one implementation.

    Args:
        subject: whom.
        plan: the cases.
        run: which is told of the results.
        journal: which keeps them.
        how: they are asked.
        expectations: what is known of them.
    """

    def __init__(
        self,
        subject: Subject,
        plan: Plan,
        run: reports.Run,
        journal: Journal,
        how: Asking,
        expectations: Expectations,
    ) -> None:
        self._subject, self._plan, self._run, self._journal, self._how = subject, plan, run, journal, how
        self._status = Status(name=subject.name)
        self._expectations, self._awaited = expectations, expectations.of(subject.name)
        self._gathering = Gathering()
        self._pictures = reports.Pictures(how.demand)
        self._strays: dict[str, list[str]] = {}
        self._done = 0
        self._asked: dict[str, None] = {}

    def judge(self, seconds: float) -> bool:
        """Judge, with a progress bar where somebody looks, and `seconds` for the diagnosis; False if interrupted."""
        try:
            if self._journal.status(self._status.name) is not None:
                self._take_over()
            else:
                self._judge(seconds)
                self._journal.finish(self._status)
        except Unavailable as error:
            self._tell(state=State.UNAVAILABLE, reason=str(error))
        except CatalogueError as error:  # of a large matrix, which is not checked as a whole before
            self._tell(state=State.INTERRUPTED, reason=str(error))
            raise
        except KeyboardInterrupt:
            reason = f"{self._plan.count - self._done} of {self._plan.count} cases not run"
            self._tell(state=State.INTERRUPTED, reason=reason)
        finally:
            self._run.implementations.append(self._status)
        return self._status.state is not State.INTERRUPTED

    def _take_over(self) -> None:
        """Take what the journal says of an implementation that is done with, and is still the same."""
        self._introduce(self._subject.begin(()))
        for record in self._journal.records(self._status.name):
            self._run.count(record)
        self._status = self._journal.status(self._status.name) or self._status

    def _judge(self, seconds: float) -> None:
        with reports.Progress(self._subject.name, self._plan.count) as progress:
            self._introduce(self._subject.begin(self._cases(progress)))
            self._restore()
            progress.resume(self._done)
            for tried in self._subject.attempts():
                self._keep(tried)
                for case_id in list(self._asked)[:1]:
                    progress.show(case_id, self._done)
            progress.show("measuring traits", self._done)
            self._tell(traits=traits_of(self._subject.traits()))
            progress.show("diagnosing", self._done)
            found = diagnose_run(
                self._gathering, self._subject, seconds, rounds=self._how.rounds, demand=self._how.demand
            )
        for revised in found.results.values():
            self._journal.revise(record_of(revised, self._pictures.of(revised.case)))
        self._tell(incidents=self._subject.incidents(), strays=self._strays, **_told(found))
        self._tell(accuracy=self._run.tally(self._status.name).accuracy, stale=self._awaited.stale())

    def _tell(self, **what: object) -> None:
        self._status = self._status.model_copy(update=what)

    def _introduce(self, identity: Identity) -> None:
        """Take note of what the implementation says of itself."""
        offered = tuple(str(each) for each in Operation if each in identity.offered)
        self._tell(version=identity.version, offered=offered, note=identity.note, switches=dict(identity.switches))
        self._journal.begin(Beginning(name=self._status.name, version=identity.version, digest=identity.digest))
        self._awaited = self._expectations.of(self._status.name, identity.version)

    def _is_done(self, place: int) -> bool:
        return self._journal.is_done(self._status.name, place)

    def _cases(self, progress: reports.Progress) -> Iterator[Case]:
        """Yield the cases to be asked, and remember which were not answered yet: the first of them is being asked."""
        for case in self._plan.cases(self._is_done):
            if not self._asked:
                progress.show(case.id, self._done)
            self._asked[case.id] = None
            yield case

    def _restore(self) -> None:
        """Take note of what the journal has already."""
        lines = self._journal.lines(self._status.name)
        for line, case in zip(lines, self._plan.done(self._is_done), strict=False):
            record = line.record
            self._pictures.note(record)
            result = Result(
                case,
                record.implementation,
                record.outcome,
                record.rule,
                record.seconds,
                record.detail,
                record.diagnosis,
            )
            if record.outcome is not Outcome.KNOWN:
                self._gathering.note(result, Sign(line.sign or Sign.SILENCE), _unpacked(line.answer))
            self._count(line)

    def _keep(self, tried: Attempt) -> None:
        """Take note of an attempt."""
        result = self._awaited.apply(tried.result)
        sighting = self._gathering.add(tried) if result is tried.result else None
        record = record_of(result, self._pictures.take(tried, result.outcome))
        line = _line(record, sighting, tried.strays)
        self._journal.write(line)
        self._asked.pop(result.case.id, None)
        self._count(line)

    def _count(self, line: Line) -> None:
        self._run.count(line.record)
        self._awaited.note(line.record.case, line.record.outcome)
        self._done += 1
        for stray in line.strays:
            self._strays.setdefault(stray, []).append(line.record.case)


def _line(record: Record, sighting: Sighting | None, strays: tuple[str, ...]) -> Line:
    if sighting is None:
        return Line(record=record, strays=strays)
    return Line(record=record, strays=strays, sign=sighting.sign, answer=_packed(sighting.answer))


def _packed(answer: Array | None) -> str:
    """Return an answer as it is written to a journal; nothing for one that is large."""
    if answer is None or answer.size > _KEPT_ANSWER:
        return ""
    buffer = io.BytesIO()
    is_foreign = answer.dtype.kind == "V"  # such as bfloat16, which NumPy's files do not know
    content = np.frombuffer(answer.tobytes(), np.uint8) if is_foreign else answer
    np.savez_compressed(buffer, content=content, shape=answer.shape, dtype=answer.dtype.name if is_foreign else "")
    return base64.b64encode(buffer.getvalue()).decode()


def _unpacked(text: str) -> Array | None:
    if not text:
        return None
    with np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False) as file:
        content: Array = file["content"]
        shape, dtype = tuple(file["shape"]), str(file["dtype"])
    return content.view(np.dtype(dtype)).reshape(shape) if dtype else content


def _told(found: Diagnosis) -> dict[str, object]:
    """Return what a status says of a diagnosis."""
    mistakes = (
        Mistake(mistake=each.mistake, evidence=each.evidence, cases=each.cases, label=each.label)
        for each in found.findings
    )
    minimal = found.minimal and Smallest(case=found.minimal.text, command=found.minimal.command)
    return {"diagnosis": tuple(mistakes), "common": found.common, "minimal": minimal}
