"""How transposes and gradients are called: shapes where no array is, and names as in tf.nn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.case import Case, Outcome
from conformance.catalogue import load_catalogue
from conformance.data import make_operands
from conformance.implementations import Implementation
from conformance.judgement import expect
from conformance.runner import attempt

CASES = {case.id: case for case in load_catalogue()}


def given(case: Case) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what an implementation that takes everything is called with, first."""
    calls = []

    def record(*operands: Any, **keywords: Any) -> Any:
        calls.append((operands, keywords))
        raise NotImplementedError

    attempt(case, Implementation("recorder", "", {case.operation: record}))
    return calls[0]


def test_transpose_gets_the_output_shape() -> None:
    (image, filters), keywords = given(CASES["transpose-same"])
    assert (image.shape, filters.shape) == ((2, 5, 4, 3), (4, 2, 6, 3))
    assert keywords == {
        "output_shape": [2, 15, 7, 6],
        "strides": [1, 3, 2, 1],
        "padding": "SAME",
        "data_format": "NHWC",
        "dilations": [1, 1, 1, 1],
    }


def test_input_gradient_gets_the_input_sizes() -> None:
    (sizes, filters), keywords = given(CASES["gradient-unreached"])
    assert (sizes, filters.shape, keywords["out_backprop"].shape) == ([2, 9, 8, 3], (2, 3, 3, 4), (2, 2, 2, 4))


def test_filter_gradient_gets_the_filter_sizes() -> None:
    (image, sizes), keywords = given(CASES["gradient-of-groups.conv2d-backprop-filter"])
    assert (image.shape, sizes, keywords["out_backprop"].shape) == ((2, 7, 6, 4), [3, 2, 2, 6], (2, 5, 5, 6))


def test_conv1d_gets_a_stride_and_depthwise_two_dilations() -> None:
    assert given(CASES["one-dimension.stride-3.dilation-1.same"])[1]["stride"] == 3
    assert given(CASES["depthwise-dilated"])[1]["dilations"] == [3, 2]


def test_transpose_without_output_shape_is_an_error() -> None:
    def conv2d_transpose(input: Any, filters: Any, strides: Any, padding: Any) -> Any:
        return input

    result = attempt(CASES["transpose-same"], Implementation("x", "", {"conv2d_transpose": conv2d_transpose})).result
    assert result.outcome is Outcome.ERROR
    assert "must take 'output_shape', but its signature is" in result.detail


GRADIENTS = [
    case
    for case in CASES.values()
    if "gradient" in case.operation.kind and not case.refuses and case.dtype == "float32" and not case.channels_first
    if 0 not in case.output
]


WHOLE = [case for case in GRADIENTS if "special" not in case.tags]


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.id)
def test_gradient_that_is_off_by_one_fails(case: Case) -> None:
    right = expect(case, make_operands(case)).value

    def gradient(*operands: Any, **keywords: Any) -> Any:
        wrong = right.astype(np.float32)
        wrong.flat[-1] += 1
        return wrong

    result = attempt(case, Implementation("wrong", "", {case.operation: gradient})).result
    assert (result.outcome, result.rule) == (Outcome.FAILED, "exact")
    assert f"1 of {right.size:,} elements" in result.detail
