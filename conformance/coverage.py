"""Coverage: which pairs of levels, of two factors each, a set of cases has.

Most mistakes need two things at once, such as an odd total of `SAME` and a stride of 2, or a dilation and groups. So
every level of a factor should meet every level of every other one in some case. A case may have several levels of a
factor: pads of 2 and 0 above and below, 1 and 3 beside are one-sided and asymmetric. Where a level is about sizes, one
spatial axis is enough to have it. A case in which an array has no elements counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from conformance.case import Case, DType, Kind, Memory, Shape
from reference.geometry import explicit_pads, receptive_field

__all__ = ["FACTORS", "IMPOSSIBLE", "Coverage", "Level", "Pair", "levels", "measure_coverage"]

Level = tuple[str, str]
"""A factor, and one of its levels."""

Pair = tuple[Level, Level]

FACTORS: Mapping[str, tuple[str, ...]] = {
    "padding": (
        "VALID",
        "SAME with an even total",
        "SAME with an odd total",
        "symmetric",
        "asymmetric",
        "wider than the filter",
        "one-sided",
    ),
    "strides": ("1", "2", "3", "unequal", "beyond the filter"),
    "dilations": ("1", "2", "3", "unequal"),
    "groups": ("1", "2", "depthwise", "multiplier > 1"),
    "filters": ("1", "even", "odd", "rectangular", "as large as the image", "larger than the image"),
    "batch": ("1", "2", "more"),
    "channels": ("1", "few", "many"),
    "dtype": tuple(DType),
    "format": ("channels last", "channels first"),
    "memory": tuple(Memory),
    "direction": (Kind.FORWARD, Kind.TRANSPOSE, Kind.INPUT_GRADIENT, Kind.FILTER_GRADIENT),
}
"""The factors and their levels, in the order in which they are printed."""

_MANY = 16
"""Channels from which on kernels take their vectorised paths."""

_GRADIENTS = (Kind.INPUT_GRADIENT, Kind.FILTER_GRADIENT, Kind.TRANSPOSE)

_EXCLUDED: tuple[tuple[Level, Level, str], ...] = (
    (("padding", "SAME with an odd total"), ("filters", "1"), "SAME adds nothing to a filter of one tap"),
    (("padding", "VALID"), ("filters", "larger than the image"), "no window fits in"),
    (("groups", "2"), ("channels", "1"), "one channel makes one group"),
    *((("dtype", DType.INT8), ("direction", kind), "int8 is summed in int32 forward only") for kind in _GRADIENTS),
)

IMPOSSIBLE: Mapping[Pair, str] = {(first, second): reason for first, second, reason in _EXCLUDED}
"""The pairs that no case can have, or that would ask nothing of their own, and why."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the pairs of a set of cases are.

    Attributes:
        covered: the pairs that some case has.
        possible: all that a case could have, in the order of the factors and their levels.
    """

    covered: frozenset[Pair]
    possible: tuple[Pair, ...]

    @property
    def missing(self) -> tuple[Pair, ...]:
        """The pairs that no case has, in order."""
        return tuple(pair for pair in self.possible if pair not in self.covered)

    def count(self, first: str, second: str) -> tuple[int, int]:
        """Return how many pairs of two factors are covered, and how many are possible."""
        pairs = [pair for pair in self.possible if (pair[0][0], pair[1][0]) == (first, second)]
        return sum(pair in self.covered for pair in pairs), len(pairs)


def measure_coverage(cases: Iterable[Case]) -> Coverage:
    """Return which pairs the cases have."""
    possible = tuple(pair for pair in _pairs(FACTORS) if pair not in IMPOSSIBLE)
    covered = frozenset(pair for case in cases for pair in _pairs(levels(case)))
    return Coverage(covered.intersection(possible), possible)


def levels(case: Case) -> dict[str, tuple[str, ...]]:
    """Return the levels that a case has, by factor, in the order of `FACTORS`.

    Nothing where it has no elements, no filters, or no answer.
    """
    empty = 0 in (*case.input, *case.filters, *case.output, *(case.out_backprop or ()))
    if case.refuses or case.operation.is_bias or empty:
        return {}
    transposed = case.output if case.operation.kind is Kind.TRANSPOSE else case.out_backprop
    image = transposed if case.operation.is_transposed and transposed else case.input
    fields = tuple(map(receptive_field, case.filters[:-2], case.dilations))
    found: dict[str, set[str]] = {
        "padding": _padding(case, image[1:-1], fields),
        "strides": _steps(case.strides) | _flag("beyond the filter", any(map(int.__gt__, case.strides, fields))),
        "dilations": _steps(case.dilations),
        "groups": _groups(case, image[-1]),
        "filters": _filters(case.filters[:-2], image[1:-1], fields),
        "batch": {str(image[0]) if image[0] < 3 else "more"},
        "channels": {"1" if image[-1] == 1 else "few" if image[-1] < _MANY else "many"},
        "dtype": {case.dtype},
        "format": {"channels first" if case.channels_first else "channels last"},
        "memory": {case.memory},
        "direction": {case.operation.kind},
    }
    return {factor: tuple(level for level in FACTORS[factor] if level in had) for factor, had in found.items()}


def _pairs(levels_of: Mapping[str, tuple[str, ...]]) -> list[Pair]:
    """Return every level of a factor with every level of a later one."""
    return [
        ((first, one), (second, other))
        for first, second in combinations(levels_of, 2)
        for one, other in product(levels_of[first], levels_of[second])
    ]


def _flag(level: str, is_had: bool) -> set[str]:
    return {level} if is_had else set()


def _padding(case: Case, sizes: Shape, fields: Shape) -> set[str]:
    pads = explicit_pads(case.padding, sizes, case.filters[:-2], case.strides, case.dilations)
    if case.padding == "SAME":
        totals = [before + after for before, after in pads]
        parities = {total % 2 for total in totals if total} or {0}  # where SAME adds nothing, that is even
        return {"SAME with an odd total" if odd else "SAME with an even total" for odd in parities}
    if not any(map(any, pads)):
        return {"VALID"}
    return (
        _flag("symmetric", all(before == after for before, after in pads))
        | _flag("asymmetric", any(0 != before != after != 0 for before, after in pads))
        | _flag("one-sided", any((before == 0) != (after == 0) for before, after in pads))
        | _flag("wider than the filter", any(max(pair) >= field for pair, field in zip(pads, fields, strict=True)))
    )


def _steps(steps: tuple[int, ...]) -> set[str]:
    return {str(steps[0]) if len(set(steps)) == 1 else "unequal"}


def _groups(case: Case, channels: int) -> set[str]:
    depth, filters = case.filters[-2:]
    if case.operation.is_depthwise:
        return {"multiplier > 1" if filters > 1 else "depthwise"}
    count = channels // depth
    own = count == channels > 1
    multiplied = _flag("multiplier > 1" if filters > count else "depthwise", own)
    return {str(count)} | multiplied


def _filters(taps: Shape, sizes: Shape, fields: Shape) -> set[str]:
    if set(taps) == {1}:
        return {"1"} | _flag("as large as the image", set(sizes) == {1})
    return (
        _flag("even", any(size % 2 == 0 for size in taps))
        | _flag("odd", any(size % 2 and size > 1 for size in taps))
        | _flag("rectangular", len(set(taps)) > 1)
        | _flag("as large as the image", any(map(int.__eq__, fields, sizes)))
        | _flag("larger than the image", any(map(int.__gt__, fields, sizes)))
    )
