"""Ratios as the scripts here print them, and as `performance.py` reads them."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_LINE = re.compile(r"^ratio (.+): median ([\d.]+), ([\d.]+) to ([\d.]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times longer something takes: the median of pairs that took turns, and the middle half of them."""

    name: str
    median: float
    first: float
    third: float

    def __str__(self) -> str:
        return f"ratio {self.name}: median {self.median:.2f}, {self.first:.2f} to {self.third:.2f}"


def ratio_of(name: str, ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Return the ratio of times that were measured in pairs, two or more."""
    ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
    first, median, third = statistics.quantiles(ratios, n=4, method="inclusive")
    return Ratio(name, median, first, third)


def read_ratios(printed: str) -> list[Ratio]:
    """Return the ratios that a script has printed.

    >>> read_ratios("ratio run: median 1.25, 1.20 to 1.31")
    [Ratio(name='run', median=1.25, first=1.2, third=1.31)]
    """
    return [Ratio(name, *map(float, numbers)) for name, *numbers in _LINE.findall(printed)]
