"""The adapter of OpenVINO: layouts, transposes, bias, dtypes, precision, and a sample of the catalogue."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from adapted import CALLS, TRANSPOSES, assert_agrees, integers, sample

from conformance.case import Outcome
from conformance.implementations import Implementation, load_implementation

pytest.importorskip("openvino", reason="OpenVINO is an extra: pip install '.[openvino]'")

PLAIN = {"strides": [1, 1, 1, 1], "padding": "VALID", "data_format": "NHWC", "dilations": [1, 1, 1, 1]}


@pytest.fixture
def adapted() -> Implementation:
    return load_implementation("openvino-f32")


@pytest.mark.parametrize("call", [*CALLS, *(f"transpose-{name}" for name in TRANSPOSES)])
def test_calls_agree_with_the_reference_in_both_layouts(adapted: Implementation, call: str) -> None:
    assert_agrees(adapted, CALLS[call] if call in CALLS else TRANSPOSES[call.removeprefix("transpose-")])


def test_bias_is_added_in_the_model(adapted: Implementation) -> None:
    image, filters, bias = integers((1, 4, 5, 2)), integers((2, 3, 2, 3)), np.array([100, 20, 3], np.float32)
    function = adapted.functions["conv2d"]
    np.testing.assert_array_equal(
        function(image, filters, **PLAIN, bias=bias), function(image, filters, **PLAIN) + bias
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "int32"])
def test_output_has_the_dtype_of_the_operands(adapted: Implementation, dtype: str) -> None:
    kind = np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    image, filters = integers((1, 4, 5, 2)).astype(kind), integers((2, 1, 2, 3)).astype(kind)
    answer = adapted.functions["conv2d"](image, filters, **PLAIN)
    due = adapted.functions["conv2d"](image.astype(np.float32), filters.astype(np.float32), **PLAIN)
    assert answer.dtype == kind
    np.testing.assert_array_equal(answer.astype(np.float32), due.astype(kind).astype(np.float32))


def test_int8_is_unsupported(adapted: Implementation) -> None:
    with pytest.raises(NotImplementedError, match="not int8"):
        assert_agrees(adapted, CALLS["pads"], "int8")


def test_there_are_no_gradients(adapted: Implementation) -> None:
    assert not [name for name in adapted.functions if "backprop" in name]


def test_sample_of_the_catalogue_is_green() -> None:
    outcomes = sample("openvino-f32", "dtype-", "memory-f", "edge-no-window", "size-winograd")
    assert set(outcomes.values()) == {Outcome.PASSED, Outcome.UNSUPPORTED, Outcome.KNOWN}
    assert outcomes["dtype-float64"] is Outcome.KNOWN


def test_sample_in_the_precision_that_it_chooses_is_green() -> None:
    """Where that is float32, the cases that bfloat16 cannot pass are passed."""
    outcomes = sample("openvino", "wide-", "channel-and-bias", "basic")
    assert outcomes.pop("basic") is Outcome.PASSED
    assert set(outcomes.values()) in ({Outcome.KNOWN}, {Outcome.PASSED})
