"""An implementation in this very process: the fastest way, and no protection from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from conformance.case import Case
from conformance.implementations import Implementation, load_implementation
from conformance.isolation.subject import Asking, Identity, identity_of
from conformance.runner import Attempt, attempt
from conformance.traits import Trait, measure_traits

__all__ = ["InProcess"]


class InProcess:
    """Asks an implementation by plain calls.

    Args:
        name: the SPEC, or an implementation that is loaded already.
        asking: how.
    """

    def __init__(self, name: str | Implementation, asking: Asking) -> None:
        self.name = name if isinstance(name, str) else name.name
        self.device = asking.device
        self._asking = asking
        self._cases: Iterable[Case] = ()
        self._loaded = None if isinstance(name, str) else name

    def __enter__(self) -> InProcess:
        return self

    def __exit__(self, *_: object) -> None:
        return

    @property
    def _implementation(self) -> Implementation:
        if self._loaded is None:
            self._loaded = load_implementation(self.name, self._asking.device)
        return self._loaded

    def begin(self, cases: Iterable[Case]) -> Identity:
        """Import it, and return what it says of itself."""
        self._cases = cases
        implementation = self._implementation
        return identity_of(implementation)

    def attempts(self) -> Iterator[Attempt]:
        """Yield the attempt at each case, in their order."""
        for case in self._cases:
            yield self._attempt(case, self._asking)

    def attempt(self, case: Case) -> Attempt:
        """Return the attempt at one case, without a search for mistakes."""
        return self._attempt(case, replace(self._asking, search=False))

    def attempt_alone(self, case: Case) -> Attempt | None:
        """Return nothing: this process has served other cases."""

    def _attempt(self, case: Case, asking: Asking) -> Attempt:
        return attempt(case, self._implementation, rounds=asking.rounds, demand=asking.demand, search=asking.search)

    def traits(self) -> tuple[Trait, ...]:
        """Measure its traits."""
        return measure_traits(self._implementation)

    def incidents(self) -> tuple[str, ...]:
        """Return nothing: what goes wrong here beside the cases ends the program."""
        return ()
