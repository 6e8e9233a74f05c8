"""Channels first: what is handed over, and what becomes of what comes back."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from cases import make_case
from catalogues import entry, faults

from conformance.case import Case, Memory, Operation, Outcome
from conformance.data import Array
from conformance.implementations import Implementation
from conformance.runner import Result, attempt
from reference import windows

CASE = make_case((2, 7, 9, 4), (3, 2, 4, 6), data_format="NCHW")
BIASED = make_case((2, 7, 9, 4), (3, 2, 4, 6), data_format="NCHW", bias="integers")


def given(case: Case) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what an implementation that takes everything is called with."""
    calls = []

    def record(*operands: Any, **keywords: Any) -> Any:
        calls.append((operands, keywords))
        raise NotImplementedError

    attempt(case, Implementation("recorder", "", {case.operation: record}))
    return calls[0]


def judged(case: Case, conv2d: Any, **others: Any) -> Result:
    return attempt(case, Implementation("mine", "", {"conv2d": conv2d, **others})).result


def right(input: Array, filters: Array, **keywords: Any) -> Array:
    return windows.conv2d(input, filters, **keywords)


def test_images_strides_and_pads_have_their_channels_first() -> None:
    pads = ((1, 0), (2, 3))
    case = make_case((2, 7, 9, 4), (3, 2, 4, 6), data_format="NCHW", strides=(2, 1), padding=pads, output=(2, 3, 13, 6))
    (image, filters), keywords = given(case)
    assert (image.shape, filters.shape) == ((2, 4, 7, 9), (3, 2, 4, 6))
    assert keywords == {
        "strides": [1, 1, 2, 1],
        "padding": [[0, 0], [0, 0], [1, 0], [2, 3]],
        "data_format": "NCHW",
        "dilations": [1, 1, 1, 1],
    }


@pytest.mark.parametrize(
    ("operation", "name"), [("conv2d_transpose", "output_shape"), ("conv2d_backprop_input", "input_sizes")]
)
def test_shapes_that_are_arguments_have_their_channels_first(operation: str, name: str) -> None:
    small, large, filters = (2, 5, 8, 6), (2, 7, 9, 4), (3, 2, 4, 6)
    fields: dict[str, Any] = {"operation": Operation(operation), "data_format": "NCHW", "output": large}
    transposed = name == "output_shape"
    case = make_case(small if transposed else large, filters, **fields, out_backprop=None if transposed else small)
    operands, keywords = given(case)
    assert (keywords["output_shape"] if transposed else operands[0]) == [2, 4, 7, 9]
    assert (operands[0] if transposed else keywords["out_backprop"]).shape == (2, 6, 5, 8)


@pytest.mark.parametrize("memory", Memory)
@pytest.mark.parametrize("batch", [1, 2])
def test_every_kind_of_memory_holds_the_same_numbers(memory: Memory, batch: int) -> None:
    case = make_case((batch, 7, 9, 4), (3, 2, 4, 6), data_format="NCHW", memory=memory)
    assert judged(case, right).outcome is Outcome.PASSED


def test_broadcast_repeats_the_first_axis_that_is_handed_over() -> None:
    (image, _), _ = given(make_case((1, 7, 9, 4), (3, 2, 4, 6), data_format="NCHW", memory=Memory.BROADCAST))
    assert image.strides[:2] == (image.strides[0], 0)


def test_answer_with_channels_last_is_told_in_the_layout_asked_for() -> None:
    def channels_last(input: Array, filters: Array, **keywords: Any) -> Array:
        return np.moveaxis(right(input, filters, **keywords), 1, -1).copy()

    result = judged(CASE, channels_last)
    assert (result.outcome, result.rule) == (Outcome.FAILED, "shape")
    assert "the shape is (2×5×8×6), must be (2×6×5×8)" in result.detail


def test_wrong_answer_is_diagnosed() -> None:
    def flipped(input: Array, filters: Array, **keywords: Any) -> Array:
        return right(input, filters[::-1, ::-1], **keywords)

    result = judged(CASE, flipped)
    assert (result.outcome, result.rule) == (Outcome.FAILED, "exact")
    assert "(3×2×4×6) = (2×5×8×6) NCHW, by mine" in result.detail
    assert "flips the filter in both axes" in result.diagnosis[0]
    assert re.search(r"worst:  output\[\d, \d, \d, \d, channels last\] is ", result.detail)


def test_function_without_the_parameter_is_unsupported() -> None:
    def plain(input: Array, filters: Array, strides: Any, padding: Any) -> Array:
        raise AssertionError("was called")

    result = judged(CASE, plain)
    assert result.outcome is Outcome.UNSUPPORTED
    assert result.detail == "takes no 'data_format', and the case has data_format=NCHW"


def test_bias_is_added_to_the_channels() -> None:
    assert judged(BIASED, right).outcome is Outcome.PASSED


def test_bias_add_is_told_the_layout() -> None:
    def bias_add(value: Array, bias: Array, data_format: str) -> Array:
        assert data_format == "NCHW"
        return value + bias[:, None, None]

    assert judged(BIASED, right, bias_add=bias_add).outcome is Outcome.PASSED


def test_bias_add_without_the_parameter_is_unsupported() -> None:
    result = judged(BIASED, right, bias_add=lambda value, bias: value + bias)
    assert result.outcome is Outcome.UNSUPPORTED
    assert result.detail == "bias_add takes no 'data_format', and the case has data_format=NCHW"


def test_layout_must_fit_the_rank(tmp_path: Any) -> None:
    assert faults(tmp_path, entry(data_format="NCW")) == [
        "cases.yaml:5: case 'x': data_format must be NHWC or NCHW for conv2d, but is NCW"
    ]
    assert faults(tmp_path, entry(data_format="nchw")) == [
        "cases.yaml:5: case 'x': data_format must be NHWC or NCHW, NWC or NCW for one dimension, NDHWC or NCDHW for "
        'three, but is "nchw"'
    ]
