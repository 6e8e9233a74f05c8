"""The adapter of IREE: calls against the reference, a limit, and a sample of the catalogue."""

from __future__ import annotations

import pytest
from adapted import CALLS, TRANSPOSES, assert_agrees, integers, sample

from conformance.case import Outcome
from conformance.implementations import Implementation, load_implementation

pytest.importorskip("iree.compiler", reason="IREE is an extra: pip install '.[iree]'")

PLAIN = {"strides": [1, 1, 1, 1], "padding": "VALID", "data_format": "NHWC", "dilations": [1, 1, 1, 1]}


@pytest.fixture
def adapted() -> Implementation:
    return load_implementation("iree")


@pytest.mark.parametrize("name", ["same", "groups"])
def test_calls_agree_with_the_reference_in_both_layouts(adapted: Implementation, name: str) -> None:
    assert_agrees(adapted, CALLS[name])


def test_transpose_agrees_with_the_reference(adapted: Implementation) -> None:
    assert_agrees(adapted, TRANSPOSES["plain"])


def test_a_dtype_that_it_lacks_is_unsupported(adapted: Implementation) -> None:
    with pytest.raises(NotImplementedError, match="not uint8"):
        adapted.functions["conv2d"](integers((1, 5, 5, 3), "uint8"), integers((3, 3, 3, 4), "uint8"), **PLAIN)


def test_sample_of_the_catalogue(adapted: Implementation) -> None:
    found = sample(adapted.name, "basic", "edge-no-window-far", "padding-and-stride")
    assert (found["basic"], found["edge-no-window-far"]) == (Outcome.PASSED, Outcome.PASSED)
    assert set(found.values()) <= {Outcome.PASSED, Outcome.KNOWN}
