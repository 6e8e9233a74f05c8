"""Defects of kernels, numerics, memory, state, gradients, transposes and ranks: rejected, told apart, and harmless."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from cases import make_case
from conftest import ROOT

from conformance.case import Case, Memory, Operation, Outcome
from conformance.catalogue import load_catalogue
from conformance.data import Array, Operands, make_operands
from conformance.defects import (
    RIGHT,
    Defect,
    algorithms,
    blocks,
    caches,
    filter_gradients,
    gradients,
    numerics,
    ranks,
    reading,
    specials,
    state,
    tails,
    transposes,
    writing,
)
from conformance.implementations import Implementation
from conformance.judgement import Expected, expect
from conformance.runner import attempt

MODULES = (
    tails,
    blocks,
    algorithms,
    numerics,
    specials,
    reading,
    writing,
    caches,
    state,
    gradients,
    filter_gradients,
    transposes,
    ranks,
)
DEFECTS: tuple[Defect, ...] = tuple(defect for module in MODULES for defect in module.DEFECTS)
STATELESS = [defect for defect in DEFECTS if defect.is_stateless]
NAMED = {defect.name: defect for defect in DEFECTS}

FILES = [ROOT / "cases.yaml", ROOT / "tests" / "kernel_cases.yaml"]
ASKED = [each for each in load_catalogue(FILES) if not each.refuses and 0 not in (*each.input, *each.output)]
CASES = sorted(ASKED, key=lambda case: np.prod(case.output) * np.prod(case.filters[:-1]))


@cache
def asked(case_id: str) -> tuple[Case, Operands, Expected, Array]:
    case = next(case for case in CASES if case.id == case_id)
    operands = make_operands(case)
    return case, operands, expect(case, operands), RIGHT.answer(case, operands)


def answer(defect: Defect, case: Case) -> Array:
    return defect.answer(case, asked(case.id)[1])


ACROSS_CASES = {"kept-padding-by-sizes", "kept-strides-by-sizes", "kept-dilations-by-sizes", "wrong-seventh-call"}
"""Defects that the three calls of a single case cannot reject, and those of several cases can."""


@pytest.mark.parametrize("name", sorted(ACROSS_CASES))
def test_defect_is_rejected_across_cases(name: str) -> None:
    implementation = Implementation(name, "", dict(NAMED[name].functions()))
    alike = [case for case in CASES if case.id.startswith("one-dimension.")]
    outcomes = [attempt(case, implementation).result.outcome for case in alike]
    assert outcomes[0] is Outcome.PASSED
    assert Outcome.FAILED in outcomes


@pytest.mark.parametrize("operation", Operation)
def test_stateless_defects_leave_operands_alone(operation: Operation) -> None:
    """They are tried one after the other on the same arrays."""
    case = next(case for case in CASES if case.operation is operation)
    operands = make_operands(case)
    parts = operands.taken_by(operation)
    before = {name: part.tobytes() for name, part in parts.items()}
    for defect in STATELESS:
        defect.answer(case, operands)
        assert {name: part.tobytes() for name, part in parts.items()} == before, defect.name


@pytest.mark.parametrize("defect", STATELESS, ids=lambda each: each.name)
def test_stateless_defects_answer_the_same_again(defect: Defect) -> None:
    case = next(case for case in CASES if defect.operations(case.operation))
    assert answer(defect, case).tobytes() == answer(defect, case).tobytes()


RIGHT_WHERE: dict[str, Callable[[], Case]] = {
    "tail-summed-channels-lost-8": lambda: make_case((2, 4, 5, 16), (3, 2, 16, 3)),
    "tail-out-channel-zero-4": lambda: make_case((2, 4, 5, 3), (3, 2, 3, 8)),
    "tail-column-misplaced": lambda: make_case((2, 4, 9, 3), (3, 2, 3, 5)),
    "blocks-overwritten-16": lambda: make_case((2, 4, 5, 16), (3, 2, 16, 3)),
    "products-until-64": lambda: make_case((2, 4, 5, 10), (3, 2, 10, 3)),
    "tile-without-halo-4": lambda: make_case((2, 4, 5, 3), (3, 2, 3, 5)),
    "winograd-odd-tile": lambda: make_case((2, 6, 8, 3), (3, 3, 3, 5)),
    "operands-bfloat16": lambda: make_case(),
    "sums-float32-for-float64": lambda: make_case(),
    "int8-pairs": lambda: make_case(dtype="int8"),
    "zero-filters-skipped": lambda: make_case(data={"filters": "one-hot"}),
    "memory-input-contiguous": lambda: make_case(),
    "memory-strides-unsigned": lambda: make_case(memory=Memory.FORTRAN),
    "memory-column-major": lambda: make_case(memory=Memory.REVERSED),
    "memory-input-nan-removed": lambda: make_case(),
    "memory-bias-cleared": lambda: make_case(),
    "kept-bias-by-shape": lambda: make_case(),
    "kept-arriving-by-shape": lambda: make_case(),
    "unreached-garbage": lambda: make_case(),
    "dx-flipped": lambda: make_case(),
    "dw-first-image": lambda: make_case(),
    "transpose-flipped": lambda: make_case(),
    "one-flipped": lambda: make_case(),
    "depth-reversed": lambda: make_case(),
}


@pytest.mark.parametrize("name", RIGHT_WHERE)
def test_defect_does_no_harm_elsewhere(name: str) -> None:
    implementation = Implementation(name, "", dict(NAMED[name].functions()))
    assert attempt(RIGHT_WHERE[name](), implementation).result.outcome is Outcome.PASSED


BESIDE = ("memory-behind-input", "memory-before-input", "memory-behind-filters", "memory-behind-bias")


@pytest.mark.parametrize("name", [*BESIDE, "memory-aligned-down", "memory-between-input"])
def test_memory_of_others_is_never_touched(name: str) -> None:
    """Without room around the arrays of the caller, there is nothing that can be written or read."""
    image, filters, bias = np.ones((1, 3, 4, 2)), np.full((2, 2, 2, 5), 3.0), np.ones(5)
    answer = NAMED[name].functions()["conv2d"](image, filters, bias=bias)
    np.testing.assert_array_equal(answer, np.full((1, 2, 3, 5), 25.0))
    assert (image == 1).all() and (filters == 3).all() and (bias == 1).all()


def test_reading_without_strides_stays_between_the_ends_of_an_array() -> None:
    image = np.arange(24.0).reshape(1, 3, 4, 2)[:, ::-1]
    answer = NAMED["memory-input-contiguous"].functions()["conv2d"](image, np.ones((1, 1, 2, 1)))
    np.testing.assert_array_equal(answer.ravel(), [33, 37, 41, 45, 46, 46, 46, 46, 46, 46, 46, 46])
