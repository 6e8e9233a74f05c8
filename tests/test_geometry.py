"""Sizes and pads against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from reference.geometry import explicit_pads, numpy_mode_pads, output_size, receptive_field, same_pads


@pytest.mark.parametrize(
    ("size", "dilation", "expected"), [(1, 1, 1), (1, 9, 1), (3, 1, 3), (3, 2, 5), (2, 5, 6), (7, 3, 19)]
)
def test_receptive_field(size: int, dilation: int, expected: int) -> None:
    assert receptive_field(size, dilation) == expected


@pytest.mark.parametrize(
    ("in_size", "filter_size", "stride", "dilation", "pads", "expected"),
    [
        pytest.param(28, 3, 1, 1, (0, 0), 26, id="plain"),
        pytest.param(56, 5, 2, 1, (1, 1), 27, id="where-an-article-prints-23"),
        pytest.param(6, 3, 2, 1, (0, 0), 2, id="floored"),
        pytest.param(7, 3, 1, 2, (0, 0), 3, id="dilated"),
        pytest.param(5, 2, 7, 1, (0, 0), 1, id="stride-beyond-the-filter"),
        pytest.param(4, 3, 1, 1, (5, 0), 7, id="pads-wider-than-the-filter"),
        pytest.param(3, 3, 1, 1, (0, 0), 1, id="as-large-as-the-image"),
        pytest.param(2, 3, 1, 1, (0, 0), 0, id="does-not-fit"),
        pytest.param(0, 3, 4, 1, (0, 0), 0, id="no-input"),
        pytest.param(0, 3, 1, 1, (2, 2), 2, id="only-padding"),
        pytest.param(224, 7, 2, 1, (3, 3), 112, id="first-layer-of-a-resnet"),
    ],
)
def test_output_size(
    in_size: int, filter_size: int, stride: int, dilation: int, pads: tuple[int, int], expected: int
) -> None:
    assert output_size(in_size, filter_size, stride, dilation, pads) == expected


@pytest.mark.parametrize(
    ("in_size", "filter_size", "stride", "dilation", "expected"),
    [
        pytest.param(4, 3, 1, 1, (1, 1), id="odd-filter"),
        pytest.param(4, 2, 1, 1, (0, 1), id="odd-zero-after"),
        pytest.param(4, 3, 2, 1, (0, 1), id="strided"),
        pytest.param(5, 3, 2, 1, (1, 1), id="strided-with-remainder"),
        pytest.param(7, 3, 1, 2, (2, 2), id="dilated"),
        pytest.param(5, 2, 3, 1, (0, 0), id="windows-that-just-fit"),
        pytest.param(9, 2, 5, 1, (0, 0), id="stride-beyond-the-filter"),
        pytest.param(1, 4, 1, 1, (1, 2), id="filter-beyond-the-input"),
        pytest.param(0, 3, 1, 1, (1, 1), id="no-input"),
        pytest.param(224, 7, 2, 1, (2, 3), id="first-layer-of-a-resnet"),
    ],
)
def test_same_pads(in_size: int, filter_size: int, stride: int, dilation: int, expected: tuple[int, int]) -> None:
    assert same_pads(in_size, filter_size, stride, dilation) == expected


@pytest.mark.parametrize(
    ("mode", "in_size", "filter_size", "dilation", "expected"),
    [
        pytest.param("full", 5, 3, 1, (2, 2), id="full"),
        pytest.param("full", 5, 3, 2, (4, 4), id="full-dilated"),
        pytest.param("same", 5, 3, 1, (1, 1), id="same-odd"),
        pytest.param("same", 5, 2, 1, (1, 0), id="same-even"),
        pytest.param("same", 2, 5, 1, (3, 4), id="same-longer-filter"),
        pytest.param("same", 3, 5, 1, (3, 3), id="same-longer-filter-odd"),
        pytest.param("same", 4, 4, 1, (2, 1), id="same-as-long"),
        pytest.param("valid", 5, 3, 1, (0, 0), id="valid"),
        pytest.param("valid", 2, 5, 1, (3, 3), id="valid-longer-filter"),
    ],
)
def test_numpy_mode_pads(mode: str, in_size: int, filter_size: int, dilation: int, expected: tuple[int, int]) -> None:
    assert numpy_mode_pads(mode, in_size, filter_size, dilation) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("in_size", range(1, 7))
@pytest.mark.parametrize("filter_size", range(1, 7))
def test_numpy_modes_are_as_long_as_numpys(mode: str, in_size: int, filter_size: int) -> None:
    pads = numpy_mode_pads(mode, in_size, filter_size)  # type: ignore[arg-type]
    expected = np.correlate(np.ones(in_size), np.ones(filter_size), mode)  # type: ignore[call-overload]
    assert output_size(in_size, filter_size, pads=pads) == len(expected)


def test_explicit_pads_of_every_kind() -> None:
    sizes = ((4, 5), (3, 2), (1, 2), (1, 1))
    assert explicit_pads("VALID", *sizes) == ((0, 0), (0, 0))
    assert explicit_pads("SAME", *sizes) == ((1, 1), (0, 1))
    assert explicit_pads(((4, 0), (1, 2)), *sizes) == ((4, 0), (1, 2))


def test_same_pads_of_each_axis_with_its_own_parameters() -> None:
    assert explicit_pads("SAME", (7, 9), (3, 4), (2, 3), (2, 1)) == ((2, 2), (0, 1))


def test_sizes_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        explicit_pads("SAME", (4, 5), (3, 2), (1,), (1, 1))


def test_steps_are_1_unless_given() -> None:
    assert (receptive_field(3), output_size(5, 3), same_pads(4, 3)) == (3, 3, (1, 1))
