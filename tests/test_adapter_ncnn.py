"""The adapter of ncnn: layouts, transposes, bias, limits, and a sample of the catalogue."""

from __future__ import annotations

import numpy as np
import pytest
from adapted import CALLS, TRANSPOSES, assert_agrees, integers, sample

from conformance.case import Outcome
from conformance.implementations import Implementation, load_implementation

pytest.importorskip("ncnn", reason="ncnn is an extra: pip install '.[ncnn]'")

PLAIN = {"strides": [1, 1, 1, 1], "padding": "VALID", "data_format": "NHWC", "dilations": [1, 1, 1, 1]}


@pytest.fixture
def adapted() -> Implementation:
    return load_implementation("ncnn")


@pytest.mark.parametrize("call", [*CALLS, *(f"transpose-{name}" for name in TRANSPOSES)])
def test_calls_agree_with_the_reference_in_both_layouts(adapted: Implementation, call: str) -> None:
    assert_agrees(adapted, CALLS[call] if call in CALLS else TRANSPOSES[call.removeprefix("transpose-")])


def test_bias_is_added_by_the_layer(adapted: Implementation) -> None:
    image, filters, bias = integers((1, 4, 5, 2)), integers((2, 3, 2, 3)), np.array([100, 20, 3], np.float32)
    function = adapted.functions["conv2d"]
    np.testing.assert_array_equal(
        function(image, filters, **PLAIN, bias=bias), function(image, filters, **PLAIN) + bias
    )


@pytest.mark.parametrize(
    ("shape", "dtype", "message"), [((1, 5, 5, 3), "float64", "not float64"), ((0, 5, 5, 3), "float32", "one image")]
)
def test_what_it_lacks_is_unsupported(
    adapted: Implementation, shape: tuple[int, ...], dtype: str, message: str
) -> None:
    with pytest.raises(NotImplementedError, match=message):
        adapted.functions["conv2d"](integers(shape, dtype), integers((3, 3, 3, 4), dtype), **PLAIN)


def test_negative_pads_are_refused_before_they_do_harm(adapted: Implementation) -> None:
    pads = {"padding": [[0, 0], [0, 0], [2, -1], [0, 0]]}
    with pytest.raises(ValueError, match="pads must be 0 or more"):
        adapted.functions["conv2d"](integers((1, 5, 5, 3)), integers((3, 3, 3, 4)), **(PLAIN | pads))


def test_error_number_is_raised(adapted: Implementation) -> None:
    with pytest.raises(RuntimeError, match="extract gave -100"):
        adapted.functions["conv2d"](integers((1, 2, 5, 3)), integers((3, 3, 3, 4)), **PLAIN)


def test_sample_of_the_catalogue_is_green() -> None:
    outcomes = sample("ncnn", "dtype-", "memory-", "edge-no-window", "size-winograd", "groups-mixed-up")
    assert set(outcomes.values()) == {Outcome.PASSED, Outcome.UNSUPPORTED, Outcome.KNOWN}
    assert outcomes["groups-mixed-up-one-hot"] is Outcome.KNOWN
