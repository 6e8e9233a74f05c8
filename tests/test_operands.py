"""Every operation of the family leaves its operands alone, and returns memory of its own."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import reference
from reference import im2col, naive_gradients

Array = NDArray[Any]

FUNCTIONS = {
    f"{module.__name__.removeprefix('reference.')}.{name}": (module, name)
    for module in (reference, naive_gradients, im2col)
    for name in reference.__all__
    if hasattr(module, name)
}
DTYPES = ("int64", "float32")


def operands(operation: str, size: int, dtype: str) -> list[Any]:
    """Return what an operation takes: images of `size` along every axis, filters of 1 more than half of that.

    With a size of 1 every array has a single element, and a result might well be a view of one.
    """
    if "bias" in operation:
        value = whole((size,) * 4, dtype)
        return [value, whole((size,), dtype)] if operation == "bias_add" else [value]
    rank, window, batch, channels = spatial_axes(operation), size // 2 + 1, size, size
    image, arriving = (batch, *(size,) * rank, channels), (batch, *(size - window + 1,) * rank, channels)
    filters = (*(window,) * rank, channels, 1 if "depthwise" in operation or "separable" in operation else channels)
    if operation.startswith("separable"):
        return [*(whole(shape, dtype) for shape in (image, filters, (1, 1, channels, 2)))]
    if "_transpose" in operation:
        image, arriving = arriving, image
    forms: dict[str, list[Any]] = {
        "input": [image, whole(filters, dtype), whole(arriving, dtype)],
        "filter": [whole(image, dtype), filters, whole(arriving, dtype)],
        "transpose": [whole(image, dtype), whole(filters, dtype), arriving],
    }
    return forms.get(operation.rsplit("_", 1)[-1], [whole(image, dtype), whole(filters, dtype)])


def spatial_axes(operation: str) -> int:
    return int(operation[operation.index("conv") + 4])


def whole(shape: tuple[int, ...], dtype: str) -> Array:
    return np.random.default_rng(len(shape)).integers(1, 9, shape).astype(dtype)


def words(operation: str, data_format: str) -> dict[str, Any]:
    if "bias" in operation:
        return {"data_format": data_format}
    formats = {1: "NWC", 2: "NHWC", 3: "NDHWC"} if data_format == "NHWC" else {1: "NCW", 2: "NCHW", 3: "NCDHW"}
    return {"padding": "VALID", "data_format": formats[spatial_axes(operation)]}


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1, 3], ids=["one-element", "three"])
@pytest.mark.parametrize(("module", "name"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_operation_keeps_its_operands_and_returns_its_own_memory(
    module: ModuleType, name: str, size: int, dtype: str, data_format: str
) -> None:
    arguments = operands(name, size, dtype)
    if data_format == "NCHW":
        arguments = [channels_first(argument, name, place) for place, argument in enumerate(arguments)]
    arrays = [argument for argument in arguments if isinstance(argument, np.ndarray)]
    kept = [array.copy() for array in arrays]
    first, second = (getattr(module, name)(*arguments, **words(name, data_format)) for _ in range(2))
    assert first.flags.writeable
    assert not any(np.shares_memory(first, other) for other in (*arrays, second))
    first[...] = 0
    for array, before in zip(arrays, kept, strict=True):
        np.testing.assert_array_equal(array, before, strict=True)
    assert second.all()


def channels_first(argument: Any, name: str, place: int) -> Any:
    """Return images, and shapes of images, with their channels first; filters and biases as they are."""
    is_filter = place == (1 if "bias" not in name else -1) or (name.startswith("separable") and place == 2)
    if is_filter or (name == "bias_add" and place == 1):
        return argument
    if isinstance(argument, np.ndarray):
        return np.moveaxis(argument, -1, 1).copy()
    return (argument[0], argument[-1], *argument[1:-1])
