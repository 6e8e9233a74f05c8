"""The numbers of a case: a closed set of named recipes, the same on every machine.

| recipe                   | numbers                                                                                   |
|--------------------------|-------------------------------------------------------------------------------------------|
| `arange`                 | 0, 1, 2, … in row-major order of the operand as written                                   |
| `N - arange`             | N, N-1, N-2, …                                                                            |
| `integers`               | whole numbers from -9 to 9 without 0, drawn from the case's id                            |
| `wide`                   | odd whole numbers of 12 bits, ±2049 to ±4095, drawn likewise: TF32, bfloat16 and float16  |
|                          | arithmetic cannot hold them                                                               |
| `round(normal(S), D)`    | normal deviates of `numpy.random.default_rng(S)`, rounded to D decimals; operands of one  |
|                          | seed continue one stream, in the order input, filters                                     |

`integers` reads its numbers from SHAKE-128 of the case's id and the operand's name, two bytes a number, so that any
language can make them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conformance.case import Case, Memory, Shape, numpy_dtype
from conformance.memory import spread
from conformance.operation import Operation

__all__ = ["RECIPES", "Array", "Operands", "Recipe", "make_operands", "parse_recipe"]

Array = NDArray[Any]

RECIPES = ("arange", "N - arange", "integers", "wide", "round(normal(SEED), DECIMALS)")

_NUMBER = r"(-?\d{1,9})"


@dataclass(frozen=True, slots=True)
class Operands:
    """The arrays of a case, in its dtype.

    What a gradient is asked for is no operand: it stands here as zeros that take no memory, for its shape.

    Attributes:
        input: channels last.
        filters: HWIO.
        bias: one number per output channel, or None.
        out_backprop: what arrives at the convolution's output, for a gradient, or None.
    """

    input: Array
    filters: Array
    bias: Array | None
    out_backprop: Array | None = None

    @property
    def given(self) -> dict[str, Array]:
        """The arrays that there are, by name."""
        parts = {name: getattr(self, name) for name in ("input", "filters", "bias", "out_backprop")}
        return {name: part for name, part in parts.items() if part is not None}

    def taken_by(self, operation: Operation) -> dict[str, Array]:
        """The arrays that `operation` computes from, by name: its operands, and the bias if there is one."""
        names = (*operation.operands, "bias")
        return {name: part for name, part in self.given.items() if name in names}


@dataclass(slots=True)
class _Source:
    """What a recipe may draw from: the case and operand that it is for, and the streams that were begun."""

    case: str
    operand: str
    streams: dict[int, np.random.Generator]


Recipe = Callable[[Shape, _Source], Array]


def _arange(constant: int | None) -> Recipe:
    def fill(shape: Shape, _: _Source) -> Array:
        steps = np.arange(np.prod(shape, dtype=np.int64)).reshape(shape)
        return steps if constant is None else constant - steps

    return fill


def _integers(shape: Shape, source: _Source) -> Array:
    values = _drawn(shape, source) % 18 - 9
    return values + (values >= 0)


def _wide(shape: Shape, source: _Source) -> Array:
    values = _drawn(shape, source)
    magnitudes = 2049 + 2 * (values % 1024)
    return np.where(values & 1024, magnitudes, -magnitudes)


def _drawn(shape: Shape, source: _Source) -> Array:
    """Return whole numbers from 0 to 65535, two bytes of the case's stream each, the low one first."""
    size = int(np.prod(shape, dtype=np.int64))
    stream = hashlib.shake_128(f"{source.case}/{source.operand}".encode()).digest(2 * size)
    return np.frombuffer(stream, "<u2").astype(np.int64).reshape(shape)


def _rounded_normal(seed: int, decimals: int) -> Recipe:
    def fill(shape: Shape, source: _Source) -> Array:
        stream = source.streams.setdefault(seed, np.random.default_rng(seed))
        return stream.normal(size=shape).round(decimals)

    return fill


_PATTERNS: dict[str, Callable[..., Recipe]] = {
    r"arange": lambda: _arange(None),
    rf"{_NUMBER}-arange": lambda constant: _arange(int(constant)),
    r"integers": lambda: _integers,
    r"wide": lambda: _wide,
    r"round\(normal\((\d{1,9})\),(\d{1,2})\)": lambda seed, decimals: _rounded_normal(int(seed), int(decimals)),
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


def make_operands(case: Case) -> Operands:
    """Return the arrays of `case`: numbers as written or by recipe, shapes canonical, dtype the case's."""
    streams: dict[int, np.random.Generator] = {}

    def fill(operand: str, content: Any, shape: Shape, canonical: Shape) -> Array:
        source = _Source(case.id, operand, streams)
        numbers = parse_recipe(content)(shape, source) if isinstance(content, str) else np.asarray(content)
        array = numbers.reshape(canonical)
        array = spread(operand, array) if case.memory is Memory.BROADCAST else array
        return np.ascontiguousarray(array, numpy_dtype(case.dtype))

    def blank(shape: Shape) -> Array:
        return np.broadcast_to(np.zeros((), numpy_dtype(case.dtype)), shape)

    shapes = {"input": case.input, "filters": case.filters, "out_backprop": case.out_backprop or ()}
    arrays = {name: fill(name, case.data[name], case.written[name], shapes[name]) for name in case.operation.operands}
    channels = (case.out_channels,)
    bias = None if case.bias is None else fill("bias", case.bias, channels, channels)
    image, filters = (arrays[name] if name in arrays else blank(shapes[name]) for name in ("input", "filters"))
    return Operands(image, filters, bias, arrays.get("out_backprop"))
