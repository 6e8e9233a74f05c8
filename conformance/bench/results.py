"""What was measured, and what follows from it: medians, quartiles, ratios, means."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any

from conformance.bench.layers import Layer
from conformance.case import Outcome

__all__ = ["Bench", "Entrant", "Measured", "Row"]


@dataclass(frozen=True, slots=True)
class Entrant:
    """An implementation that is timed.

    Attributes:
        name: the SPEC.
        version: of the framework or package.
        reason: why it is unavailable; nothing where it is not.
    """

    name: str
    version: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of a layer with one implementation.

    Attributes:
        outcome: of the judgement before, or of the call that was timed; only `passed` has times.
        accuracy: the class that was reached; `exact` where equality was asked and found.
        detail: why there is no time.
        seconds: of each call that was timed.
    """

    outcome: Outcome
    accuracy: str = ""
    detail: str = ""
    seconds: tuple[float, ...] = ()

    @property
    def median(self) -> float | None:
        """The median of the times, in seconds; None where there are none."""
        return statistics.median(self.seconds) if self.seconds else None

    @property
    def quartiles(self) -> tuple[float, float] | None:
        """Between which the middle half of the times lies, in seconds; None where there are none."""
        if not self.seconds:
            return None
        if len(self.seconds) == 1:
            return self.seconds[0], self.seconds[0]
        first, _, third = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return first, third


@dataclass(frozen=True, slots=True)
class Row:
    """A layer with what each implementation made of it, in the order of the implementations."""

    layer: Layer
    measured: tuple[Measured, ...]

    def ratio(self, place: int) -> float | None:
        """Return the median of an implementation over that of the first; None where one of them has none."""
        first, own = self.measured[0].median, self.measured[place].median
        return own / first if first and own else None

    def gflops(self, place: int) -> float | None:
        """Return 10^9 floating-point operations a second, two for each product; None where there are no times."""
        own = self.measured[place].median
        return 2e-9 * self.layer.products / own if own and self.layer.products else None


@dataclass(slots=True)
class Bench:
    """A run of `bench`.

    Attributes:
        environment: what the times depend on beside the layers.
        entrants: the implementations; ratios are to the first that is available.
        rows: the layers that are done.
    """

    environment: dict[str, Any]
    entrants: list[Entrant] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def timed(self) -> list[Entrant]:
        """The implementations that are available, in the order of what rows hold."""
        return [entrant for entrant in self.entrants if not entrant.reason]

    def geometric_mean(self, place: int) -> tuple[float, int] | None:
        """Return the geometric mean of an implementation's ratios, and of how many; None where there are none."""
        ratios = [ratio for ratio in (row.ratio(place) for row in self.rows) if ratio is not None]
        return (statistics.geometric_mean(ratios), len(ratios)) if ratios else None

    def total(self, place: int) -> float | None:
        """Return the seconds of all layers, as often as the network has them; None where one has no time."""
        medians = [row.measured[place].median for row in self.rows]
        if not self.rows or None in medians:
            return None
        return sum(row.layer.times * (median or 0.0) for row, median in zip(self.rows, medians, strict=True))

    @property
    def is_green(self) -> bool:
        """Whether everybody is available, nothing worse than `unsupported` came, and something was timed."""
        outcomes = {measured.outcome for row in self.rows for measured in row.measured}
        good = {Outcome.PASSED, Outcome.UNSUPPORTED}
        return len(self.timed) == len(self.entrants) and Outcome.PASSED in outcomes and outcomes <= good
