"""The adapter of tinygrad: calls against the reference, a limit, and a sample of the catalogue."""

from __future__ import annotations

import pytest
from adapted import CALLS, TRANSPOSES, assert_agrees, integers, sample

from conformance.case import Outcome
from conformance.implementations import Implementation, load_implementation

pytest.importorskip("tinygrad", reason="tinygrad is an extra: pip install '.[tinygrad]'")

PLAIN = {"strides": [1, 1, 1, 1], "padding": "VALID", "data_format": "NHWC", "dilations": [1, 1, 1, 1]}


@pytest.fixture
def adapted() -> Implementation:
    return load_implementation("tinygrad")


@pytest.mark.parametrize("name", ["pads", "groups"])
def test_calls_agree_with_the_reference_in_both_layouts(adapted: Implementation, name: str) -> None:
    assert_agrees(adapted, CALLS[name])


def test_transpose_agrees_with_the_reference(adapted: Implementation) -> None:
    assert_agrees(adapted, TRANSPOSES["plain"])


def test_a_dtype_that_it_lacks_is_unsupported(adapted: Implementation) -> None:
    with pytest.raises(NotImplementedError, match="not int8"):
        adapted.functions["conv2d"](integers((1, 5, 5, 3), "int8"), integers((3, 3, 3, 4), "int8"), **PLAIN)


def test_sample_of_the_catalogue(adapted: Implementation) -> None:
    found = sample(adapted.name, "basic", "edge-no-window-far", "padding-and-stride")
    assert (found["basic"], found["edge-no-window-far"]) == (Outcome.PASSED, Outcome.KNOWN)
    assert set(found.values()) <= {Outcome.PASSED, Outcome.KNOWN}
