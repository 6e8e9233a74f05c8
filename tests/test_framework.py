"""From a framework's one convolution to tf.nn's call forms, shown with a framework made of NumPy."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import reference
from conformance.case import Case, Operation, Outcome, Tier
from conformance.catalogue import load_catalogue
from conformance.data import Array
from conformance.implementations import Implementation
from conformance.implementations.framework import Framework, Geometry
from conformance.runner import attempt

CASES = load_catalogue()

CONVOLUTIONS: dict[int, Callable[..., Array]] = {1: reference.conv1d, 2: reference.conv2d, 3: reference.conv3d}
TRANSPOSES = {1: reference.conv1d_transpose, 2: reference.conv2d_transpose, 3: reference.conv3d_transpose}

OFFERED = {str(each) for each in Operation if not each.is_bias and each is not Operation.SEPARABLE_CONV2D}


class Forward(Framework):
    """Convolves, and nothing else; remembers the geometry of its last call."""

    name = "Forward"
    dtypes = frozenset({"float32", "float64"})
    seen: Geometry

    def convolve(self, image: Any, filters: Any, geometry: Geometry, bias: Any = None) -> Any:
        """Convolve by the reference, channels last or first as asked."""
        self.seen = geometry
        return CONVOLUTIONS[geometry.rank](image, filters, geometry.strides, **arguments(geometry))


class Everything(Forward):
    """Has transposes, and derivatives, which it finds out by asking for every element on its own."""

    name = "Everything"

    def transpose(self, image: Any, filters: Any, output_shape: tuple[int, ...], geometry: Geometry) -> Any:
        """Transpose by the reference."""
        return TRANSPOSES[geometry.rank](image, filters, output_shape, geometry.strides, **arguments(geometry))

    def pull_back(self, function: Callable[[Any], Any], at: Any, arriving: Any) -> Any:
        """Return the coefficients of a linear function, which are its gradient."""
        ones = (np.eye(1, at.size, index, at.dtype).reshape(at.shape) for index in range(at.size))
        return np.array([np.sum(function(one) * arriving) for one in ones], at.dtype).reshape(at.shape)


class Biased(Forward):
    """Adds a bias in the call, which is one too much, so that a test can tell that it was asked."""

    takes_bias = True

    def convolve(self, image: Any, filters: Any, geometry: Geometry, bias: Any = None) -> Any:
        """Convolve, and add the bias and 1."""
        return super().convolve(image, filters, geometry) + (0 if bias is None else bias + 1)


def arguments(geometry: Geometry) -> dict[str, Any]:
    """Return the parameters but for strides, as the reference takes them."""
    padding = ((0, 0), *geometry.pads, (0, 0))
    if geometry.channels_first:
        padding = ((0, 0), (0, 0), *geometry.pads)
    layout = {1: "NCW", 2: "NCHW", 3: "NCDHW"}[geometry.rank] if geometry.channels_first else None
    return {"padding": padding, "data_format": layout, "dilations": geometry.dilations}


def offered(framework: Framework) -> dict[str, Callable[..., Any]]:
    """Return the functions of a framework."""
    return vars(framework.namespace())


def small(operation: str) -> list[Case]:
    """Return cases of an operation whose derivatives are soon found out."""
    cases = [case for case in CASES if case.operation == operation and case.tier is Tier.CORE]
    sizes = {case.id: max(np.prod(case.input), np.prod(case.filters)) for case in cases}
    fitting = [case for case in cases if case.dtype.value in Forward.dtypes and sizes[case.id] > 50]
    return sorted(fitting, key=lambda case: sizes[case.id])[:2]


@pytest.mark.parametrize("operation", sorted(OFFERED))
def test_every_operation_passes_cases_of_the_catalogue(operation: str) -> None:
    implementation = Implementation("everything", "", offered(Everything()))
    results = [attempt(case, implementation).result for case in small(operation)]
    assert results
    assert [each.detail for each in results if each.outcome is not Outcome.PASSED] == []


def test_what_is_not_overridden_is_not_offered() -> None:
    assert offered(Everything()).keys() == OFFERED
    assert offered(Forward()).keys() == {"conv1d", "conv2d", "conv3d", "depthwise_conv2d"}


def test_ranks_say_which_convolutions_are_offered() -> None:
    framework = Forward()
    framework.ranks = (1, 3)
    assert offered(framework).keys() == {"conv1d", "conv3d"}


def test_signatures_are_those_of_tf_nn() -> None:
    functions = offered(Everything())
    assert list(inspect.signature(functions["conv1d"]).parameters)[2] == "stride"
    assert list(inspect.signature(functions["conv1d_transpose"]).parameters)[2:4] == ["output_shape", "strides"]
    assert "bias" not in inspect.signature(functions["conv2d"]).parameters
    assert "bias" in inspect.signature(offered(Biased())["conv1d"]).parameters


@pytest.mark.parametrize(("operation", "stride"), [("conv1d", "stride"), ("conv2d", "strides")])
def test_bias_goes_through_the_framework(operation: str, stride: str) -> None:
    rank = Operation(operation).rank
    image, filters = np.ones((1, *(3,) * rank, 1), np.float32), np.ones((*(3,) * rank, 1, 2), np.float32)
    form = {stride: 1, "padding": "VALID", "data_format": "NWC" if rank == 1 else "NHWC", "dilations": 1}
    output = offered(Biased())[operation](image, filters, bias=np.array([10, 20], np.float32), **form)
    assert output.ravel().tolist() == [3**rank + 11, 3**rank + 21]


def test_geometry_is_that_of_the_call() -> None:
    framework = Forward()
    image, filters = np.ones((2, 6, 7, 9), np.float32), np.ones((3, 3, 2, 12), np.float32)
    offered(framework)["conv2d"](image, filters, [1, 1, 2, 3], "SAME", "NCHW", [1, 1, 1, 1])
    assert framework.seen == Geometry((2, 3), ((1, 1), (0, 0)), (1, 1), 3, True, "SAME")
    assert (framework.seen.rank, framework.seen.is_symmetric) == (2, True)


FORM: dict[str, Any] = {
    "strides": [1, 1, 1, 1],
    "padding": "VALID",
    "data_format": "NHWC",
    "dilations": [1, 1, 1, 1],
}
IMAGE, FILTERS = np.ones((2, 7, 6, 4), np.float32), np.ones((3, 5, 4, 8), np.float32)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"padding": "SOME"}, "no asking for a padding of 'SOME' in 2 dimensions"),
        ({"padding": [[0, 0], [1, 1], [0, 0]]}, "no asking for a padding of"),
        ({"data_format": "NHCW"}, "no asking for a data_format of 'NHCW'"),
        ({"strides": [2, 1, 1, 1]}, "no asking for strides of batch and channels"),
        ({"dilations": [1, 1, 1, 2]}, "no asking for dilations of batch and channels"),
        ({"padding": [[0, 0], [1, 1], [0, 0], [0, 2]]}, "no asking for padding of batch and channels"),
    ],
)
def test_what_no_framework_can_be_asked_is_unsupported(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(NotImplementedError, match=message):
        offered(Forward())["conv2d"](IMAGE, FILTERS, **FORM | changed)


def test_depthwise_filters_of_other_channels_are_unsupported() -> None:
    with pytest.raises(NotImplementedError, match="no asking for filters of 4 on 6"):
        offered(Forward())["depthwise_conv2d"](
            np.ones((2, 7, 6, 6), np.float32), FILTERS, **FORM | {"dilations": [1, 1]}
        )


def test_dtypes_that_are_not_declared_are_unsupported() -> None:
    with pytest.raises(NotImplementedError, match="Forward convolves float32, float64, not int32"):
        offered(Forward())["conv2d"](IMAGE.astype(np.int32), FILTERS.astype(np.int32), **FORM)


@pytest.mark.parametrize("shape", [[2, 9, 10, 5], [3, 9, 10, 4]], ids=["channels", "batch"])
def test_transposes_to_other_batches_or_channels_are_unsupported(shape: list[int]) -> None:
    image = np.ones((2, 7, 6, 8), np.float32)
    with pytest.raises(NotImplementedError, match="batch and channels follow"):
        offered(Everything())["conv2d_transpose"](image, FILTERS, shape, **FORM)


@pytest.mark.parametrize("sizes", [[2, 2**31 - 1, 2**31 - 1, 4], [2**62, 2**62, 6, 4]], ids=["memory", "integers"])
def test_derivative_at_more_than_memory_holds_is_unsupported(sizes: list[int]) -> None:
    arriving = np.ones((2, 5, 2, 8), np.float32)
    with pytest.raises(NotImplementedError, match="no room for"):
        offered(Everything())["conv2d_backprop_input"](sizes, FILTERS, arriving, **FORM)


def test_wrong_answer_of_the_framework_shows() -> None:
    class Wrong(Forward):
        def convolve(self, image: Any, filters: Any, geometry: Geometry, bias: Any = None) -> Any:
            return super().convolve(image, filters, replace(geometry, dilations=(1,) * geometry.rank))

    case = next(case for case in CASES if case.id == "stride-and-dilation")
    result = attempt(case, Implementation("wrong", "", offered(Wrong()))).result
    assert (result.outcome, result.rule) == (Outcome.FAILED, "shape")
