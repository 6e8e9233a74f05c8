"""The catalogue's form: what a person may write for a case.

The published JSON Schema is generated from these models (`conformance check --schema`). Each description completes the
sentence "must be …", so that editors and error messages say the same.
"""

from __future__ import annotations

from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from conformance.case import DType, Memory, Operation, Tier

__all__ = ["CaseEntry", "Data", "Expect", "RefusedEntry", "json_schema"]


def _whole(value: Any) -> Any:
    """Return 2.0 as 2, which JSON Schema takes for the same number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _selectable(tag: str) -> str:
    if tag in _OPERATORS:
        raise ValueError("is a word of the selection itself")
    return tag


_OPERATORS = ("and", "or", "not")

_STEPS_REFUSED = "a number, or a list of numbers for the spatial axes, or for all"

_LARGEST = 2**31 - 1
"""Of steps: an index of more does not fit into what kernels count with."""

Whole = BeforeValidator(_whole)
Size = Annotated[int, Field(ge=0), Whole]
Step = Annotated[int, Field(ge=1, le=_LARGEST), Whole]
Number = Annotated[int, Whole]
AnyShape = Annotated[list[Size], Field(min_length=1, max_length=6)]
Pair = Annotated[list[Size], Field(min_length=2, max_length=2)]
Numbers = list[Any] | int | float
Tag = Annotated[
    str,
    Field(pattern=r"^[^\s()]+$", json_schema_extra={"not": {"enum": list(_OPERATORS)}}),
    AfterValidator(_selectable),
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Data(_Model):
    """Where the operands' numbers come from."""

    input: str | Numbers = Field("integers", description="a recipe or numbers nested to the shape of input")
    filters: str | Numbers = Field("integers", description="a recipe or numbers nested to the shape of filters")
    pointwise: str | Numbers = Field("integers", description="a recipe or numbers nested to the shape of pointwise")
    out_backprop: str | Numbers = Field(
        "integers", description="a recipe or numbers nested to the shape of what arrives at the output, for a gradient"
    )


class Expect(_Model):
    """The output as printed somewhere, to a number of decimals, all of it or its first rows."""

    values: list[Any] = Field(description="numbers nested to the shape of output")
    decimals: Annotated[int, Whole] = Field(ge=0, le=17, description="the number of printed decimals, 0 to 17")
    rows: Step | None = Field(None, description="the number of leading output rows that values holds, 1 or more")


class _Entry(_Model):
    """What every entry may say."""

    id: str = Field(
        pattern=r"^[a-z0-9]+([-.][a-z0-9]+)*$",
        max_length=120,
        description="lower-case words and numbers joined by '-' or '.', at most 120 characters",
    )
    operation: Operation = Field(Operation.CONV2D, strict=False, description=f"one of {', '.join(Operation)}")
    dtype: DType = Field(DType.FLOAT32, strict=False, description=f"one of {', '.join(DType)}")
    memory: Memory = Field(Memory.CONTIGUOUS, strict=False, description=f"one of {', '.join(Memory)}")
    matrix: dict[str, list[Any]] | None = Field(
        None, description="a mapping of keys to lists of values; every combination is a case"
    )
    exclude: list[dict[str, Any]] | None = Field(
        None, description="a list of mappings of keys to values; combinations of the matrix that are left out"
    )
    tier: Tier = Field(Tier.CORE, strict=False, description=f"one of {', '.join(Tier)}")
    tags: list[Tag] = Field(
        default_factory=list, description="a list of words without spaces and parentheses, none of them and, or, not"
    )
    why: str = Field("", description="a sentence")
    source: str = Field("", description="a sentence or an address")


