"""Who is judged, wherever its code runs: what the command and the diagnosis may ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from conformance.case import Case
from conformance.choices import DEFAULT_TIMEOUT, Accuracy, Device
from conformance.implementations import Implementation
from conformance.runner import Attempt
from conformance.traits import Trait

__all__ = ["Asking", "Identity", "Limits", "Subject", "identity_of"]


@dataclass(frozen=True, slots=True)
class Asking:
    """How every case is asked; see `runner.attempt`.

    Attributes:
        rounds: of calls.
        demand: the loosest accuracy class that passes.
        search: whether known mistakes are searched for one that explains wrong numbers.
        keeps: whether right answers are wanted too.
        device: where an adapter is to compute.
    """

    rounds: int = 1
    demand: Accuracy = Accuracy.EXACT_ORDER
    search: bool = True
    keeps: bool = False
    device: Device = Device.CPU


@dataclass(frozen=True, slots=True)
class Limits:
    """What a case may take, in a process of its own.

    Attributes:
        seconds: from question to answer, judgement included.
        memory: GiB that the process and its children may hold; None for what the machine has, shared out.
    """

    seconds: float = DEFAULT_TIMEOUT
    memory: float | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What an implementation says of itself once it is imported.

    Attributes:
        version: of the framework or package, empty where there is none.
        offered: the operations that it has.
        note: what else a reader of its results should know.
        digest: of the file that it stands in, if there is one.
        switches: what an adapter has set of its framework, by name.
    """

    version: str
    offered: frozenset[str]
    note: str = ""
    digest: str = ""
    switches: Mapping[str, str] = field(default_factory=dict)


def identity_of(implementation: Implementation) -> Identity:
    """Return what an implementation that is loaded says of itself."""
    return Identity(
        implementation.version,
        frozenset(implementation.functions),
        digest=implementation.digest,
        switches=dict(implementation.switches),
    )


class Subject(Protocol):
    """An implementation that can be asked; a context manager, which ends whatever it has started."""

    name: str
    device: Device

    def begin(self, cases: Iterable[Case]) -> Identity:
        """Return what it says of itself, once it is imported.

        Args:
            cases: that it will be asked; prepared meanwhile, where there is a meanwhile.

        Raises:
            Unavailable: it cannot be imported; the message says why.
        """

    def attempts(self) -> Iterator[Attempt]:
        """Yield the attempt at each of the cases, as they come."""

    def attempt(self, case: Case) -> Attempt:
        """Return the attempt at one case, as it is asked in `attempts`, but without a search for mistakes."""

    def attempt_alone(self, case: Case) -> Attempt | None:
        """Return the same in a process that was asked nothing before; None where there is no process of its own."""

    def traits(self) -> tuple[Trait, ...]:
        """Return what was measured beside the judgement."""

    def incidents(self) -> tuple[str, ...]:
        """Return what went wrong that no case can be blamed for, in sentences."""

    def __enter__(self) -> Subject: ...

    def __exit__(self, *_: object) -> None: ...
