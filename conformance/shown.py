"""What a report shows of the arrays of a failing case: planes through the worst element, small enough to be kept."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer

__all__ = ["Bar", "Histogram", "Plane", "Shown", "Window"]


def _plain_number(number: float) -> float | int | str:
    """Return what JSON has for a number: nothing for those that are not finite, which become words."""
    if not math.isfinite(number):
        return str(number)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


Number = Annotated[float, PlainSerializer(_plain_number, when_used="json")]
"""A number that is read again as it was written, be it infinite or none at all."""


class _Plain(BaseModel):
    """Values that are as they were written; what a later version adds is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Window(_Plain):
    """The elements of a plane that count: a grid, which may reach beyond the plane where there is padding.

    Attributes:
        row: of its first element, from 0 at the first row that the plane shows; negative above that.
        column: likewise.
        height: elements from the first row to the last one, and one more.
        width: likewise.
        down: rows from one element to the next.
        right: columns, likewise.
    """

    row: int
    column: int
    height: int = 1
    width: int = 1
    down: int = 1
    right: int = 1


class Plane(_Plain):
    """A part of an array, as rows of numbers.

    Attributes:
        role: `input`, `filters`, `pointwise`, `out_backprop`, `got`, `expected` or `difference`.
        place: of the plane in its array, such as `[0, :, :, 2]`.
        size: the rows and columns of the whole plane.
        row: of the first row that is shown, from 0.
        column: likewise.
        rows: the numbers.
        window: what the worst element is computed from, or where it stands; None where that is unknown.
    """

    role: str
    place: str
    size: tuple[int, int]
    row: int = 0
    column: int = 0
    rows: tuple[tuple[Number, ...], ...]
    window: Window | None = None


class Bar(_Plain):
    """How many elements have an error of this size.

    Attributes:
        label: the size, such as `0` or `≤ 2`.
        count: the elements.
        allowed: whether errors of this size keep the bound.
    """

    label: str
    count: int
    allowed: bool


class Histogram(_Plain):
    """The errors of all elements, by size.

    Attributes:
        unit: of the sizes.
        bars: from the smallest size on.
    """

    unit: str
    bars: tuple[Bar, ...]


class Shown(_Plain):
    """A failing case as a picture.

    Attributes:
        worst: the index of the worst element, channels last.
        planes: through that element.
        wrong: the output's plane in at most 16 rows of 32 characters: `■` where an element is wrong, `·` where none is.
        histogram: the errors of all elements.
    """

    worst: tuple[int, ...]
    planes: tuple[Plane, ...]
    wrong: tuple[str, ...] = ()
    histogram: Histogram
