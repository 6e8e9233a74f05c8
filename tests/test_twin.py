"""Other data for a case: their right answer is the oracle's, and everything that could be kept is wrong for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conformance.case import Case, DType, Memory
from conformance.catalogue import load_catalogue
from conformance.data import Operands, make_operands
from conformance.judgement import expect
from conformance.twin import make_twin, reverse

CASES = {case.id: case for case in load_catalogue() if not case.refuses}


def limited(dtype: DType, largest: int) -> tuple[Case, Operands]:
    """Return a case of one product that fills its dtype."""
    case = replace(CASES["stride"], input=(1, 1, 2, 1), filters=(1, 1, 1, 1), output=(1, 1, 2, 1), strides=(1, 1))
    case = replace(case, dtype=dtype, literal=None)
    image, filters = np.array([largest, 3]).reshape(case.input), np.full(case.filters, 1)
    return case, Operands(image.astype(str(dtype)), filters.astype(str(dtype)), None)


@pytest.mark.parametrize("name", CASES)
def test_answer_for_the_twin_is_the_oracles(name: str) -> None:
    case = CASES[name]
    operands = make_operands(case)
    others, expected = make_twin(case, operands, expect(case, operands))
    again = expect(replace(case, literal=None), others)
    assert np.array_equal(expected.value, again.value, equal_nan=True)
    assert np.array_equal(expected.magnitude, again.magnitude)
    assert np.array_equal(expected.largest, again.largest, equal_nan=True)
    assert (expected.terms, expected.exact) == (again.terms, again.exact)


WITHOUT_ROOM = {
    "dtype-float16",
    "dtype-int8-saturating",
    "saturating-int32",
    "narrow-sums-one-channel",
    "narrow-sums-depthwise.float16",
    "narrow-sums-depthwise-gradient.float16",
    "narrow-sums-of-pairs",
    "path-depthwise-int8",
    "family-narrow-sums.conv2d.float16",
    "family-narrow-sums.depthwise-conv2d.float16",
    "family-narrow-groups.conv2d.float16",
    "family-narrow-volumes.conv3d.float16",
    "family-narrow-volumes.conv3d-backprop-filter.float16",
}
"""Cases whose numbers their dtype cannot double, so that the twin is the same data in reverse."""


@pytest.mark.parametrize("name", [name for name in CASES if name not in WITHOUT_ROOM])
def test_every_number_of_the_twin_is_another(name: str) -> None:
    case = CASES[name]
    operands = make_operands(case)
    before = expect(case, operands)
    others, after = make_twin(case, operands, before)
    for operand, part in operands.taken_by(case.operation).items():
        other = others.given[operand]
        assert (other.dtype, other.shape) == (part.dtype, part.shape)
        assert np.all((other != part) | (part == 0) | ~np.isfinite(part))
    assert np.all((after.value != before.value) | (before.value == 0) | ~np.isfinite(before.value))


@pytest.mark.parametrize(("dtype", "largest"), [(DType.FLOAT16, 60000), (DType.INT32, 2**31 - 1)], ids=str)
def test_without_room_the_data_are_reversed(dtype: DType, largest: int) -> None:
    case, operands = limited(dtype, largest)
    others, expected = make_twin(case, operands, expect(case, operands))
    assert others.input.ravel().tolist() == operands.input.ravel().tolist()[::-1]
    assert np.array_equal(expected.value, expect(case, others).value)


def test_without_room_for_reversed_sums_one_operand_is_negated() -> None:
    case, _ = limited(DType.INT32, 1)
    case = replace(case, input=(1, 1, 2, 1), filters=(1, 2, 1, 1), output=(1, 1, 1, 1), padding=((0, 0), (1, 0)))
    case = replace(case, strides=(1, 2))
    image = np.array([3, 2**30], np.int32).reshape(case.input)
    filters = np.array([5, 1], np.int32).reshape(case.filters)
    operands = Operands(image, filters, None)
    others, expected = make_twin(case, operands, expect(case, operands))
    assert np.array_equal(others.input, -image)
    assert expected.value.item() == -3
    assert np.array_equal(expected.value, expect(case, others).value)


@pytest.mark.parametrize("name", ["memory-read-only", "memory-broadcast", "dtype-bfloat16"])
def test_reversed_data_are_the_same_numbers_at_other_places(name: str) -> None:
    case = CASES[name]
    operands = make_operands(case)
    operands.input.flags.writeable = False
    others = reverse(case, operands)
    assert others.input.dtype == operands.input.dtype
    assert np.array_equal(others.input[::-1, ::-1, ::-1, ::-1], operands.input)


def test_twin_of_broadcast_data_can_be_broadcast() -> None:
    case = CASES["memory-broadcast"]
    assert case.memory is Memory.BROADCAST
    operands = make_operands(case)
    for others in (reverse(case, operands), make_twin(case, operands, expect(case, operands))[0]):
        assert np.array_equal(others.input, np.broadcast_to(others.input[:1], others.input.shape))
        assert np.array_equal(others.filters, np.broadcast_to(others.filters[:, :, :1], others.filters.shape))
