"""PyTorch's adapter, in both orders of memory."""

from __future__ import annotations

import importlib
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from adapted import call, inner_products, outcomes

from conformance.case import Outcome
from conformance.errors import Unavailable
from conformance.implementations.adapters import ADAPTERS

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install '.[torch]'")

SPECS = ["torch", "torch-channels-last"]
IMAGE, FILTERS = np.ones((2, 7, 6, 4), np.float32), np.ones((3, 2, 4, 8), np.float32)


@pytest.mark.parametrize("spec", SPECS)
def test_sample_of_the_core_fails_as_expected_only(spec: str) -> None:
    found = outcomes(spec)
    assert {Outcome.FAILED, Outcome.ERROR}.isdisjoint(found.values()), found
    assert list(found.values()).count(Outcome.PASSED) > len(found) / 2


@pytest.mark.parametrize("channels_first", [False, True], ids=["NHWC", "NCHW"])
@pytest.mark.parametrize("spec", SPECS)
def test_gradients_are_adjoint_to_the_convolution(spec: str, channels_first: bool) -> None:
    whole, by_image, by_filters = inner_products(spec, channels_first)
    assert whole == by_image == by_filters != 0


@pytest.mark.parametrize("spec", SPECS)
def test_order_of_memory_is_that_of_the_name(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def conv2d(image: Any, filters: Any, *others: object) -> Any:
        seen.extend(each.is_contiguous(memory_format=torch.channels_last) for each in (image, filters))
        return torch.zeros(2, 8, 5, 5)

    monkeypatch.setitem(importlib.import_module(ADAPTERS[spec].module)._CONVOLUTIONS, 2, conv2d)
    call(spec, "conv2d", IMAGE, FILTERS)
    assert seen == [spec == "torch-channels-last"] * 2


def test_arrays_that_torch_cannot_borrow_are_copied() -> None:
    image = np.arange(24, dtype=np.float32).reshape(1, 4, 6, 1)[:, ::-1]
    image.flags.writeable = False
    output = call("torch", "conv2d", image, np.ones((1, 1, 1, 1), np.float32))
    assert np.array_equal(output, image)
    assert not np.shares_memory(output, image)


def test_bfloat16_passes_bit_by_bit() -> None:
    image = np.array([1.5, -3, 2.0**100], ml_dtypes.bfloat16).reshape(1, 1, 3, 1)
    output = call("torch", "conv2d", image, np.ones((1, 1, 1, 1), ml_dtypes.bfloat16))
    assert output.dtype == ml_dtypes.bfloat16
    assert output.tobytes() == image.tobytes()


def test_integers_have_no_derivatives() -> None:
    image, filters, arriving = (np.ones(shape, np.int32) for shape in [(1, 5, 5, 2), (2, 2, 2, 3), (1, 4, 4, 3)])
    with pytest.raises(NotImplementedError, match=r"derivatives of floating-point numbers only, not torch\.int32"):
        call("torch", "conv2d_backprop_filter", image, filters.shape, out_backprop=arriving)


def test_asymmetric_transpose_crops_on_the_right_side() -> None:
    image, filters = np.array([[[[1], [10]]]], np.float32), np.array([[[[1]], [[2]], [[3]]]], np.float32)
    output = call("torch", "conv2d_transpose", image, filters, [1, 1, 4, 1], strides=[1, 1, 2, 1], padding="SAME")
    assert output.ravel().tolist() == [1, 2, 13, 20]


def test_one_dimension_has_no_channels_last() -> None:
    with pytest.raises(KeyError, match="conv1d"):
        call("torch-channels-last", "conv1d", IMAGE[0], FILTERS[0])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_gpu_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="sees no GPU here"):
        importlib.import_module(ADAPTERS["torch"].module).namespace("", "gpu")
