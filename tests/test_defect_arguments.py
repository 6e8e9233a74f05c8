"""Defects that cases without a meaning show: what must be refused, and channels first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.defects import DEFECTS, RIGHT, Defect

NAMED = {defect.name: defect for defect in DEFECTS}
ACCEPTING = [defect for defect in DEFECTS if defect.accepts is not None]

GOOD = {"strides": [1, 2, 3, 1], "padding": [[0, 0], [1, 0], [0, 2], [0, 0]], "dilations": [1, 1, 2, 1]}

BAD: dict[str, tuple[tuple[int, int, int], dict[str, Any]]] = {
    "stride-zero-as-one": ((4, 2, 6), {"strides": [1, 0, 3, 1]}),
    "stride-negative-accepted": ((4, 2, 6), {"strides": [1, 2, -3, 1]}),
    "stride-fraction-cut": ((4, 2, 6), {"strides": [1, 1.5, 3, 1]}),
    "dilation-zero-as-one": ((4, 2, 6), {"dilations": [1, 2, 0, 1]}),
    "dilation-negative-accepted": ((4, 2, 6), {"dilations": [1, -2, 1, 1]}),
    "strides-of-batch-and-channels-ignored": ((4, 2, 6), {"strides": [1, 2, 3, 2]}),
    "dilations-of-batch-and-channels-ignored": ((4, 2, 6), {"dilations": [2, 1, 3, 1]}),
    "padding-of-batch-and-channels-ignored": ((4, 2, 6), {"padding": [[0, 0], [1, 0], [0, 2], [1, 0]]}),
    "strides-of-any-length": ((4, 2, 6), {"strides": [1, 2, 3]}),
    "dilations-of-any-length": ((4, 2, 6), {"dilations": [1, 2, 3, 1, 1]}),
    "padding-of-any-length": ((4, 2, 6), {"padding": [[0, 0], [1, 0], [0, 2]]}),
    "padding-name-as-valid": ((4, 2, 6), {"padding": "SMAE"}),
    "padding-name-as-same": ((4, 2, 6), {"padding": "SMAE"}),
    "padding-negative-as-zero": ((4, 2, 6), {"padding": [[0, 0], [1, -1], [0, 2], [0, 0]]}),
    "data-format-unknown-accepted": ((4, 2, 6), {"data_format": "NWHC"}),
    "input-channels-cut": ((5, 2, 6), {}),
    "filter-channels-cut": ((4, 6, 5), {}),
    "output-channels-cut": ((4, 2, 7), {}),
}
"""By defect: input channels, the filters' input channels, output channels; and options without a meaning."""


def asked(name: str) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    (channels, depth, filters), options = BAD[name]
    random = np.random.default_rng(3)
    image = random.integers(-9, 10, (2, 9, 11, channels)).astype(np.float32)
    return image, random.integers(-9, 10, (3, 2, depth, filters)).astype(np.float32), GOOD | options


@pytest.mark.parametrize("name", BAD)
def test_what_has_no_meaning_is_accepted_by_the_defect_alone(name: str) -> None:
    image, filters, options = asked(name)
    with pytest.raises(ValueError, match="must be"):
        RIGHT.functions()["conv2d"](image, filters, **options)
    assert NAMED[name].functions()["conv2d"](image, filters, **options).ndim == 4


@pytest.mark.parametrize("defect", ACCEPTING, ids=[defect.name for defect in ACCEPTING])
def test_what_has_a_meaning_is_answered_rightly(defect: Defect) -> None:
    image, filters = np.arange(2.0 * 9 * 11 * 4).reshape(2, 9, 11, 4), np.arange(3.0 * 2 * 2 * 6).reshape(3, 2, 2, 6)
    right = RIGHT.functions()["conv2d"](image, filters, **GOOD)
    np.testing.assert_array_equal(defect.functions()["conv2d"](image, filters, **GOOD), right)


def test_every_accepting_defect_is_tried() -> None:
    assert {defect.name for defect in ACCEPTING} == set(BAD)


@pytest.mark.parametrize("name", ["output-channels-last", "data-format-ignored"])
def test_channels_first_shows_the_defect(name: str) -> None:
    image, filters = np.arange(2.0 * 3 * 6 * 7).reshape(2, 3, 6, 7), np.arange(2.0 * 4 * 3 * 5).reshape(2, 4, 3, 5)
    right = RIGHT.functions()["conv2d"](image, filters, strides=1, padding="VALID", data_format="NCHW")
    wrong = NAMED[name].functions()["conv2d"](image, filters, strides=1, padding="VALID", data_format="NCHW")
    assert right.shape == (2, 5, 5, 4)
    assert wrong.shape != right.shape or not np.array_equal(wrong, right)


def test_what_arrives_in_another_shape_is_refused() -> None:
    filters, arriving = np.ones((3, 2, 4, 5), np.float32), np.ones((2, 7, 5, 5), np.float32)
    with pytest.raises(ValueError, match=r"out_backprop must be of shape \(2, 7, 6, 5\), but is of \(2, 7, 5, 5\)"):
        RIGHT.functions()["conv2d_backprop_input"](
            (2, 9, 7, 4), filters, out_backprop=arriving, strides=1, padding="VALID"
        )
