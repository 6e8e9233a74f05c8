"""A defect: a correct convolution with one step replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.case import Pads
from conformance.data import Array
from reference import windows
from reference.geometry import explicit_pads

__all__ = ["Arguments", "Defect", "add_bias"]

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a convolution computes from: NHWC input, HWIO filters, pads as numbers.

    Attributes:
        padding: as it was given; `pads` is what it comes to.
    """

    input: Array
    filters: Array
    bias: Array | None
    strides: Pair
    dilations: Pair
    padding: str | Pads
    pads: Pads


def _as_it_is(arguments: Arguments) -> Arguments:
    return arguments


def add_bias(output: Array, arguments: Arguments) -> Array:
    """Return the output with the bias added to its channels, if there is one."""
    return output if arguments.bias is None else output + arguments.bias


@dataclass(frozen=True, slots=True)
class Defect:
    """A wrong `conv2d`. Callable as an implementation is, and used to recognise others that err alike.

    Attributes:
        name: kebab-case, unique.
        mistake: what it does wrong, completing "it …".
        before: changes the arguments of a correct convolution.
        after: adds the bias to the output without one; is given the arguments as they were.
    """

    name: str
    mistake: str
    before: Callable[[Arguments], Arguments] = _as_it_is
    after: Callable[[Array, Arguments], Array] = add_bias

    def conv2d(
        self,
        input: Array,
        filters: Array,
        strides: Sequence[int] = (1, 1, 1, 1),
        padding: Any = "VALID",
        data_format: str = "NHWC",
        dilations: Sequence[int] = (1, 1, 1, 1),
        bias: Array | None = None,
    ) -> Array:
        """Convolve, wrongly; arguments as in tf.nn, with a bias."""
        steps, holes = (strides[1], strides[2]), (dilations[1], dilations[2])
        kept: str | Pads = padding if isinstance(padding, str) else (tuple(padding[1]), tuple(padding[2]))
        top, left = explicit_pads(kept, input.shape[1:3], filters.shape[:2], steps, holes)
        given = Arguments(input, filters, bias, steps, holes, kept, (top, left))
        changed = self.before(given)
        output = windows.conv2d(
            changed.input, changed.filters, strides=changed.strides, padding=changed.pads, dilations=changed.dilations
        )
        return np.asarray(self.after(output, given))
