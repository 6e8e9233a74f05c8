"""Small convolutions and their sums in rational arithmetic, which share nothing with the oracle."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from reference import oracle

Array = NDArray[Any]
Pair = tuple[int, int]

DTYPES: dict[str, np.dtype[Any]] = {
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
}
PRECISION = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
LARGEST_EXPONENT = {"float16": 15, "bfloat16": 127, "float32": 127, "float64": 1023}


def rounded(exact: Fraction, name: str) -> float:
    """Round to nearest even by whole numbers: count the places that the format has at this magnitude."""
    if exact == 0:
        return 0.0
    exponent = exact.numerator.bit_length() - exact.denominator.bit_length()
    exponent -= abs(exact) < Fraction(2) ** exponent
    place = Fraction(2) ** (max(exponent, 1 - LARGEST_EXPONENT[name]) - PRECISION[name] + 1)
    answer = round(exact / place) * place
    if abs(answer) >= Fraction(2) ** (LARGEST_EXPONENT[name] + 1):
        return math.inf if answer > 0 else -math.inf
    return float(answer)


@dataclass(frozen=True)
class Sample:
    """A small problem of random geometry, and its exact sums."""

    input: Array
    filters: Array
    bias: Array | None
    strides: Pair
    dilations: Pair
    padding: tuple[Pair, Pair]

    def answer(self, **options: Any) -> oracle.Exact:
        """Return what the oracle says."""
        pads: Any = self.padding
        return oracle.conv2d(
            self.input, self.filters, self.strides, pads, dilations=self.dilations, bias=self.bias, **options
        )

    def terms(self, place: tuple[int, ...]) -> list[Fraction]:
        """Return the products behind one output element, and the bias, by checking every tap's bounds."""
        batch, row, column, channel = place
        height, width, depth, out_channels = self.filters.shape
        first = channel // (out_channels // (self.input.shape[3] // depth)) * depth
        found = [] if self.bias is None else [rational(self.bias[channel])]
        for down, right in np.ndindex(height, width):
            y = row * self.strides[0] + down * self.dilations[0] - self.padding[0][0]
            x = column * self.strides[1] + right * self.dilations[1] - self.padding[1][0]
            if 0 <= y < self.input.shape[1] and 0 <= x < self.input.shape[2]:
                pixels, weights = self.input[batch, y, x, first : first + depth], self.filters[down, right, :, channel]
                found += [rational(a) * rational(b) for a, b in zip(pixels, weights, strict=True)]
        return found


def rational(value: Any) -> Fraction:
    """Return a number of any dtype as it is."""
    return Fraction(int(value)) if isinstance(value, np.integer) else Fraction(float(value))


def draw_sample(seed: int, draw: Callable[[np.random.Generator, tuple[int, ...]], Array]) -> Sample:
    """Return a problem of random geometry; `draw` makes arrays of a shape."""
    generator = np.random.default_rng(seed)
    groups, depth, channels, height, width = (int(size) for size in generator.integers(1, 4, 5))
    strides, dilations, before, after = ((int(a), int(b)) for a, b in generator.integers(1, 3, (4, 2)))
    sizes = generator.integers(3, 7, 2)
    return Sample(
        input=draw(generator, (int(generator.integers(1, 3)), *sizes, groups * depth)),
        filters=draw(generator, (height, width, depth, groups * channels)),
        bias=draw(generator, (groups * channels,)) if seed % 2 else None,
        strides=strides,
        dilations=dilations,
        padding=((before[0], after[0] + 2), (before[1], after[1] + 1)),
    )
