"""The adapter of Paddle: layouts, transposes, gradients, bias, limits, and a sample of the catalogue."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from adapted import CALLS, TRANSPOSES, assert_agrees, integers, sample

from conformance.case import Outcome
from conformance.implementations import Implementation, load_implementation

if "tensorflow" in sys.modules:
    pytest.skip("Paddle, imported behind TensorFlow, ends the process", allow_module_level=True)
pytest.importorskip("paddle", reason="Paddle is an extra: pip install '.[paddle]'")

PLAIN = {"strides": [1, 1, 1, 1], "padding": "VALID", "data_format": "NHWC", "dilations": [1, 1, 1, 1]}


@pytest.fixture
def adapted() -> Implementation:
    return load_implementation("paddle")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("call", [*CALLS, *(f"transpose-{name}" for name in TRANSPOSES)])
def test_calls_agree_with_the_reference_in_both_layouts(adapted: Implementation, call: str, dtype: str) -> None:
    assert_agrees(adapted, CALLS[call] if call in CALLS else TRANSPOSES[call.removeprefix("transpose-")], dtype)


def test_bias_is_added_by_the_function(adapted: Implementation) -> None:
    image, filters, bias = integers((1, 4, 5, 2)), integers((2, 3, 2, 3)), np.array([100, 20, 3], np.float32)
    function = adapted.functions["conv2d"]
    np.testing.assert_array_equal(
        function(image, filters, **PLAIN, bias=bias), function(image, filters, **PLAIN) + bias
    )


def test_gradients_are_adjoint_to_the_convolution(adapted: Implementation) -> None:
    """⟨conv(x, w), g⟩ = ⟨x, dx⟩ = ⟨w, dw⟩, in whole numbers, with groups and unequal strides."""
    options = PLAIN | {"strides": [1, 2, 3, 1], "padding": "SAME"}
    image, filters = integers((2, 7, 8, 4), "float64"), integers((3, 2, 2, 6), "float64")
    answer = adapted.functions["conv2d"](image, filters, **options)
    arriving = integers(answer.shape, "float64")
    by_input = adapted.functions["conv2d_backprop_input"](image.shape, filters, out_backprop=arriving, **options)
    by_filter = adapted.functions["conv2d_backprop_filter"](image, filters.shape, out_backprop=arriving, **options)
    assert np.vdot(answer, arriving) == np.vdot(image, by_input) == np.vdot(filters, by_filter)


def test_float16_is_unsupported(adapted: Implementation) -> None:
    with pytest.raises(NotImplementedError, match="Paddle convolves float32, float64, not float16"):
        assert_agrees(adapted, CALLS["pads"], "float16")


def test_sample_of_the_catalogue_is_green() -> None:
    outcomes = sample("paddle", "dtype-", "memory-", "edge-no-output", "size-winograd", "groups-mixed-up")
    assert set(outcomes.values()) == {Outcome.PASSED, Outcome.UNSUPPORTED, Outcome.KNOWN}
    assert outcomes["edge-no-output-channels.conv2d"] is Outcome.KNOWN
