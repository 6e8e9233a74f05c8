"""A case: one convolution with the names of its data, which of its maps is asked for, and what must come out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import ml_dtypes
import numpy as np

from conformance.choices import Tier
from conformance.operation import Kind, Map, Operation

__all__ = [
    "Case",
    "DType",
    "Kind",
    "Literal",
    "Map",
    "Memory",
    "Operation",
    "Outcome",
    "Pads",
    "Shape",
    "Tier",
    "numpy_dtype",
]

Shape = tuple[int, ...]
Pads = tuple[tuple[int, int], ...]


class DType(StrEnum):
    """Of input, filters, bias and output; `bfloat16` is that of ml_dtypes, and int8 is summed in int32."""

    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    INT32 = "int32"
    INT8 = "int8"


def numpy_dtype(dtype: DType) -> np.dtype[Any]:
    """Return the dtype as NumPy has it."""
    return np.dtype(ml_dtypes.bfloat16 if dtype is DType.BFLOAT16 else dtype)


class Memory(StrEnum):
    """How operands lie in memory when they are handed over; `conformance.memory` has the views."""

    CONTIGUOUS = "contiguous"
    FORTRAN = "fortran"
    TRANSPOSED = "transposed"
    REVERSED = "reversed"
    EVERY_SECOND = "every-second"
    CROPPED = "cropped"
    BROADCAST = "broadcast"
    UNALIGNED = "unaligned"
    READ_ONLY = "read-only"


class Outcome(StrEnum):
    """What became of a case; only `passed` is green."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    CRASHED = "crashed"
    TIMED_OUT = "timed-out"
    UNSUPPORTED = "unsupported"
    KNOWN = "known"


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
    """One problem, shapes canonical: channels last, filters HWIO, batch and channels written out.

    Whatever `data_format` is, shapes and numbers stand here channels last; they are brought to it when they are handed
    over, and back when they are judged.

    Attributes:
        id: unique, kebab-case; the pytest id.
        operation: the function of the implementation that is called.
        input: (batch, *in_sizes, in_channels); of an input gradient, the shape that is asked for.
        filters: (*filter_sizes, in_channels / groups, out_channels); (*filter_sizes, in_channels, multiplier) where
            depthwise, (*filter_sizes, out_channels, in_channels) where transposed; () for biases.
        output: the shape of what comes out: (batch, *out_sizes, out_channels), or that of input or filters where their
            gradient is asked for.
        out_backprop: (batch, *out_sizes, out_channels), what arrives at the output; None but for gradients.
        pointwise: (1, 1, in_channels · multiplier, out_channels), the filters that mix the channels of a separable
            convolution; None but for that.
        bias: one number per output channel, the name of a recipe, or None.
        strides: input elements per output step, for every spatial axis.
        dilations: input elements between taps, for every spatial axis.
        padding: `VALID`, `SAME` or a pair (before, after) for every spatial axis.
        data_format: the layout in which images are handed over and come back; channels last where nothing is given.
        dtype: of the operands but the bias; see `out_dtype` for bias and output.
        memory: how the operands lie in memory; `broadcast` makes them equal along an axis.
        data: recipe or literal numbers by operand: `input`, `filters`, `pointwise`, `out_backprop`.
        literal: the output as written in the catalogue, if it is.
        refuses: why the call has no meaning, so that the implementation must raise; nothing for a case with an answer.
            All other fields are then arguments as they are written, `output` that of a transpose, and may be any.
        written: the shapes as the catalogue writes them, by operand.
        tier: when it is run.
        tags: words to select by.
        why: the reason for the case.
        source: where it comes from.
        weak: why it may miss a mistake that its data could show, if that is on purpose; see `conformance.weakness`.
        catalogue: the file that it stands in, as given; nothing for the shipped catalogue.
        line: where it begins there.
        place: its number among the cases of all catalogues that were read, from 0.
        budget: GiB for the arrays of a case, where more than by default were granted to the catalogue.
    """

    id: str
    operation: Operation
    input: Shape
    filters: Shape
    output: Shape
    written: dict[str, Shape]
    out_backprop: Shape | None = None
    pointwise: Shape | None = None
    bias: tuple[float, ...] | str | None = None
    strides: tuple[int, ...] = (1, 1)
    dilations: tuple[int, ...] = (1, 1)
    padding: str | Pads = "VALID"
    data_format: str = ""
    dtype: DType = DType.FLOAT32
    memory: Memory = Memory.CONTIGUOUS
    data: dict[str, Any] = field(default_factory=dict)
    literal: Literal | None = None
    refuses: str = ""
    tier: Tier = Tier.CORE
    tags: tuple[str, ...] = ()
    why: str = ""
    source: str = ""
    weak: str = ""
    catalogue: str = ""
    line: int = 0
    place: int = 0
    budget: float | None = None

    def __post_init__(self) -> None:
        """Write the layout out."""
        if not self.data_format:
            object.__setattr__(self, "data_format", self.operation.data_formats[0])

    @property
    def channels_first(self) -> bool:
        """Whether images are handed over, and come back, with their channels before the spatial axes."""
        return self.data_format == self.operation.data_formats[1]

    def in_layout(self, shape: Shape) -> Shape:
        """Return the shape of an image as the implementation sees it; one of another number of axes as it is."""
        if not self.channels_first or len(shape) != self.operation.rank + 2:
            return shape
        return (shape[0], shape[-1], *shape[1:-1])

    def answer_in_layout(self, shape: Shape) -> Shape:
        """Return the shape of what comes out as the implementation gives it."""
        return self.in_layout(shape) if self.operation.gives_image else shape

    @property
    def out_dtype(self) -> DType:
        """The dtype of bias and output: int32 for int8, whose sums leave it, else that of the operands."""
        return DType.INT32 if self.dtype is DType.INT8 else self.dtype

    @property
    def out_channels(self) -> int:
        """The channels of what comes out of a forward or transposed convolution: one bias each."""
        return self.output[-1]

    @property
    def notation(self) -> str:
        """The shapes in the notebook's notation, `(4×4×3) * (3×3×3×4) + (4) = (2×2×4)`; then `NCHW` or `refused`."""
        names = (*self.operation.operands, "output")
        shapes = {name: f"({'×'.join(map(str, self.written[name]))})" for name in names if name in self.written}
        output = shapes.pop("output", "")
        if self.refuses:
            output = f"{output}, refused" if output else "refused"
        channels = len(self.bias or ()) if self.refuses else self.out_channels
        bias = "" if self.bias is None else f" + ({channels})"
        layout = f" {self.data_format}" if self.channels_first else ""
        return f"{' * '.join(shapes.values())}{bias} = {output}{layout}"

    @property
    def shown_padding(self) -> str:
        """The padding in a few characters: `SAME`, `1`, or `0,1;2,3` for top, bottom; left, right."""
        if isinstance(self.padding, str):
            return self.padding
        sides = {side for pair in self.padding for side in pair}
        return str(sides.pop()) if len(sides) == 1 else ";".join(",".join(map(str, pair)) for pair in self.padding)

    @property
    def shown_strides(self) -> str:
        """The strides in a few characters: `2`, or `2,1`; dilations behind a `d` where there are any."""
        dilations = f" d{_short(self.dilations)}" if any(step != 1 for step in self.dilations) else ""
        return _short(self.strides) + dilations


def _short(steps: tuple[int, ...]) -> str:
    return str(steps[0]) if len(set(steps)) == 1 else ",".join(map(str, steps))
