"""A case: one convolution with the names of its data and what must come out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import ml_dtypes
import numpy as np

__all__ = ["Case", "DType", "Literal", "Operation", "Outcome", "Pads", "Shape", "numpy_dtype"]

Shape = tuple[int, ...]
Pads = tuple[tuple[int, int], tuple[int, int]]


class Operation(StrEnum):
    """What an implementation may offer, by the names of tf.nn."""

    CONV2D = "conv2d"


class DType(StrEnum):
    """Of input, filters, bias and output; `bfloat16` is that of ml_dtypes."""

    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    INT32 = "int32"


def numpy_dtype(dtype: DType) -> np.dtype[Any]:
    """Return the dtype as NumPy has it."""
    return np.dtype(ml_dtypes.bfloat16 if dtype is DType.BFLOAT16 else dtype)


class Outcome(StrEnum):
    """What became of a case; only `passed` is green."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Literal:
    """The output as somebody wrote it down.

    Attributes:
        values: nested lists of numbers, in the shape in which the case writes its output.
        decimals: to how many decimals the values were printed; None where they are whole.
        rows: how many leading output rows the values hold; None for all.
    """

    values: Any
    decimals: int | None = None
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One problem, shapes canonical: input NHWC, filters HWIO, output NHWC.

    Attributes:
        id: unique, kebab-case; the pytest id.
        operation: the function of the implementation that is called.
        input: (batch, in_height, in_width, in_channels).
        filters: (filter_height, filter_width, in_channels / groups, out_channels).
        output: (batch, out_height, out_width, out_channels).
        bias: one number per output channel, the name of a recipe, or None.
        strides: (vertical, horizontal), input elements per output step.
        dilations: (vertical, horizontal), input elements between taps.
        padding: `VALID`, `SAME` or ((top, bottom), (left, right)).
        dtype: of input, filters, bias and output.
        data: recipe or literal numbers by operand, `input` and `filters`.
        literal: the output as written in the catalogue, if it is.
        written: the shapes as the catalogue writes them, by operand.
        tags: words to select by.
        why: the reason for the case.
        source: where it comes from.
        catalogue: the file that it stands in, as given; nothing for the shipped catalogue.
    """

    id: str
    operation: Operation
    input: Shape
    filters: Shape
    output: Shape
    written: dict[str, Shape]
    bias: tuple[float, ...] | str | None = None
    strides: tuple[int, int] = (1, 1)
    dilations: tuple[int, int] = (1, 1)
    padding: str | Pads = "VALID"
    dtype: DType = DType.FLOAT32
    data: dict[str, Any] = field(default_factory=dict)
    literal: Literal | None = None
    tags: tuple[str, ...] = ()
    why: str = ""
    source: str = ""
    catalogue: str = ""

    @property
    def notation(self) -> str:
        """The shapes in the notebook's notation, `(4×4×3) * (3×3×3×4) + (4) = (2×2×4)`."""
        shapes = {name: f"({'×'.join(map(str, shape))})" for name, shape in self.written.items()}
        bias = f" + ({self.filters[-1]})" if self.bias is not None else ""
        return f"{shapes['input']} * {shapes['filters']}{bias} = {shapes['output']}"

    @property
    def shown_padding(self) -> str:
        """The padding in a few characters: `SAME`, `1`, or `0,1;2,3` for top, bottom; left, right."""
        if isinstance(self.padding, str):
            return self.padding
        sides = {side for pair in self.padding for side in pair}
        return str(sides.pop()) if len(sides) == 1 else ";".join(f"{before},{after}" for before, after in self.padding)

    @property
    def shown_strides(self) -> str:
        """The strides in a few characters: `2`, or `2,1`; dilations behind a `d` where there are any."""
        dilations = f" d{_short(self.dilations)}" if self.dilations != (1, 1) else ""
        return _short(self.strides) + dilations


def _short(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]},{pair[1]}"
