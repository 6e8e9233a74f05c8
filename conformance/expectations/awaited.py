"""What is expected of an implementation, and which of that has not come true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from conformance.case import Outcome
from conformance.expectations.entry import Expectation, Kind
from conformance.expectations.load import Written, shipped_expectations
from conformance.record import StaleEntry
from conformance.runner import Result

__all__ = ["Awaited", "Expectations"]

_ACCEPTED = {Kind.KNOWN: Outcome.KNOWN, Kind.UNSUPPORTED: Outcome.UNSUPPORTED}


@dataclass(frozen=True, slots=True)
class Expectations:
    """The entries that hold for a session: those of the user's file, and the shipped ones behind them.

    Attributes:
        own: those of the user's file, of all implementations.
        fails: whether a stale one of them fails the run.
        unmatched: the places of those that name no case of the catalogue.
    """

    own: tuple[Written, ...] = ()
    fails: bool = True
    unmatched: frozenset[str] = frozenset()

    @property
    def digest(self) -> str:
        """The digest of what the user's file says, whatever its comments are; nothing where it says nothing."""
        lines = "\n".join(each.expectation.model_dump_json() for each in self.own)
        return f"sha256:{sha256(lines.encode()).hexdigest()}" if lines else ""

    def compared(self, ids: Iterable[str]) -> Expectations:
        """Return the same, with those unmatched that name none of the cases, which are those of the whole catalogue."""
        left = self.own
        for name in ids:
            if not left:
                break
            left = tuple(each for each in left if not each.expectation.names(name))
        return replace(self, unmatched=frozenset(each.place for each in left))

    def of(self, implementation: str, version: str = "") -> Awaited:
        """Return what is expected of an implementation in a version."""
        own = [each for each in self.own if each.expectation.applies(implementation, version)]
        shipped = [each for each in shipped_expectations() if each.applies(implementation, version)]
        return Awaited(own, shipped, self.fails, self.unmatched)


class Awaited:
    """What is expected of one implementation.

    Args:
        own: entries of the user's file that apply to it; these come first, and may become stale.
        shipped: others that do, which may not: they were seen with other versions, on other machines.
        fails: whether a stale one fails the run.
        unmatched: the places of those that name no case of the catalogue.
    """

    def __init__(
        self,
        own: Sequence[Written],
        shipped: Sequence[Expectation] = (),
        fails: bool = True,
        unmatched: frozenset[str] = frozenset(),
    ) -> None:
        self._own = own
        self._all = [*(each.expectation for each in own), *shipped]
        self._fails, self._unmatched = fails, unmatched
        self._passed: dict[str, list[str]] = {}

    def apply(self, result: Result) -> Result:
        """Return the result, or where it is wrong as expected, the same as accepted, with the reason."""
        covering = [each for each in self._all if each.covers(result)]
        if not covering:
            return result
        kind = covering[0].kind
        reasons = dict.fromkeys(each.reason for each in covering if each.kind is kind)
        return replace(result, outcome=_ACCEPTED[kind], detail="; ".join(reasons), diagnosis=())

    def note(self, case_id: str, outcome: Outcome) -> None:
        """Take note of what became of a case: what should not pass, and has, makes the user's entries stale."""
        if outcome is not Outcome.PASSED:
            return
        for each in self._own:
            if each.expectation.names(case_id) and not each.expectation.sometimes:
                self._passed.setdefault(each.place, []).append(case_id)

    def stale(self) -> tuple[StaleEntry, ...]:
        """Return the user's entries that name no case, or one that was noted to have passed."""
        return tuple(
            StaleEntry(
                place=each.place,
                pattern=each.expectation.case,
                passed=tuple(sorted(self._passed.get(each.place, ()))),  # whoever came first
                fails=self._fails,
            )
            for each in self._own
            if each.place in self._unmatched or each.place in self._passed
        )
