"""What the tests of adapters share: calls compared with the reference, and a sample of the catalogue."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import reference
from conformance.case import Case, Outcome, Tier
from conformance.catalogue import load_catalogue
from conformance.expectations import Expectations
from conformance.implementations import Implementation, load_implementation
from conformance.runner import attempt

__all__ = ["CALLS", "FORM", "TRANSPOSES", "assert_agrees", "call", "inner_products", "integers", "outcomes", "sample"]

Array = NDArray[Any]
Shape = tuple[int, ...]

CALLS: dict[str, tuple[str, Shape, Shape, dict[str, Any]]] = {
    "pads": ("conv2d", (2, 5, 7, 3), (3, 2, 3, 4), {"padding": [[0, 0], [2, 0], [1, 3], [0, 0]]}),
    "same": ("conv2d", (2, 6, 9, 3), (3, 4, 3, 5), {"padding": "SAME", "strides": [1, 2, 3, 1]}),
    "groups": ("conv2d", (2, 8, 6, 6), (3, 2, 2, 9), {"padding": "VALID", "dilations": [1, 2, 3, 1]}),
    "depthwise": ("depthwise_conv2d", (2, 8, 6, 3), (3, 2, 3, 2), {"padding": "SAME"}),
    "conv1d": ("conv1d", (2, 9, 3), (4, 3, 5), {"padding": "SAME", "stride": 2}),
    "conv3d": ("conv3d", (2, 5, 6, 7, 3), (2, 3, 4, 3, 5), {"padding": "SAME", "strides": [1, 1, 2, 3, 1]}),
}
"""Operation, shapes of input and filters, and parameters."""

TRANSPOSES: dict[str, tuple[str, Shape, Shape, dict[str, Any]]] = {
    "plain": ("conv2d_transpose", (2, 4, 3, 5), (3, 2, 6, 5), {"output_shape": (2, 6, 4, 6), "padding": "VALID"}),
    "strided": (
        "conv2d_transpose",
        (2, 4, 3, 5),
        (3, 4, 6, 5),
        {"output_shape": (2, 7, 9, 6), "padding": "SAME", "strides": [1, 2, 3, 1]},
    ),
    "grouped": ("conv2d_transpose", (2, 4, 3, 6), (3, 2, 4, 6), {"output_shape": (2, 6, 4, 8), "padding": "VALID"}),
    "conv1d": ("conv1d_transpose", (2, 4, 5), (3, 6, 5), {"output_shape": (2, 9, 6), "padding": "VALID", "strides": 2}),
}
"""Likewise, of transposes."""


FORM: dict[str, Any] = {
    "strides": [1, 1, 1, 1],
    "padding": "VALID",
    "data_format": "NHWC",
    "dilations": [1, 1, 1, 1],
}
"""How tf.nn is called in two dimensions, with nothing but defaults."""


def integers(shape: Shape, dtype: str = "float32") -> Array:
    """Return whole numbers from -9 to 9 that depend on the shape alone."""
    return np.random.default_rng(shape).integers(-9, 10, shape).astype(dtype)


def assert_agrees(
    implementation: Implementation, call: tuple[str, Shape, Shape, dict[str, Any]], dtype: str = "float32"
) -> None:
    """Compare a call, with images channels last and channels first, with the reference's, for equality."""
    operation, image_shape, filter_shape, given = call
    rank = len(image_shape) - 2
    one = 1 if rank == 1 else [1] * (rank + 2)
    steps = "stride" if operation == "conv1d" else "strides"
    holes = [1] * rank if operation.startswith("depthwise") else one
    parameters = {steps: one, "dilations": holes, "data_format": "N" + "DHW"[3 - rank :] + "C"} | given
    image, filters = integers(image_shape, dtype), integers(filter_shape, dtype)
    due = getattr(reference, operation)(image.astype(float), filters.astype(float), **parameters)
    function = implementation.functions[operation]
    np.testing.assert_array_equal(function(image, filters, **parameters), due)
    first = {name: _channels_first(value, rank) for name, value in parameters.items()}
    turned = function(np.moveaxis(image, -1, 1), filters, **first)
    np.testing.assert_array_equal(np.moveaxis(turned, 1, -1), due)


def call(spec: str, operation: str, *operands: Any, **changed: Any) -> Array:
    """Return what an adapter gives for a call that differs from FORM in what is named."""
    answer: Array = load_implementation(spec).functions[operation](*operands, **FORM | changed)
    return answer


def inner_products(spec: str, channels_first: bool) -> tuple[float, float, float]:
    """Return ⟨conv(x, w), g⟩, ⟨x, dx⟩ and ⟨w, dw⟩, which are equal, of a convolution with nothing that is symmetric."""
    draw = np.random.default_rng(5).integers
    image, filters, arriving = (
        draw(-9, 9, shape).astype(np.float32) for shape in [(2, 7, 9, 6), (3, 2, 3, 4), (2, 4, 5, 4)]
    )
    pads: list[list[int]] = [[1, 2], [0, 1]]
    form = {"strides": [1, 2, 2, 1], "padding": [[0, 0], *pads, [0, 0]]}
    if channels_first:
        image, arriving = (np.ascontiguousarray(np.moveaxis(each, -1, 1)) for each in (image, arriving))
        form = {"strides": [1, 1, 2, 2], "padding": [[0, 0], [0, 0], *pads], "data_format": "NCHW"}
    output = call(spec, "conv2d", image, filters, **form)
    by_image = call(spec, "conv2d_backprop_input", image.shape, filters, out_backprop=arriving, **form)
    by_filters = call(spec, "conv2d_backprop_filter", image, filters.shape, out_backprop=arriving, **form)
    pairs = [(output, arriving), (image, by_image), (filters, by_filters)]
    whole, by_x, by_w = (float(np.vdot(one.astype(np.float64), other)) for one, other in pairs)
    return whole, by_x, by_w


def outcomes(spec: str, every: int = 30) -> dict[str, Outcome]:
    """Return what becomes of every so many-th case of the core, known deviations told."""
    return _outcomes(spec, [case for case in load_catalogue() if case.tier is Tier.CORE][::every])


def sample(spec: str, *beginnings: str) -> dict[str, Outcome]:
    """Return what becomes of the cases of the core whose ids begin so, known deviations told."""
    return _outcomes(
        spec, [case for case in load_catalogue() if case.tier is Tier.CORE and case.id.startswith(beginnings)]
    )


def _outcomes(spec: str, cases: list[Case]) -> dict[str, Outcome]:
    implementation = load_implementation(spec)
    tried = {case.id: attempt(case, implementation, search=False).result for case in cases}
    awaited = Expectations().of(spec, implementation.version)
    return {name: awaited.apply(result).outcome for name, result in tried.items()}


def _channels_first(value: Any, rank: int) -> Any:
    """Return a parameter as it is given with images channels first."""
    if isinstance(value, str):
        return value[0] + value[-1] + value[1:-1] if value.startswith("N") else value
    if isinstance(value, int) or len(value) != rank + 2:
        return value
    return [value[0], value[-1], *value[1:-1]]
