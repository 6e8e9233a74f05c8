"""The adapter of ONNX Runtime: layouts, transposes, bias, int8, limits, and a sample of the catalogue."""

from __future__ import annotations

import numpy as np
import pytest
from adapted import CALLS, TRANSPOSES, assert_agrees, integers, sample

from conformance.case import Outcome
from conformance.implementations import Implementation, load_implementation

pytest.importorskip("onnxruntime", reason="ONNX Runtime is an extra: pip install '.[onnxruntime]'")
pytest.importorskip("onnx", reason="models are made with ONNX: pip install '.[onnxruntime]'")

PLAIN = {"strides": [1, 1, 1, 1], "padding": "VALID", "data_format": "NHWC", "dilations": [1, 1, 1, 1]}


@pytest.fixture(params=["onnxruntime", "onnxruntime-initializer"])
def adapted(request: pytest.FixtureRequest) -> Implementation:
    return load_implementation(request.param)


@pytest.mark.parametrize("call", [*CALLS, *(f"transpose-{name}" for name in TRANSPOSES)])
def test_calls_agree_with_the_reference_in_both_layouts(adapted: Implementation, call: str) -> None:
    assert_agrees(adapted, CALLS[call] if call in CALLS else TRANSPOSES[call.removeprefix("transpose-")])


def test_bias_is_added_by_the_node(adapted: Implementation) -> None:
    image, filters, bias = integers((1, 4, 5, 2)), integers((2, 3, 2, 3)), np.array([100, 20, 3], np.float32)
    function = adapted.functions["conv2d"]
    np.testing.assert_array_equal(
        function(image, filters, **PLAIN, bias=bias), function(image, filters, **PLAIN) + bias
    )


def test_int8_is_summed_in_int32(adapted: Implementation) -> None:
    image, filters = np.full((1, 3, 3, 2), -128, np.int8), np.full((3, 3, 2, 1), 127, np.int8)
    answer = adapted.functions["conv2d"](image, filters, **PLAIN)
    assert (answer.dtype, answer.item()) == (np.int32, -128 * 127 * 18)


@pytest.mark.parametrize(
    ("dtype", "extra", "message"),
    [
        ("float64", {}, "float16, float32, int8, not float64"),
        ("int8", {"bias": np.ones(4, np.int32)}, "ConvInteger takes no bias"),
    ],
)
def test_what_it_lacks_is_unsupported(
    adapted: Implementation, dtype: str, extra: dict[str, object], message: str
) -> None:
    with pytest.raises(NotImplementedError, match=message):
        adapted.functions["conv2d"](integers((1, 5, 5, 3), dtype), integers((3, 3, 3, 4), dtype), **PLAIN, **extra)


def test_transpose_of_int8_is_unsupported(adapted: Implementation) -> None:
    with pytest.raises(NotImplementedError, match="no transpose of a convolution of int8"):
        assert_agrees(adapted, TRANSPOSES["plain"], "int8")


def test_there_are_no_gradients(adapted: Implementation) -> None:
    assert not [name for name in adapted.functions if "backprop" in name]


@pytest.mark.parametrize("spec", ["onnxruntime", "onnxruntime-initializer"])
def test_sample_of_the_catalogue_is_green(spec: str) -> None:
    outcomes = sample(spec, "memory-", "dtype-", "edge-no-window", "size-winograd")
    assert set(outcomes.values()) == {Outcome.PASSED, Outcome.UNSUPPORTED, Outcome.KNOWN}
    assert outcomes["edge-no-window.conv2d"] is Outcome.KNOWN
