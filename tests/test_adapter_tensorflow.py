"""TensorFlow's modes: what each records, where it differs from eager TensorFlow, and a sample of the catalogue."""

from __future__ import annotations

import numpy as np
import pytest
from adapted import CALLS, TRANSPOSES, assert_agrees, integers, sample
from conftest import Command

from conformance.case import Outcome
from conformance.implementations import Implementation, load_implementation

pytest.importorskip("tensorflow", reason="TensorFlow is an extra: pip install '.[tensorflow]'")

PLAIN = {"strides": [1, 1, 1, 1], "padding": "VALID", "data_format": "NHWC", "dilations": [1, 1, 1, 1]}


@pytest.fixture(scope="module", params=["tensorflow-function", "tensorflow-xla"])
def adapted(request: pytest.FixtureRequest) -> Implementation:
    return load_implementation(request.param)


@pytest.mark.parametrize("name", ["pads", "same", "groups"])
def test_calls_agree_with_the_reference_in_both_layouts(adapted: Implementation, name: str) -> None:
    assert_agrees(adapted, CALLS[name])


def test_transpose_agrees_with_the_reference(adapted: Implementation) -> None:
    assert_agrees(adapted, TRANSPOSES["strided"])


def test_arrays_are_arguments_of_the_program(adapted: Implementation) -> None:
    image, filters = integers((1, 4, 5, 2)), integers((2, 3, 2, 3))
    function = adapted.functions["conv2d"]
    first, second = function(image, filters, **PLAIN), function(2 * image, filters, **PLAIN)
    np.testing.assert_array_equal(second, 2 * np.asarray(first))


def test_explicit_padding_of_one_dimension_is_unsupported(adapted: Implementation) -> None:
    with pytest.raises(NotImplementedError, match="takes no explicit padding"):
        adapted.functions["conv1d"](integers((1, 5, 3)), integers((3, 3, 4)), 1, [[0, 0], [1, 2], [0, 0]])


@pytest.mark.parametrize("spec", ["tensorflow-function", "tensorflow-xla"])
def test_sample_of_the_catalogue(spec: str) -> None:
    found = sample(spec, "basic", "dtype-float16", "edge-empty-image")
    assert set(found.values()) <= {Outcome.PASSED, Outcome.KNOWN}
    assert found["basic"] is Outcome.PASSED


def test_without_onednn_needs_a_process_of_its_own(command: Command) -> None:
    done = command("run", "-i", "tensorflow-no-onednn", "-k", "basic or strided.depthwise-conv2d.stride-1x2.valid")
    assert done.returncode == 0
    assert "only supports equal length strides" in done.stdout
