"""The conformance suite: every case of the shipped catalogue, on TensorFlow and on the reference itself."""

from __future__ import annotations

import pytest

from conformance.case import Case, Outcome
from conformance.catalogue import load_catalogue
from conformance.implementations import Implementation, load_implementation
from conformance.runner import attempt

CASES = load_catalogue()

ALGORITHMS = ["naive", "windows", "strided", "submatrix", "im2col", "toeplitz", "fourier", "fast"]
"""All but `winograd`: its error is normwise, so that it cannot promise equality."""


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_tensorflow(case: Case, tensorflow: Implementation) -> None:
    result = attempt(case, tensorflow).result
    assert result.outcome is Outcome.PASSED, result.detail


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_reference(case: Case, algorithm: str) -> None:
    result = attempt(case, load_implementation(f"reference.{algorithm}")).result
    assert result.outcome is Outcome.PASSED, result.detail
