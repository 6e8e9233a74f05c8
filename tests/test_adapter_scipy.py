"""SciPy's adapter: what it computes, and what it says that it cannot be asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from adapted import call, outcomes

from conformance.case import Outcome


def test_sample_of_the_core_passes_or_is_unsupported() -> None:
    found = outcomes("scipy")
    assert set(found.values()) == {Outcome.PASSED, Outcome.UNSUPPORTED}
    assert list(found.values()).count(Outcome.PASSED) > len(found) / 4


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
def test_strides_dilations_pads_and_groups_by_hand(data_format: str) -> None:
    image = np.arange(1, 11, dtype=np.float32).reshape(1, 1, 5, 2)
    filters = np.array([[[[1, 10]], [[100, 1000]]]], np.float32)
    along = [1, 1, 1, 2] if data_format == "NCHW" else [1, 1, 2, 1]
    holes = [1, 1, 1, 3] if data_format == "NCHW" else [1, 1, 3, 1]
    pads = [[0, 0], [0, 0], [0, 0], [0, 0]]
    pads[3 if data_format == "NCHW" else 2] = [1, 0]
    handed = image if data_format == "NHWC" else np.moveaxis(image, -1, 1)
    form: dict[str, Any] = {"strides": along, "dilations": holes, "padding": pads, "data_format": data_format}
    output = call("scipy", "conv2d", handed, filters, **form)
    expected = np.array([[[[500, 6000], [903, 10040]]]], np.float32)
    assert np.array_equal(output, expected if data_format == "NHWC" else np.moveaxis(expected, -1, 1))


@pytest.mark.parametrize(
    ("image", "filters", "message"),
    [
        ((2, 3, 6, 4), (4, 2, 4, 5), "larger than the image for the image"),
        ((2, 5, 6, 0), (4, 2, 0, 5), "an empty array where an operand has no elements"),
        ((2, 5, 6, 5), (3, 2, 2, 4), "no groups that it could refuse"),
    ],
    ids=["no-window", "no-channels", "no-groups"],
)
def test_what_scipy_has_no_way_to_do_is_unsupported(
    image: tuple[int, ...], filters: tuple[int, ...], message: str
) -> None:
    with pytest.raises(NotImplementedError, match=message):
        call("scipy", "conv2d", np.ones(image, np.float32), np.ones(filters, np.float32))


def test_stride_of_zero_is_not_handed_over() -> None:
    with pytest.raises(NotImplementedError, match="no strides, dilations and pads that it could refuse"):
        call("scipy", "conv2d", np.ones((1, 5, 5, 1), "f4"), np.ones((2, 2, 1, 1), "f4"), strides=[1, 0, 1, 1])
