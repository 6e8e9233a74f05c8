"""Random cases: problems that nobody has thought of, as a catalogue that says them again.

A case is drawn by the numbers that its shapes are made of, from small sizes, at which everything meets at a border, to
those beyond the blocks of kernels; with every kind of padding, step, group, dtype, memory and data. What comes of it is
a catalogue like any other, so a random case is judged, explained, made smaller and shown as those that people write.

>>> [values["id"] for values in fuzzed(seed=7, count=2, operations=[Operation.CONV2D])]
['fuzz-7-1', 'fuzz-7-2']
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from random import Random
from typing import Any, TypeVar

from conformance.case import Case, DType, Kind, Memory, Operation, Pads, Shape
from conformance.catalogue import build_case
from conformance.diagnosis.entry import Form, entry_line

__all__ = ["FIRST_WORDS", "fuzzed", "header", "written"]

T = TypeVar("T")

FIRST_WORDS = "# Random cases, by "
"""With which a catalogue of them begins."""

PRODUCTS, ELEMENTS = 1_000_000, 50_000
"""What a case may have, so that it takes milliseconds: products that are summed, and elements of an operand."""

_SIZES = {1: (6, 20, 70), 2: (4, 9, 20), 3: (3, 5, 9)}
"""Spatial sizes go up to one of these, by the number of spatial axes."""

_BLOCKS = (8, 16, 32, 64)
"""Channels that kernels take at once: counts about them take another path."""

_WHOLE, _REAL = ("wide", "sparse", "saturating", "one-hot"), ("normal", "cancelling", "special")
"""Recipes for data that is not as by default; the first for all dtypes."""


def fuzzed(seed: int, count: int, operations: Sequence[Operation]) -> Iterator[dict[str, Any]]:
    """Yield the entries of random cases.

    Args:
        seed: of the random numbers; a case depends on it, its own number and the operations, not on `count`.
        count: of the cases.
        operations: from which that of a case is drawn.
    """
    for number in range(1, count + 1):
        random, entry = Random(f"{seed}/{number}"), None  # noqa: S311  # the same numbers on every machine
        while entry is None:
            entry = _checked(_drawn(random, f"fuzz-{seed}-{number}", random.choice(operations)))
        yield entry


def header(seed: int, count: int, operations: Sequence[Operation]) -> str:
    """Return the first line of a catalogue of random cases: the command that makes it again."""
    words = ["conformance fuzz", f"--seed {seed}", f"--cases {count}", *(f"--operation {each}" for each in operations)]
    return f"{FIRST_WORDS}`{' '.join(words)}`"


def written(entries: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Yield entries as lines of a catalogue."""
    return (f"{entry_line(values)}\n" for values in entries)


def _checked(values: dict[str, Any]) -> dict[str, Any] | None:
    """Return an entry with the output that is due; None where it is no case, or takes long."""
    case = build_case(values)
    if case is None or _products(case) > PRODUCTS or max(map(prod, _shapes(case))) > ELEMENTS:
        return None
    return values | {"output": list(case.written["output"])}


def _shapes(case: Case) -> list[Shape]:
    return [shape for shape in (case.input, case.filters, case.output, case.out_backprop) if shape]


def _products(case: Case) -> int:
    """Return about how many products are summed: every tap meets every place of the smaller image."""
    images = [prod(shape[:-1]) for shape in _shapes(case) if shape is not case.filters]
    return min(images) * prod(case.filters)


def _drawn(random: Random, name: str, operation: Operation) -> dict[str, Any]:
    """Return the entry of an operation; what `Form` does not know is put on top of what it does."""
    form = _form(random, name, _formed(operation))
    values = form.entry
    if operation.is_bias:
        kept = ("id", "input", "dtype", "memory", "data_format")
        values = {key: values[key] for key in kept if key in values}
        values |= {"bias": "integers"} if operation is Operation.BIAS_ADD else {}
    elif operation is Operation.SEPARABLE_CONV2D:
        values |= {"pointwise": [1, 1, form.groups * form.width, _channels(random)]}
    elif operation.is_transposed and operation.kind is not Kind.TRANSPOSE:
        values["out_backprop"] = values.pop("output")
    return values | ({} if operation is Operation.CONV2D else {"operation": str(operation)})


def _formed(operation: Operation) -> Operation:
    """Return the operation that `Form` knows, from whose entry that of another is made."""
    if operation is Operation.SEPARABLE_CONV2D:
        return Operation.DEPTHWISE_CONV2D
    if operation.is_bias:
        return Operation.CONV2D
    return Operation(f"{operation.convolution}_transpose") if operation.is_transposed else operation


def _form(random: Random, name: str, operation: Operation) -> Form:
    rank, taps = operation.rank, _axes(random, operation.rank, _taps)
    depthwise, dtype = operation.is_depthwise, _often(random, DType.FLOAT32, list(DType))
    groups = _channels(random) if depthwise else _often(random, 1, [2, 3, 4, 5])
    channels_first = random.random() < 0.15
    return Form(
        id=name,
        operation=operation,
        batch=_often(random, random.randint(1, 4), [0, 1, 9]),
        sizes=_axes(random, rank, lambda random: random.randint(1, random.choice(_SIZES[rank]))),
        taps=taps,
        groups=groups,
        depth=1 if depthwise else _channels(random),
        width=random.randint(1, 3) if depthwise or groups > 1 else _channels(random),
        strides=_axes(random, rank, lambda random: _often(random, 1, [1, 2, 3, 5])),
        dilations=_axes(random, rank, lambda random: _often(random, 1, [2, 3]), often=0.7),
        padding=_padding(random, taps),
        bias=_often(random, None, ["integers"]) if operation.kind is Kind.FORWARD else None,
        dtype=dtype,
        memory=_often(random, Memory.CONTIGUOUS, list(Memory)),
        data=_data(random, operation, dtype),
        others={"data_format": operation.data_formats[1]} if channels_first else {},
    )


def _often(random: Random, usual: T, others: Sequence[T]) -> T:
    """Return the usual value in two of three draws, else one of the others."""
    return usual if random.random() < 2 / 3 else random.choice(others)


def _axes(random: Random, rank: int, draw: Any, often: float = 0.0) -> Shape:
    """Return a number for every axis; ones with the probability `often`."""
    return (1,) * rank if random.random() < often else tuple(draw(random) for _ in range(rank))


def _taps(random: Random) -> int:
    return _often(random, random.randint(1, 3), [4, 5, 6, 7])


def _channels(random: Random) -> int:
    return _often(random, random.randint(1, 6), [block + random.randint(-1, 1) for block in _BLOCKS])


def _padding(random: Random, taps: Shape) -> str | Pads:
    kind = random.choice(("VALID", "SAME", "explicit"))
    return kind if kind != "explicit" else tuple((random.randint(0, tap), random.randint(0, tap)) for tap in taps)


def _data(random: Random, operation: Operation, dtype: DType) -> dict[str, Any]:
    """Return the recipes of operands that are not filled as by default."""
    if random.random() < 0.7:
        return {}
    recipe = random.choice(_WHOLE if dtype in (DType.INT8, DType.INT32) else (*_WHOLE, *_REAL))
    both = recipe in ("normal", "cancelling") or random.random() < 0.2
    return dict.fromkeys(operation.operands if both else [random.choice(operation.operands)], recipe)
