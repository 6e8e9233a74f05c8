"""From the arrays of a failing case to what a report shows of them: planes through the worst element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from conformance.case import Case, DType, Kind, Map, Outcome
from conformance.data import Array
from conformance.judgement import Accuracy, Expected
from conformance.judgement.accuracy import elementwise_limit
from conformance.record import Record
from conformance.runner import Attempt
from conformance.shown import Bar, Histogram, Plane, Shown, Window
from reference.geometry import explicit_pads, receptive_field

__all__ = ["Pictures", "picture_of"]

_PICTURES = 200
"""Failures of an implementation that are kept as pictures."""

_EDGE = 48
"""Rows and columns of a plane that are kept, round the worst element."""

_GRID = (16, 32)
"""Rows and columns of the small picture of what is wrong."""

_DIGITS = {DType.FLOAT64: 17, DType.INT32: 10}
"""By which every number is told from its neighbours; of the others, 9 suffice."""


class Pictures:
    """The pictures of an implementation's failures, as many as a report has use for.

    Args:
        demand: the loosest accuracy class that passes.
    """

    def __init__(self, demand: Accuracy = Accuracy.EXACT_ORDER) -> None:
        self._demand = demand
        self._taken: dict[str, Shown] = {}

    def take(self, attempt: Attempt, outcome: Outcome) -> Shown | None:
        """Return the picture of an attempt that failed; None where there is none, or there are enough."""
        if outcome is Outcome.FAILED and len(self._taken) < _PICTURES:
            shown = picture_of(attempt, self._demand)
            if shown is not None:
                self._taken[attempt.result.case.id] = shown
        return self.of(attempt.result.case)

    def note(self, record: Record) -> None:
        """Take over the picture that an earlier run has made, if it did."""
        if record.shown is not None:
            self._taken[record.case] = record.shown

    def of(self, case: Case) -> Shown | None:
        """Return the picture that was taken of a case, if one was."""
        return self._taken.get(case.id)


@np.errstate(all="ignore")
def picture_of(attempt: Attempt, demand: Accuracy = Accuracy.EXACT_ORDER) -> Shown | None:
    """Return what a report shows of a wrong answer; None where its numbers are right, or cannot be compared.

    Args:
        attempt: with the arrays.
        demand: the accuracy class in units of whose bound errors are counted; of `fast-algorithm`, which has none for
            an element, that of `exact-order`.
    """
    case, operands, expected, answer = attempt.result.case, attempt.operands, attempt.expected, attempt.answer
    if operands is None or expected is None or answer is None:
        return None
    if answer.shape != case.output or not answer.size:
        return None
    if answer.dtype.name != case.out_dtype:
        return None
    errors = _errors(case, expected, answer.astype(np.float64), demand)
    together = attempt.result.rule == "bound" and errors.size.any()  # each may be right, and all together wrong
    if not together and not errors.wrong.any():
        return None
    rank = errors.size if errors.limit is None else errors.in_bounds
    worst = tuple(map(int, np.unravel_index(np.argmax(np.nan_to_num(rank, nan=np.inf)), rank.shape)))
    view = _View(case, worst)
    outputs = {"got": errors.got, "expected": expected.value, "difference": errors.got - expected.value}
    return Shown(
        worst=worst,
        planes=(
            *(view.operand(name, part) for name, part in operands.taken_by(case.operation).items() if part.size),
            *(view.output(name, part) for name, part in outputs.items()),
        ),
        wrong=_grid(_plane_of(view.output_index, errors.wrong)),
        histogram=_histogram(errors),
    )


@dataclass(frozen=True, slots=True)
class _Errors:
    """What an answer is off by.

    Attributes:
        got: the answer.
        size: of each element's error; NaN where it cannot be measured.
        limit: what is allowed; None where equality is asked.
    """

    got: Array
    size: Array
    limit: Array | None

    @property
    def in_bounds(self) -> Array:
        """The errors in units of what is allowed."""
        return self.size if self.limit is None else np.where(self.size == 0, 0.0, self.size / self.limit)

    @property
    def wrong(self) -> Array:
        """Which elements are wrong, each taken by itself."""
        return ~(self.size <= (0.0 if self.limit is None else self.limit))


def _errors(case: Case, expected: Expected, got: Array, demand: Accuracy) -> _Errors:
    same = (got == expected.value) | (np.isnan(got) & np.isnan(expected.value))
    size = np.where(same, 0.0, np.abs(got - expected.value))
    if expected.exact and demand is Accuracy.EXACT_ORDER:
        return _Errors(got, size, None)
    measured = Accuracy.EXACT_ORDER if demand is Accuracy.FAST_ALGORITHM else demand
    limit = np.where(np.isfinite(expected.value), elementwise_limit(measured, expected, case.out_dtype), 0.0)
    return _Errors(got, size, limit)


@dataclass(frozen=True, slots=True)
class _View:
    """Which planes go through the worst element of an output.

    Attributes:
        case: whose output.
        worst: the index of that element.
    """

    case: Case
    worst: tuple[int, ...]

    def output(self, role: str, array: Array) -> Plane:
        """Return the plane of the output that holds the worst element."""
        row, column = _last_two(self.worst[_spatial(self.output_index)])
        return self._cropped(role, self.output_index, array, Window(row=row, column=column))

    def operand(self, role: str, array: Array) -> Plane:
        """Return a plane of an operand; one that the worst element is computed from, where that is simple to tell."""
        if role == "bias":
            return self._cropped(role, (slice(None),), array, None)
        return self._cropped(role, self._operand_index(role, array), array, self._window(role))

    @property
    def output_index(self) -> tuple[int | slice, ...]:
        """The index of the output's plane."""
        if len(self.worst) == 1:
            return (slice(None),)
        if self.case.operation.gives_image:
            return _image_index(self.worst)
        return _filter_index(self.worst)

    def _operand_index(self, role: str, array: Array) -> tuple[int | slice, ...]:
        operation = self.case.operation
        if role in ("filters", "pointwise"):
            forward = operation.kind is Kind.FORWARD and role == "filters"
            last = self._filter_channels() if forward else (0, 0)
            return _filter_index((*(0,) * (array.ndim - 2), *last))
        depth = self._window_start()[:-2] if operation.kind is Kind.FORWARD and not operation.is_bias else ()
        inside = tuple(min(max(start, 0), size - 1) for start, size in zip(depth, array.shape[1:], strict=False))
        batch = self.worst[0] if operation.gives_image else 0
        middle = (*inside, *(0,) * (array.ndim - 2 - len(inside)))
        return _image_index((batch, *middle, self._input_channel() if role == "input" else 0))

    def _filter_channels(self) -> tuple[int, int]:
        """Return the last two places of the filters of a convolution that the worst element is computed with."""
        channel = self.worst[-1]
        if not self.case.operation.is_depthwise:
            return 0, channel
        multiplier = self.case.filters[-1]
        return (channel // multiplier, channel % multiplier) if self.case.pointwise is None else (0, 0)

    def _input_channel(self) -> int:
        case = self.case
        if case.operation.is_bias:
            return self.worst[-1]
        if case.operation.kind is not Kind.FORWARD:
            return 0
        if case.operation.is_depthwise:
            return self._filter_channels()[0]
        groups = case.input[-1] // case.filters[-2]
        return self.worst[-1] // (case.filters[-1] // groups) * case.filters[-2]

    def _window_start(self) -> tuple[int, ...]:
        """Return where the window of the worst element begins, along each spatial axis of the input."""
        case = self.case
        pads = explicit_pads(case.padding, case.input[1:-1], case.filters[:-2], case.strides, case.dilations)
        axes = zip(self.worst[1:-1], case.strides, pads, strict=True)
        return tuple(place * stride - before for place, stride, (before, _) in axes)

    def _window(self, role: str) -> Window | None:
        case = self.case
        if role != "input" or case.operation.kind is not Kind.FORWARD or case.operation.map is not Map.TO_OUTPUT:
            return None
        if case.operation.is_bias:
            row, column = _last_two(self.worst[1:-1])
            return Window(row=row, column=column)
        fields = map(receptive_field, case.filters[:-2], case.dilations)
        (row, column), (down, right) = _last_two(self._window_start()), _last_two(case.dilations, 1)
        height, width = _last_two(tuple(fields), 1)
        return Window(row=row, column=column, height=height, width=width, down=down, right=right)

    def _cropped(self, role: str, index: tuple[int | slice, ...], array: Array, window: Window | None) -> Plane:
        """Return a plane, or the part of it round the window where it is large."""
        digits = _DIGITS.get(self.case.out_dtype, 9)
        plane = _plane_of(index, array).astype(np.float64)
        centre = (0, 0) if window is None else (window.row + window.height // 2, window.column + window.width // 2)
        row, column = (
            min(max(at - _EDGE // 2, 0), max(size - _EDGE, 0)) for at, size in zip(centre, plane.shape, strict=True)
        )
        part = plane[row : row + _EDGE, column : column + _EDGE]
        moved = window and window.model_copy(update={"row": window.row - row, "column": window.column - column})
        place = ", ".join(":" if isinstance(each, slice) else str(each) for each in index)
        return Plane(
            role=role,
            place=f"[{place}]",
            size=plane.shape,
            row=row,
            column=column,
            rows=tuple(tuple(float(f"{number:.{digits}g}") for number in line) for line in part.tolist()),
            window=moved,
        )


def _last_two(places: tuple[int, ...], missing: int = 0) -> tuple[int, int]:
    return (missing, places[-1]) if len(places) == 1 else (places[-2], places[-1])


def _spatial(index: tuple[int | slice, ...]) -> slice:
    places = [axis for axis, place in enumerate(index) if isinstance(place, slice)]
    return slice(places[0], places[-1] + 1)


def _image_index(place: tuple[int, ...]) -> tuple[int | slice, ...]:
    """Return the index of the plane of an image, channels last, that holds an element."""
    free = range(max(1, len(place) - 3), len(place) - 1)
    return tuple(slice(None) if axis in free else at for axis, at in enumerate(place))


def _filter_index(place: tuple[int, ...]) -> tuple[int | slice, ...]:
    free = range(max(0, len(place) - 4), len(place) - 2)
    return tuple(slice(None) if axis in free else at for axis, at in enumerate(place))


def _plane_of(index: tuple[int | slice, ...], array: Array) -> Array:
    part = array[index]
    return part[None] if part.ndim == 1 else part


def _grid(wrong: Array) -> tuple[str, ...]:
    """Return where elements are wrong, a character for a block of them where there are many."""
    down, right = (-(-size // most) for size, most in zip(wrong.shape, _GRID, strict=True))
    return tuple(
        "".join(
            "■" if wrong[top : top + down, left : left + right].any() else "·"
            for left in range(0, wrong.shape[1], right)
        )
        for top in range(0, wrong.shape[0], down)
    )


def _histogram(errors: _Errors) -> Histogram:
    """Return how many elements have errors of which size."""
    exact = errors.limit is None
    size = errors.in_bounds
    edges = [0.0, *(10.0**power for power in range(7))] if exact else [0.0, *(2.0**power for power in range(-4, 11))]
    finite = size[np.isfinite(size)]
    counts = np.bincount(np.searchsorted(edges, finite), minlength=len(edges) + 1).tolist()
    labels = ["0", *(f"≤ {edge:g}" for edge in edges[1:]), f"> {edges[-1]:g}"]
    used = max((place for place, count in enumerate(counts) if count), default=0)
    least = 1 if exact else edges.index(1.0)
    shown = max(used, least) + 1
    allowed = [edge <= (0 if exact else 1) for edge in edges] + [False]
    bars = [
        Bar(label=label, count=count, allowed=good) for label, count, good in zip(labels, counts, allowed, strict=True)
    ]
    rest = size.size - finite.size
    endless = [Bar(label="not finite", count=rest, allowed=False)] if rest else []
    return Histogram(unit="1" if exact else "the bound", bars=(*bars[:shown], *endless))
