"""The conformance suite: every case of the shipped catalogue, on TensorFlow and on the reference itself."""

from __future__ import annotations

import pytest

from conformance.case import Case, DType, Outcome
from conformance.catalogue import load_catalogue
from conformance.implementations import Implementation, load_implementation
from conformance.runner import attempt

CASES = load_catalogue()

ALGORITHMS = ["naive", "windows", "strided", "submatrix", "im2col", "toeplitz", "fourier", "fast"]
"""All but `winograd`: its error is normwise, so that it cannot promise equality."""

LIMITS = (
    "takes no explicit padding",
    "no filter gradient of a dilated conv2d",
    "takes no groups",
    "takes no strides beside dilations",
    "no such kernel",
    "not int8",
)
"""What TensorFlow's documentation excludes, by the reasons of its adapter."""

KNOWN = {
    "nothing-to-sum-no-images": "the shape is (0×5×7×3), must be (0×3×6×4)",
    "nothing-to-sum-no-output.input-2x2x7x5": "the shape is (2×2×7×5), must be (2×0×4×6)",
    "nothing-to-sum-no-output.input-2x7x3x5": "the shape is (2×7×3×5), must be (2×5×0×6)",
    "nothing-to-sum-no-rows": "the shape is (3×0×7×5), must be (3×0×6×4)",
    "nothing-to-sum-no-elements": "the shape is (2×0×3), must be (2×0×5)",
    "narrow-sums-depthwise.float16": "exact: equality",
    "narrow-sums-depthwise-gradient.float16": "exact: equality",
}
"""Where TensorFlow 2.21 is wrong on some machines, and words of the failure: with oneDNN, a convolution without output
returns the input's shape; depthwise kernels sum float16 in float16."""


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_tensorflow(case: Case, tensorflow: Implementation) -> None:
    result = attempt(case, tensorflow).result
    limited = result.outcome is Outcome.UNSUPPORTED and any(limit in result.detail for limit in LIMITS)
    known = case.id in KNOWN and result.outcome is Outcome.FAILED and KNOWN[case.id] in result.detail
    assert limited or known or result.outcome is Outcome.PASSED, result.detail


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
