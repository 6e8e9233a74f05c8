"""JAX's adapter."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from adapted import call, inner_products, outcomes

from conformance.case import Outcome
from conformance.errors import Unavailable
from conformance.implementations.adapters import ADAPTERS

jax = pytest.importorskip("jax", reason="JAX is not installed: pip install '.[jax]'")


def test_sample_of_the_core_passes_or_is_unsupported() -> None:
    found = outcomes("jax", every=60)
    assert set(found.values()) <= {Outcome.PASSED, Outcome.UNSUPPORTED}
    assert list(found.values()).count(Outcome.PASSED) > len(found) / 2


@pytest.mark.parametrize("channels_first", [False, True], ids=["NHWC", "NCHW"])
def test_gradients_are_adjoint_to_the_convolution(channels_first: bool) -> None:
    whole, by_image, by_filters = inner_products("jax", channels_first)
    assert whole == by_image == by_filters != 0


def test_float64_stays_float64() -> None:
    image = np.full((1, 1, 1, 1), 1 + 2.0**-40)
    output = call("jax", "conv2d", image, np.ones((1, 1, 1, 1)))
    assert (output.dtype.name, output.item()) == ("float64", 1 + 2.0**-40)


def test_int8_is_summed_in_int32() -> None:
    image, filters = np.full((1, 2, 2, 1), 127, np.int8), np.full((2, 2, 1, 1), -128, np.int8)
    output = call("jax", "conv2d", image, filters)
    assert (output.dtype.name, output.item()) == ("int32", -4 * 127 * 128)


@pytest.mark.parametrize(
    ("padding", "sizes", "expected"),
    [
        ("SAME", [1, 1, 4, 1], [1, 2, 13, 20]),
        ("SAME", [1, 1, 3, 1], [2, 13, 20]),
        ("VALID", [1, 1, 5, 1], [1, 2, 13, 20, 30]),
        ("VALID", [1, 1, 6, 1], [1, 2, 13, 20, 30, 0]),
        ([[0, 0], [0, 0], [1, 0], [0, 0]], [1, 1, 4, 1], [2, 13, 20, 30]),
    ],
    ids=["same", "same-odd", "valid", "valid-beyond", "explicit"],
)
def test_transpose_gives_the_size_that_is_asked_for(padding: object, sizes: list[int], expected: list[int]) -> None:
    image, filters = np.array([[[[1], [10]]]], np.float32), np.array([[[[1]], [[2]], [[3]]]], np.float32)
    output = call("jax", "conv2d_transpose", image, filters, sizes, strides=[1, 1, 2, 1], padding=padding)
    assert output.ravel().tolist() == expected


def test_transpose_to_another_size_is_unsupported() -> None:
    image, filters = np.ones((1, 1, 2, 1), np.float32), np.ones((1, 3, 1, 1), np.float32)
    with pytest.raises(NotImplementedError, match=r"no padding gives \(1, 1, 9, 1\)"):
        call("jax", "conv2d_transpose", image, filters, [1, 1, 9, 1], strides=[1, 1, 2, 1])


def test_transpose_in_groups_is_unsupported() -> None:
    image, filters = np.ones((1, 2, 2, 2), np.float32), np.ones((1, 1, 2, 2), np.float32)
    with pytest.raises(NotImplementedError, match="takes no groups"):
        call("jax", "conv2d_transpose", image, filters, [1, 2, 2, 4])


def test_integers_have_no_derivatives() -> None:
    filters, arriving = np.ones((2, 2, 2, 3), np.int32), np.ones((1, 4, 4, 3), np.int32)
    with pytest.raises(NotImplementedError, match="derivatives of floating-point numbers only, not int32"):
        call("jax", "conv2d_backprop_input", [1, 5, 5, 2], filters, out_backprop=arriving)


@pytest.mark.skipif(jax.default_backend() == "gpu", reason="there is a GPU")
def test_gpu_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="sees no GPU here"):
        importlib.import_module(ADAPTERS["jax"].module).namespace("", "gpu")
