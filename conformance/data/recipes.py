"""The recipes by name: a closed set, the same numbers on every machine.

| recipe                   | numbers                                                                                   |
|--------------------------|-------------------------------------------------------------------------------------------|
| `arange`                 | 0, 1, 2, … in row-major order of the operand                                              |
| `N - arange`             | N, N-1, N-2, …                                                                            |
| `integers`               | whole numbers from -9 to 9 without 0; each of the 18 once in every run of 18              |
| `wide`                   | odd whole numbers of 12 bits, ±2049 to ±4095: TF32, bfloat16 and float16 arithmetic       |
|                          | cannot hold them                                                                          |
| `sparse`                 | the same and zeros, so few in each sum that equality can be proved beside `integers`      |
| `one-hot`                | a power of two in the middle of each image, or at one tap of each output channel; else 0  |
| `saturating`             | int8: -128, -127, 126 and 127; else the largest numbers whose sums can still be proved    |
| `normal`                 | nearly normal deviates                                                                    |
| `normal(S)`              | normal deviates of `numpy.random.default_rng(S)`; operands of one seed continue one       |
|                          | stream, in the order input, filters                                                       |
| `round(normal(S), D)`    | those, rounded to D decimals                                                              |
| `cancelling`             | for both operands: sums that lose half of the dtype's bits                                |
| `special`                | `integers` with NaN, +Inf, -Inf, a denormal and -0 at places of their own                 |

All but those with a number read SHAKE-128 of `CASE/OPERAND`, two bytes a number (`normal` twelve times four), so that
any language can make them, whatever else runs beside or before. Zeros hide a wrong index, and so do equal numbers:
`integers` orders 0 to 17 by one draw each for every run of 18 numbers (v becomes v - 9, or v - 8 from 9 on), so that
operands of up to 18 elements hold no number twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

from conformance.case import Shape
from conformance.data import real, whole
from conformance.data.source import Array, Source

__all__ = ["RECIPES", "Recipe", "parse_recipe"]

RECIPES = (
    "arange",
    "N - arange",
    "integers",
    "wide",
    "sparse",
    "one-hot",
    "saturating",
    "normal",
    "normal(SEED)",
    "round(normal(SEED), DECIMALS)",
    "cancelling",
    "special",
)

_NUMBER = r"(-?\d{1,9})"

Draw = Callable[[Shape, Source], Array]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an operand is filled.

    Attributes:
        draw: from the operand's shape, canonical, and its source to the numbers.
        whole: whether they are whole numbers, which integer dtypes need.
    """

    draw: Draw
    whole: bool = True

    def __call__(self, shape: Shape, source: Source) -> Array:
        """Return the numbers."""
        return self.draw(shape, source)


def _counting(constant: str | None = None) -> Recipe:
    number = None if constant is None else int(constant)
    return Recipe(lambda shape, _: whole.arange(shape, number))


def _seeded(seed: str) -> Recipe:
    return Recipe(partial(real.generator_normal, seed=int(seed)), whole=False)


def _rounded(seed: str, decimals: str) -> Recipe:
    unrounded = _seeded(seed)
    return Recipe(lambda shape, source: unrounded(shape, source).round(int(decimals)), whole=False)


_PATTERNS: dict[str, Callable[..., Recipe]] = {
    r"arange": _counting,
    rf"{_NUMBER}-arange": _counting,
    r"integers": lambda: Recipe(whole.integers),
    r"wide": lambda: Recipe(whole.wide),
    r"sparse": lambda: Recipe(whole.sparse),
    r"one-hot": lambda: Recipe(whole.one_hot),
    r"saturating": lambda: Recipe(whole.saturating),
    r"normal": lambda: Recipe(real.normal, whole=False),
    r"normal\((\d{1,9})\)": _seeded,
    r"round\(normal\((\d{1,9})\),(\d{1,2})\)": _rounded,
    r"cancelling": lambda: Recipe(real.cancelling, whole=False),
    r"special": lambda: Recipe(real.special, whole=False),
}


def parse_recipe(text: str) -> Recipe:
    """Return the recipe that `text` names.

    Raises:
        ValueError: no recipe has that form; the message lists the forms.

    >>> parse_recipe("12 - arange")((2, 2), None).tolist()
    [[12, 11], [10, 9]]
    """
    for pattern, recipe in _PATTERNS.items():
        match = re.fullmatch(pattern, text.replace(" ", ""))
        if match:
            return recipe(*match.groups())
    near = get_close_matches(text, RECIPES, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise ValueError(f"must be numbers or one of the recipes {' · '.join(RECIPES)}, but is {text!r}{hint}")
