"""Operands between guard zones: kinds of memory, what is guarded, and what damage is told."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

from conformance.case import Memory
from conformance.data import Array, Operands
from conformance.errors import ConformanceError
from conformance.handover import ALIGNMENT, GUARD, Handover
from conformance.memory import spread
from conformance.operation import Operation

DTYPES = ["float16", ml_dtypes.bfloat16, "float32", "float64", "int32", "int8"]
SHAPE = (2, 3, 4, 5)


def operands(dtype: Any = "float32", memory: Memory = Memory.CONTIGUOUS) -> Operands:
    """Return distinct numbers; equal along the broadcast axes where that is asked."""
    image, filters = (np.arange(1, 121).reshape(SHAPE).astype(dtype) for _ in range(2))
    bias = np.arange(1, 6).astype(dtype)
    if memory is not Memory.BROADCAST:
        return Operands(image, filters, bias)
    return Operands(spread("input", image), spread("filters", filters), spread("bias", bias))


def handed(given: Operands, memory: Memory = Memory.CONTIGUOUS) -> Handover:
    """Return the operands handed over."""
    handover = Handover(given, Operation.CONV2D, memory)
    handover.fill(handover.pack(given))
    return handover


def guards(view: Array) -> Array:
    """Return what lies behind an operand in row-major order."""
    return as_strided(view.ravel(), (view.size + GUARD,))[view.size :]


@pytest.mark.parametrize("memory", Memory)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_operands_are_handed_over_as_they_are(memory: Memory, dtype: Any) -> None:
    given = operands(dtype, memory)
    handover = handed(given, memory)
    for name, part in given.given.items():
        seen = handover.operands.given[name]
        assert seen.dtype == part.dtype
        assert np.array_equal(seen, part)
    assert handover.damage() == ""


@pytest.mark.parametrize(
    ("memory", "strides", "writable"),
    [
        (Memory.CONTIGUOUS, (60, 20, 5, 1), True),
        (Memory.FORTRAN, (1, 2, 6, 24), True),
        (Memory.TRANSPOSED, (60, 4, 1, 12), True),
        (Memory.REVERSED, (-60, -20, -5, -1), True),
        (Memory.EVERY_SECOND, (120, 40, 10, 2), True),
        (Memory.CROPPED, (100, 25, 5, 1), True),
        (Memory.BROADCAST, (0, 20, 5, 1), False),
        (Memory.UNALIGNED, (60, 20, 5, 1), True),
        (Memory.READ_ONLY, (60, 20, 5, 1), False),
    ],
)
def test_memory_has_its_strides(memory: Memory, strides: tuple[int, ...], writable: bool) -> None:
    view = handed(operands(memory=memory), memory).operands.input
    assert tuple(stride // view.itemsize for stride in view.strides) == strides
    assert view.flags.writeable is writable


def test_filters_are_broadcast_along_their_input_channels() -> None:
    view = handed(operands(memory=Memory.BROADCAST), Memory.BROADCAST).operands.filters
    assert [stride > 0 for stride in view.strides] == [True, True, False, True]


def test_one_image_is_broadcast_along_the_next_axis() -> None:
    assert spread("input", np.arange(6).reshape(1, 2, 3)).tolist() == [[[0, 1, 2], [0, 1, 2]]]
    assert spread("input", np.ones((1, 1))).tolist() == [[1]]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_alignment_is_as_the_kind_says(dtype: Any) -> None:
    item = np.dtype(dtype).itemsize
    for part in handed(operands(dtype)).operands.given.values():
        assert part.ctypes.data % ALIGNMENT == 0
    for part in handed(operands(dtype), Memory.UNALIGNED).operands.given.values():
        assert part.ctypes.data % ALIGNMENT == item


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_guards_are_unlike_data_and_change_with_each_filling(dtype: Any) -> None:
    given = operands(dtype)
    handover = handed(given)
    behind = guards(handover.operands.filters)
    seen = set() if np.dtype(dtype).kind == "i" else {np.full(1, np.nan, dtype).tobytes()}
    for _ in range(5):
        values = behind.astype(np.float64)
        assert np.all(np.isnan(values) | (values > 30) & (values % 2 == 1))
        assert behind[:1].tobytes() not in seen
        seen.add(behind[:1].tobytes())
        handover.fill(handover.pack(given))
    assert handover.damage() == ""


def test_gaps_are_guarded() -> None:
    handover = handed(operands(memory=Memory.EVERY_SECOND), Memory.EVERY_SECOND)
    view = handover.operands.input
    neighbours = as_strided(view, (2 * view.size,), (view.itemsize,))
    assert np.all(np.isnan(neighbours[1::2]))
    neighbours[[3, 7]] = 1
    assert handover.damage() == "writes 2 elements between those of input"


@pytest.mark.parametrize("memory", [kind for kind in Memory if kind is not Memory.BROADCAST])
def test_damage_names_the_element_as_it_is_indexed(memory: Memory) -> None:
    handover = handed(operands(), memory)
    view = handover.operands.filters
    view.flags.writeable = True
    view[1, 2, 0, 3] = 7
    view.flags.writeable = memory is not Memory.READ_ONLY
    assert handover.damage() == "changes 1 of 120 elements of filters, [1, 2, 0, 3] first, from 104.0 to 7.0"


@pytest.mark.parametrize("memory", Memory)
@pytest.mark.parametrize(("place", "words"), [(-1, "before the start of bias"), (5, "past the end of bias")])
def test_a_write_outside_is_told(memory: Memory, place: int, words: str) -> None:
    handover = handed(operands(memory=memory), memory)
    part = handover._parts[2]
    part.buffer(handover._memory)[part.lead + (place if place < 0 else part.layout.span)] = 1
    assert handover.damage() == f"writes 1 elements {words}"


def test_filling_again_keeps_the_arrays_and_changes_the_data() -> None:
    handover = handed(operands())
    view, other = handover.operands.input, operands()
    handover.fill(handover.pack(Operands(other.input + 1, other.filters, other.bias)))
    assert handover.operands.input is view
    assert view[0, 0, 0, 0] == 2
    assert handover.damage() == ""


def test_memory_of_operands_and_of_guards_is_recognised() -> None:
    given = operands()
    handover = handed(given)
    assert handover.shared(handover.operands.filters[0]) == "filters"
    assert handover.shared(guards(handover.operands.input)) == "input"
    assert handover.shared(given.filters) == ""


@pytest.mark.parametrize("dtype", [">f4", "<f4"], ids=["big-endian", "little-endian"])
def test_foreign_byte_order_is_refused(dtype: str) -> None:
    given = Operands(np.ones(SHAPE, "f4"), np.ones(SHAPE, dtype), None)
    if np.dtype(dtype).isnative:
        assert handed(given).operands.filters.dtype.isnative
        return
    with pytest.raises(ConformanceError, match="filters must be of the machine's byte order, but is of dtype '>f4'"):
        handed(given)
