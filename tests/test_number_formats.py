"""Arithmetic of lower precision than the operands' cannot pass, and arithmetic of higher precision can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from conformance.case import Outcome
from conformance.catalogue import load_catalogue
from conformance.data import Array
from conformance.implementations import Implementation
from conformance.runner import attempt
from reference import windows

CASES = {case.id: case for case in load_catalogue()}


def tf32(array: Array) -> Array:
    """Round float32 to the 11 significant bits that tensor cores multiply."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    return ((bits + 0x0FFF + ((bits >> 13) & 1)) & 0xFFFFE000).astype(np.uint32).view(np.float32)


def rounded_to(dtype: Any) -> Callable[[Array], Array]:
    return lambda array: array.astype(dtype)


def sum_in(dtype: Any, operand: Callable[[Array], Array] = lambda array: array) -> Implementation:
    """Return an implementation that rounds its operands, and every partial sum to `dtype`."""

    @np.errstate(over="ignore", invalid="ignore")
    def conv2d(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
        image, filters = operand(x).astype(np.float64), operand(w).astype(np.float64)
        rows, columns, depth, _ = w.shape
        total: Any = 0
        for r in range(rows):
            for s in range(columns):
                for c in range(depth):
                    alone = np.zeros_like(filters[:, :, :1])
                    alone[r, s, 0] = filters[r, s, c]
                    part = windows.conv2d(image[..., c : c + 1], alone, strides, padding)
                    total = (total + part).astype(dtype).astype(np.float64)
        return np.asarray(total).astype(x.dtype)

    return Implementation("sums", "", {"conv2d": conv2d})


def outcome(case: str, implementation: Implementation) -> Outcome:
    return attempt(CASES[case], implementation).result.outcome


@pytest.mark.parametrize("case", ["wide-operands", "wide-filters"])
@pytest.mark.parametrize(
    "operand", [tf32, rounded_to(ml_dtypes.bfloat16), rounded_to(np.float16)], ids=["tf32", "bfloat16", "float16"]
)
def test_operands_of_lower_precision_fail(case: str, operand: Callable[[Array], Array]) -> None:
    assert outcome(case, sum_in(np.float32, operand)) is Outcome.FAILED


@pytest.mark.parametrize(
    ("case", "dtype"),
    [
        ("wide-operands", np.float16),
        ("wide-operands", ml_dtypes.bfloat16),
        ("dtype-float64", np.float32),
        ("dtype-float16", np.float16),
        ("dtype-bfloat16", ml_dtypes.bfloat16),
        ("dtype-int32", np.float32),
    ],
)
def test_sums_of_lower_precision_fail(case: str, dtype: Any) -> None:
    assert outcome(case, sum_in(dtype)) is Outcome.FAILED


@pytest.mark.parametrize(
    ("case", "dtype"),
    [
        ("wide-operands", np.float32),
        ("wide-operands", np.float64),
        ("dtype-float64", np.float64),
        ("dtype-float16", np.float32),
        ("dtype-float16", np.float64),
        ("dtype-bfloat16", np.float32),
        ("dtype-int32", np.float64),
        ("dtype-int32", np.int64),
    ],
)
def test_sums_of_sufficient_precision_pass(case: str, dtype: Any) -> None:
    assert outcome(case, sum_in(dtype)) is Outcome.PASSED
