"""The forms in which articles and tf.nn call a convolution, NumPy's modes, and what is refused."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

import reference
from reference import fast, fourier, im2col, kn2row, naive, strided, submatrix, taprows, toeplitz, windows, winograd

Array = NDArray[Any]

MODULES = (fast, fourier, im2col, kn2row, naive, strided, submatrix, taprows, toeplitz, windows, winograd)
every_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)


def whole(*shape: int, dtype: str = "int64") -> Array:
    return np.random.default_rng(sum(shape)).integers(-9, 10, shape).astype(dtype)


@every_module
def test_image_of_height_and_width(module: Any) -> None:
    image, filters = whole(7, 6), whole(3, 2)
    full = naive.conv2d(image[None, :, :, None], filters[:, :, None, None])
    output = module.conv2d(image, filters)
    assert output.shape == (5, 5)
    np.testing.assert_array_equal(output, full[0, :, :, 0])


@every_module
def test_image_with_channels_and_a_filter_of_three_axes(module: Any) -> None:
    image, filters = whole(7, 6, 3), whole(3, 2, 3)
    output = module.conv2d(image, filters)
    assert output.shape == (5, 5)
    np.testing.assert_array_equal(output, naive.conv2d(image[None], filters[..., None])[0, :, :, 0])


@every_module
def test_filter_of_two_axes_is_repeated_over_the_channels(module: Any) -> None:
    image, filters = whole(7, 6, 3), whole(3, 2)
    repeated = np.repeat(filters[:, :, None], 3, axis=2)
    np.testing.assert_array_equal(module.conv2d(image, filters), naive.conv2d(image, repeated))


@every_module
def test_image_without_a_batch_and_many_filters(module: Any) -> None:
    image, filters = whole(7, 6, 3), whole(3, 2, 3, 4)
    output = module.conv2d(image, filters)
    assert output.shape == (5, 5, 4)
    np.testing.assert_array_equal(output, naive.conv2d(image[None], filters)[0])


@every_module
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("filter_size", [1, 2, 3, 4, 5])
def test_modes_are_numpys(module: Any, mode: Any, filter_size: int) -> None:
    image, filters = whole(5), whole(filter_size)
    np.testing.assert_array_equal(module.conv1d(image, filters, padding=mode), np.correlate(image, filters, mode))


@every_module
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("sizes", [(2, 5), (3, 4), (1, 3), (4, 7)], ids=str)
def test_modes_are_numpys_where_the_filter_is_longer(module: Any, mode: Any, sizes: tuple[int, int]) -> None:
    image, filters = (whole(size) for size in sizes)
    np.testing.assert_array_equal(module.conv1d(image, filters, padding=mode), np.correlate(image, filters, mode))


@every_module
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("sizes", [(3, 2), (2, 3), (4, 1), (7, 6), (8, 3), (3, 9)], ids=str)
def test_modes_of_two_axes_are_numpys_along_each(module: Any, mode: Any, sizes: tuple[int, int]) -> None:
    """A filter that is a product of a column and a row correlates with one after the other."""
    image, column, row = whole(7, 6), whole(sizes[0]), whole(sizes[1])
    expected = np.apply_along_axis(np.correlate, 0, image, column, mode)
    expected = np.apply_along_axis(np.correlate, 1, expected, row, mode)
    np.testing.assert_array_equal(module.conv2d(image, np.outer(column, row), padding=mode), expected)


SHORT_SHAPES: dict[str, list[tuple[tuple[int, ...], ...]]] = {
    "conv1d": [((7,), (3,), ()), ((7, 2), (3, 2), ()), ((7, 2), (3,), ()), ((7, 2), (3, 2, 4), (4,))],
    "conv2d": [((2, 5, 4, 3), (3, 2), ()), ((2, 5, 4, 3), (3, 2, 3), ())],
    "conv3d": [
        ((4, 5, 3), (2, 3, 1), ()),
        ((4, 5, 3, 2), (2, 3, 1, 2), ()),
        ((4, 5, 3, 2), (2, 3, 1), ()),
        ((2, 4, 5, 3, 6), (2, 3, 1), ()),
    ],
}


@every_module
@pytest.mark.parametrize(
    ("operation", "image_shape", "filters_shape", "last"),
    [(operation, *shapes) for operation, forms in SHORT_SHAPES.items() for shapes in forms],
    ids=str,
)
def test_short_shapes(module: Any, operation: str, image_shape: Any, filters_shape: Any, last: Any) -> None:
    rank = int(operation[4])
    image, filters = whole(*image_shape), whole(*filters_shape)
    channels = image_shape[rank:][-1] if len(image_shape) > rank else 1
    full_image = image.reshape(
        *image_shape[: max(0, len(image_shape) - rank - 1)] or (1,), *spatial(image_shape, rank), -1
    )
    full_filters = filters.reshape(*filters_shape[:rank], *(filters_shape[rank:] or (1,)), *(() if last else (1,)))
    full_filters = np.broadcast_to(full_filters, (*filters_shape[:rank], channels, *(last or (1,))))
    expected = getattr(naive, operation)(full_image, full_filters)
    batch = expected.shape[:1] if len(image_shape) == rank + 2 else ()
    output = getattr(module, operation)(image, filters)
    assert output.shape == (*batch, *expected.shape[1:-1], *last)
    np.testing.assert_array_equal(output, expected.reshape(output.shape))


def spatial(shape: tuple[int, ...], rank: int) -> tuple[int, ...]:
    return shape[-rank - 1 : -1] if len(shape) > rank else shape


@every_module
def test_channels_first(module: Any) -> None:
    image, filters = whole(2, 7, 6, 4), whole(3, 2, 2, 6)
    expected = naive.conv2d(image, filters, (2, 1), [[0, 0], [1, 0], [0, 2], [0, 0]])
    output = module.conv2d(
        image.transpose(0, 3, 1, 2), filters, [1, 1, 2, 1], [[0, 0], [0, 0], [1, 0], [0, 2]], data_format="NCHW"
    )
    assert output.flags.c_contiguous
    np.testing.assert_array_equal(output, expected.transpose(0, 3, 1, 2))


@every_module
@pytest.mark.parametrize("shape", [(0, 5, 5, 2), (2, 0, 5, 2), (2, 5, 1, 2)], ids=["batch", "height", "does-not-fit"])
def test_empty_outputs_have_their_shape(module: Any, shape: tuple[int, ...]) -> None:
    output = module.conv2d(np.ones(shape, "float32"), np.ones((2, 3, 2, 4), "float32"))
    assert output.shape == (shape[0], max(0, shape[1] - 1), max(0, shape[2] - 2), 4)
    assert output.dtype == np.float32


@every_module
def test_no_channels_give_zeros(module: Any) -> None:
    output = module.conv2d(np.ones((1, 4, 4, 0)), np.ones((2, 2, 0, 3)))
    np.testing.assert_array_equal(output, np.zeros((1, 3, 3, 3)))


@every_module
def test_no_filters_give_no_channels(module: Any) -> None:
    assert module.conv2d(np.ones((1, 4, 4, 2)), np.ones((2, 2, 2, 0))).shape == (1, 3, 3, 0)


IMAGE, FILTERS = np.ones((1, 5, 5, 6)), np.ones((3, 3, 6, 4))


@every_module
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strides": 0}, "conv2d: strides must be a number >= 1, .* but is 0"),
        ({"strides": (1, 2, 3)}, r"conv2d: strides must be .* but is \(1, 2, 3\)"),
        ({"strides": (2, 1, 1, 1)}, r"conv2d: strides must be .* with 1 for batch and channels, but is \(2, 1, 1, 1\)"),
        ({"strides": 1.5}, "conv2d: strides must be .* but is 1.5"),
        ({"dilations": -1}, "conv2d: dilations must be a number >= 1, .* but is -1"),
        ({"padding": "SOME"}, "conv2d: padding must be 'VALID', 'SAME', .* but is 'SOME'"),
        ({"padding": -1}, "conv2d: padding must be .* but is -1"),
        ({"padding": [(1, 1)]}, r"conv2d: padding must be .* but is \[\(1, 1\)\]"),
        ({"data_format": "NHCW"}, "conv2d: data_format must be 'NHWC' or 'NCHW', but is 'NHCW'"),
        ({"input": np.ones(5)}, r"conv2d: input must be an array of 2 to 4 axes, but is one of 1 \(shape \(5,\)\)"),
        (
            {"input": IMAGE.astype("longdouble")},
            "conv2d: input must be of float16, .* or bools, but is of (longdouble|float128)",
        ),
        ({"filters": FILTERS.astype(complex)}, "conv2d: filters must be of float16, .* or bools, but is of complex128"),
        ({"filters": FILTERS.astype(ml_dtypes.float8_e5m2)}, "conv2d: filters must be .* but is of float8_e5m2"),
        ({"filters": np.ones((0, 3, 6, 4))}, r"conv2d: filters must be at least 1 .* \(0, 3, 6, 4\)"),
        ({"filters": np.ones((3, 3, 4, 4))}, r"conv2d: filters.shape\[2\] must be a divisor of input's 6 .* but is 4"),
        ({"filters": np.ones((3, 3, 2, 4))}, r"conv2d: filters.shape\[3\] must be a multiple of groups=3, but is 4"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_what_has_no_meaning_is_refused(module: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        module.conv2d(**{"input": IMAGE, "filters": FILTERS, **arguments})


@pytest.mark.parametrize("strides", [True, 1.0, (1, True), (1.0, 1)], ids=str)
def test_what_equals_a_remembered_number_is_refused_still(strides: Any) -> None:
    reference.conv2d(IMAGE, FILTERS[..., :1], 1)
    with pytest.raises(ValueError, match="conv2d: strides must be"):
        reference.conv2d(IMAGE, FILTERS[..., :1], strides)


def test_the_package_offers_the_fast_ones() -> None:
    assert (reference.conv1d, reference.conv2d, reference.conv3d) == (fast.conv1d, fast.conv2d, fast.conv3d)


@pytest.fixture(scope="module")
def tf() -> Any:
    return pytest.importorskip("tensorflow")


@every_module
@pytest.mark.parametrize("padding", ["VALID", "SAME", [[0, 0], [2, 1], [0, 3], [0, 0]]], ids=["VALID", "SAME", "pads"])
@pytest.mark.parametrize(
    ("strides", "dilations"),
    [((1, 1), (1, 1)), ((2, 3), (1, 1)), ((4, 1), (1, 1)), ((1, 1), (2, 1)), ((1, 1), (1, 3)), ((2, 3), (2, 1))],
    ids=str,
)
@pytest.mark.parametrize("depth", [6, 3], ids=["one-group", "two-groups"])
def test_conv2d_is_tensorflows(module: Any, tf: Any, padding: Any, strides: Any, dilations: Any, depth: int) -> None:
    image, filters = whole(2, 9, 8, 6, dtype="float32"), whole(3, 2, depth, 4, dtype="float32")
    parameters = [1, *strides, 1], padding
    expected = tf.nn.conv2d(image, filters, *parameters, dilations=[1, *dilations, 1]).numpy()
    np.testing.assert_array_equal(np.rint(module.conv2d(image, filters, *parameters, dilations=dilations)), expected)


@every_module
def test_conv1d_and_conv3d_are_tensorflows(module: Any, tf: Any) -> None:
    image, filters = whole(2, 9, 6, dtype="float32"), whole(4, 6, 5, dtype="float32")
    expected = tf.nn.conv1d(image, filters, 2, "SAME").numpy()
    np.testing.assert_array_equal(module.conv1d(image, filters, 2, "SAME"), expected)
    image, filters = whole(2, 5, 6, 7, 2, dtype="float32"), whole(2, 3, 2, 2, 3, dtype="float32")
    expected = tf.nn.conv3d(image, filters, [1, 1, 2, 1, 1], "SAME").numpy()
    np.testing.assert_array_equal(module.conv3d(image, filters, [1, 1, 2, 1, 1], "SAME"), expected)
