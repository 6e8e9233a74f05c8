"""The conformance suite: every case of the shipped catalogue, on TensorFlow and on the reference itself."""

from __future__ import annotations

import pytest

import conformance
from conformance.case import Case, DType, Outcome
from conformance.implementations import Implementation

ALGORITHMS = ["naive", "windows", "strided", "submatrix", "im2col", "toeplitz", "fourier", "fast", "taprows", "kn2row"]
"""All but `winograd`: its error is normwise, so that it cannot promise equality; see test_kill_table.py."""

LIMITS = (
    "takes no explicit padding",
    "takes no groups",
    "takes no strides beside dilations",
    "not int8",
    "has no such kernel",
    "gives no gradients by arrays of int32",
)
"""What TensorFlow's documentation excludes, by the reasons of its adapter."""


@conformance.parametrize()  # the core: some of the others end the process
def test_tensorflow(case: conformance.TestCase, tensorflow: Implementation) -> None:
    result = case.result(tensorflow)
    limited = result.outcome is Outcome.UNSUPPORTED and any(limit in result.detail for limit in LIMITS)
    assert limited or result.outcome in (Outcome.PASSED, Outcome.KNOWN), result.detail


def due(case: Case) -> Outcome:
    """Return what the reference owes: all but int8, as its operations keep the operands' dtype."""
    return Outcome.UNSUPPORTED if case.dtype is DType.INT8 else Outcome.PASSED


@conformance.parametrize(tier="full")
@pytest.mark.parametrize("family", ["reference", "reference.naive_gradients"])
def test_reference(case: conformance.TestCase, family: str) -> None:
    result = case.result(family)
    assert result.outcome is due(case.case), result.detail


@conformance.parametrize(["conv1d", "conv2d", "conv3d"], tier="full")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_algorithm(case: conformance.TestCase, algorithm: str) -> None:
    result = case.result(f"reference.{algorithm}")
    assert result.outcome is due(case.case), result.detail
