"""The conformance suite: every case of the shipped catalogue, on TensorFlow and on the reference itself."""

from __future__ import annotations

import pytest

from conformance.case import Case, DType, Outcome, Tier
from conformance.catalogue import load_catalogue
from conformance.implementations import Implementation, load_implementation
from conformance.runner import attempt

CASES = load_catalogue()

ALGORITHMS = ["naive", "windows", "strided", "submatrix", "im2col", "toeplitz", "fourier", "fast", "taprows", "kn2row"]
"""All but `winograd`: its error is normwise, so that it cannot promise equality; see test_kill_table.py."""

LIMITS = (
    "takes no explicit padding",
    "no filter gradient of a dilated conv2d",
    "takes no groups",
    "takes no strides beside dilations",
    "not int8",
    "has no such kernel",
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


KNOWN = {
    "sweep-transpose.float32.fortran": "do not yet support dilation rates larger than 1",
    "sweep-transpose.float32.read-only": "do not yet support dilation rates larger than 1",
    "sweep-transpose.bfloat16.transposed": "Gradients for grouped convolutions are not supported on CPU",
    "sweep-filter-gradient.bfloat16.fortran": "filter_size does not have enough elements",
    "sweep-depthwise-filter-gradient.float64.unaligned": "exact: equality",
    "edge-empty-batch.conv2d.valid": "the shape is (0×5×6×3), must be (0×2×3×4)",
    "edge-empty-batch.conv2d.same": "the shape is (0×5×6×3), must be (0×3×3×4)",
    "edge-empty-batch.depthwise-conv2d.valid": "the shape is (0×5×6×3), must be (0×2×3×12)",
    "edge-empty-batch.depthwise-conv2d.same": "the shape is (0×5×6×3), must be (0×3×3×12)",
    "edge-empty-batch-and-bias": "the shape is (0×5×6×3), must be (0×3×5×4)",
    "edge-empty-batch-one-dimension": "the shape is (0×6×3), must be (0×4×4)",
    "edge-empty-batch-three-dimensions": "the shape is (0×5×6×4×3), must be (0×3×5×4×7)",
    "edge-no-window.conv2d": "the shape is (2×3×6×7), must be (2×0×5×5)",
    "edge-no-window.depthwise-conv2d": "the shape is (2×3×6×7), must be (2×0×5×35)",
    "edge-no-window-one-dimension": "the shape is (2×3×4), must be (2×0×5)",
    "edge-no-window-three-dimensions": "the shape is (2×5×4×3×6), must be (2×4×4×0×7)",
    "edge-no-window-far": "Computed output size would be negative",
    "edge-no-window-dilated": "the shape is (2×4×6×3), must be (2×0×5×5)",
    "edge-empty-image.valid": "Computed output size would be negative",
    "edge-empty-image.same": "the shape is (2×0×6×4), must be (2×0×6×5)",
    "edge-no-input-channels.no-bias": "filter must not have zero elements",
    "edge-no-input-channels.bias-7x5x3x2": "filter must not have zero elements",
    "edge-no-output-channels.conv2d": "filter must not have zero elements",
    "edge-no-output-channels.depthwise-conv2d": "filter must not have zero elements",
}
"""What TensorFlow 2.21 does otherwise on some machines, and words of what comes of it.

With oneDNN, a convolution without output gives the input's shape; depthwise gradients of strides and dilations at once
are wrong; kernels refuse filters without elements, windows fewer than none, and gradients of groups or dilations beside
explicit padding.
"""


JUDGED = [case for case in CASES if case.tier is Tier.CORE or case.id in KNOWN]


@pytest.mark.parametrize("case", JUDGED, ids=[case.id for case in JUDGED])
def test_tensorflow(case: Case, tensorflow: Implementation) -> None:
    result = attempt(case, tensorflow).result
    limited = result.outcome is Outcome.UNSUPPORTED and any(limit in result.detail for limit in LIMITS)
    known = case.id in KNOWN and KNOWN[case.id] in result.detail
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
