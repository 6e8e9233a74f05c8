"""The conformance suite: every case of the shipped catalogue, on TensorFlow and on the reference itself."""

from __future__ import annotations

import pytest

from conformance.case import Case, DType, Outcome, Tier
from conformance.catalogue import load_catalogue
from conformance.expectations import as_expected, shipped_expectations
from conformance.implementations import Implementation, load_implementation
from conformance.runner import attempt

CASES = load_catalogue()

ALGORITHMS = ["naive", "windows", "strided", "submatrix", "im2col", "toeplitz", "fourier", "fast", "taprows", "kn2row"]
"""All but `winograd`: its error is normwise, so that it cannot promise equality; see test_kill_table.py."""

LIMITS = (
    "takes no explicit padding",
    "takes no groups",
    "takes no strides beside dilations",
    "not int8",
    "has no such kernel",
)
"""What TensorFlow's documentation excludes, by the reasons of its adapter."""

JUDGED = [case for case in CASES if case.tier is Tier.CORE]
"""Some of the others end the process."""


@pytest.mark.parametrize("case", JUDGED, ids=[case.id for case in JUDGED])
def test_tensorflow(case: Case, tensorflow: Implementation) -> None:
    result = as_expected(attempt(case, tensorflow).result, shipped_expectations())
    limited = result.outcome is Outcome.UNSUPPORTED and any(limit in result.detail for limit in LIMITS)
    assert limited or result.outcome in (Outcome.PASSED, Outcome.KNOWN), result.detail


def due(case: Case) -> Outcome:
    """Return what the reference owes: all but int8, as its operations keep the operands' dtype."""
    return Outcome.UNSUPPORTED if case.dtype is DType.INT8 else Outcome.PASSED


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
@pytest.mark.parametrize("family", ["reference", "reference.naive_gradients"])
def test_reference(case: Case, family: str) -> None:
    result = attempt(case, load_implementation(family)).result
    assert result.outcome is due(case), result.detail


CONVOLUTIONS = [case for case in CASES if case.operation in ("conv1d", "conv2d", "conv3d")]


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=[case.id for case in CONVOLUTIONS])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_algorithm(case: Case, algorithm: str) -> None:
    result = attempt(case, load_implementation(f"reference.{algorithm}")).result
    assert result.outcome is due(case), result.detail
