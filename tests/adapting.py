"""What tests ask of every adapter, whose framework they import before."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.case import Outcome, Tier
from conformance.catalogue import load_catalogue
from conformance.data import Array
from conformance.expectations import as_expected, shipped_expectations
from conformance.implementations import load_implementation
from conformance.runner import attempt

__all__ = ["FORM", "call", "inner_products", "outcomes"]

FORM: dict[str, Any] = {
    "strides": [1, 1, 1, 1],
    "padding": "VALID",
    "data_format": "NHWC",
    "dilations": [1, 1, 1, 1],
}
"""How tf.nn is called in two dimensions, with nothing but defaults."""


def call(spec: str, operation: str, *operands: Any, **changed: Any) -> Array:
    """Return what an adapter gives for a call that differs from FORM in what is named."""
    answer: Array = load_implementation(spec).functions[operation](*operands, **FORM | changed)
    return answer


def outcomes(spec: str, every: int = 30) -> dict[str, Outcome]:
    """Return what becomes of a sample of the core, known deviations among them."""
    implementation = load_implementation(spec)
    cases = [case for case in load_catalogue() if case.tier is Tier.CORE][::every]
    results = [as_expected(attempt(case, implementation).result, shipped_expectations()) for case in cases]
    return {each.case.id: each.outcome for each in results}


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