class CaseEntry(_Entry):
    """A case of a convolution catalogue: a problem, and the shape of its answer."""

    input: list[Size] = Field(
        min_length=1,
        max_length=5,
        description="sizes, each 0 or more: [H, W], [H, W, C] or [N, H, W, C] for two dimensions, likewise for others",
    )
    filters: Annotated[list[Size], Field(min_length=1, max_length=5)] | None = Field(
        None,
        description="sizes, each 0 or more: [H, W], [H, W, I] or [H, W, I, O] for two dimensions, likewise for others",
    )
    pointwise: Annotated[list[Size], Field(min_length=1, max_length=5)] | None = Field(
        None, description="the sizes [1, 1, C·M, O] of the filters that mix the channels of a separable convolution"
    )
    out_backprop: Annotated[list[Size], Field(min_length=1, max_length=5)] | None = Field(
        None, description="the sizes [N, H, W, O] of what arrives at the output of a transpose, for its gradient"
    )
    output: list[Size] = Field(
        min_length=1,
        max_length=5,
        description="the shape that must come out: N if input has it, H, W, O if filters do",
    )
    padding: OneOf["VALID", "SAME"] | Size | Annotated[list[Pair], Field(min_length=1, max_length=5)] = Field(
        "VALID", description="VALID, SAME, a number >= 0 or [[0, 0], [top, bottom], [left, right], [0, 0]]"
    )
    strides: Step | Annotated[list[Step], Field(min_length=1, max_length=3)] = Field(
        1, description="a number >= 1 or [vertical, horizontal]"
    )
    dilations: Step | Annotated[list[Step], Field(min_length=1, max_length=3)] = Field(
        1, description="a number >= 1 or [vertical, horizontal]"
    )
    data_format: OneOf["NHWC", "NCHW", "NWC", "NCW", "NDHWC", "NCDHW"] | None = Field(
        None, description="NHWC or NCHW, NWC or NCW for one dimension, NDHWC or NCDHW for three"
    )
    bias: list[int | float] | str | None = Field(None, description="a list of a number per output channel, or a recipe")
    data: Data = Field(
        Data(), description="a mapping of input, filters, pointwise and out_backprop to a recipe or to literal numbers"
    )
    expect: list[Any] | Expect | None = Field(
        None, description="numbers nested to the shape of output, or a mapping of values, decimals and rows"
    )
    weak: str = Field("", description="a sentence: why the output may be mostly zero or symmetric, or sizes equal")


class RefusedEntry(_Entry):
    """A call that has no meaning: arguments are as they are written, and whoever is called must raise."""

    refuses: str = Field(min_length=1, description="a sentence: why the call has no meaning")
    input: AnyShape = Field(
        description="sizes in full, such as [N, H, W, C]: of the array, or the argument input_sizes"
    )
    filters: AnyShape | None = Field(
        None, description="sizes in full, such as [H, W, I, O]: of the array, or the argument filter_sizes"
    )
    pointwise: AnyShape | None = Field(
        None, description="the sizes of the pointwise filters of a separable convolution"
    )
    out_backprop: AnyShape | None = Field(None, description="the sizes of what arrives at the output, for a gradient")
    output: AnyShape | None = Field(None, description="the argument output_shape of a transpose")
    padding: str | Number | list[list[Number]] = Field(
        "VALID", description="a word, a number, or a list of pairs of numbers for the spatial axes, or for all"
    )
    strides: Number | list[Number] = Field(1, description=_STEPS_REFUSED)
    dilations: Number | list[Number] = Field(1, description=_STEPS_REFUSED)
    data_format: str | None = Field(None, description="a word")
    bias: list[int | float] | None = Field(None, description="a list of numbers")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a catalogue file, for editors."""
    schema = TypeAdapter(list[CaseEntry | RefusedEntry]).json_schema()
    entry = schema["$defs"]["CaseEntry"]
    entry["anyOf"] = [
        {"required": ["id", "input", "filters", "output"]},
        {"required": ["id", "operation", "input", "output"], "properties": {"operation": {"pattern": "^bias_"}}},
        {"required": ["id", "matrix"]},
    ]
    del entry["required"]
    refused = schema["$defs"]["RefusedEntry"]
    refused["anyOf"] = [{"required": refused.pop("required")}, {"required": ["id", "refuses", "matrix"]}]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Convolution catalogue", "minItems": 1}
    return head | schema
