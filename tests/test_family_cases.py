"""Cases of separable convolutions, biases and gradients of transposes: what must come out, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogues import faults

from conformance.case import Case, Outcome
from conformance.catalogue import load_catalogue
from conformance.data import Array, make_operands
from conformance.errors import CatalogueError
from conformance.implementations import Implementation
from conformance.judgement import expect
from conformance.runner import attempt

SEPARABLE = {
    "id": "x",
    "operation": "separable_conv2d",
    "input": "[1, 2, 2, 2]",
    "filters": "[2, 1, 2, 2]",
    "pointwise": "[1, 1, 4, 3]",
    "output": "[1, 1, 2, 3]",
}
BIAS = {"id": "x", "operation": "bias_add", "input": "[2, 1, 2, 3]", "bias": "[10, 20, 30]", "output": "[2, 1, 2, 3]"}
GRADIENT = {"id": "x", "operation": "bias_add_grad", "input": "[2, 1, 2, 3]", "output": "[3]"}
TRANSPOSE = {
    "id": "x",
    "operation": "conv2d_transpose_backprop_input",
    "input": "[2, 5, 4, 3]",
    "filters": "[4, 2, 6, 3]",
    "out_backprop": "[2, 8, 5, 6]",
    "output": "[2, 5, 4, 3]",
}


def entry(keys: dict[str, str], **changes: str) -> str:
    """Return an entry of `keys`, some of them changed; an empty value drops the key."""
    lines = [f"{key}: {value}" for key, value in (keys | changes).items() if value]
    return "- " + "\n  ".join(lines) + "\n"


def loaded(tmp_path: Path, keys: dict[str, str], **changes: str) -> Case:
    (tmp_path / "mine.yaml").write_text(entry(keys, **changes))
    (case,) = load_catalogue([tmp_path / "mine.yaml"])
    return case


def right(case: Case) -> Array:
    return expect(case, make_operands(case)).value


def given(case: Case) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what an implementation that takes everything is called with."""
    calls = []

    def record(*operands: Any, **keywords: Any) -> Any:
        calls.append((operands, keywords))
        raise NotImplementedError

    attempt(case, Implementation("recorder", "", {case.operation: record}))
    return calls[0]


def test_separable_by_hand(tmp_path: Path) -> None:
    """Channel 0 is [[1, 2], [3, 4]] and channel 1 is [[5, 6], [7, 8]]; taps of 1 and 10, filters of 1 and 100."""
    data = (
        "{input: [[[[1, 5], [2, 6]], [[3, 7], [4, 8]]]],"
        " filters: [[[[1, 0], [0, 100]]], [[[10, 0], [0, 1]]]],"
        " pointwise: [[[[1, 0, 1], [0, 0, 0], [0, 0, 0], [0, 1, 2]]]]}"
    )
    case = loaded(tmp_path, SEPARABLE, data=data)
    assert right(case).tolist() == [[[[31, 507, 1045], [42, 608, 1258]]]]
    assert expect(case, make_operands(case)).magnitude.tolist() == [[[[31, 507, 1045], [42, 608, 1258]]]]


def test_separable_takes_three_arrays_by_place(tmp_path: Path) -> None:
    operands, keywords = given(loaded(tmp_path, SEPARABLE))
    assert [operand.shape for operand in operands] == [(1, 2, 2, 2), (2, 1, 2, 2), (1, 1, 4, 3)]
    assert (keywords["strides"], keywords["dilations"]) == ([1, 1, 1, 1], [1, 1])


def test_separable_proof_holds_for_whoever_multiplies_the_filters_first(tmp_path: Path) -> None:
    """Terms that cancel between the steps count: 4095·2 - 4095·2 is 0, but what is 0 may be summed in another order."""
    data = "{input: [[[[4095, 1], [4095, 1]], [[4095, 1], [4095, 1]]]], filters: FILTERS, pointwise: wide}"
    filters = "[[[[2, 1], [1, 1]]], [[[-2, 1], [1, 1]]]]"
    case = {"data": data.replace("FILTERS", filters)}
    (message,) = faults(tmp_path, entry(SEPARABLE, **case))
    assert message.startswith(
        "cases.yaml:1: case 'x': its sums must be whole numbers that float32 holds, but go up to "
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"data": "{input: normal}"},
            "its data must be whole numbers, as the image between its two steps may be rounded",
        ),
        ({"data": "{pointwise: special}"}, "its data must be whole numbers"),
        (
            {"dtype": "bfloat16", "data": "{input: [[[[99, 99], [99, 99]], [[99, 99], [99, 99]]]]}"},
            "that bfloat16 holds",
        ),
        ({"dtype": "int32", "data": "{input: 99999999 - arange}"}, "its sums leave int32"),
    ],
    ids=["real", "special", "between-the-steps", "integers"],
)
def test_separable_without_a_proof_is_refused(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    (message,) = faults(tmp_path, entry(SEPARABLE, **changes))
    assert message.startswith("cases.yaml:1: case 'x': ")
    assert words in message


def test_expected_values_of_an_unprovable_case_do_not_exist(tmp_path: Path) -> None:
    case = loaded(tmp_path, SEPARABLE)
    operands = make_operands(case)
    operands.input[...] = 0.5
    with pytest.raises(CatalogueError, match="must be whole numbers"):
        expect(case, operands)


def test_bias_by_hand(tmp_path: Path) -> None:
    case = loaded(tmp_path, BIAS, data="{input: arange}")
    assert right(case).tolist() == [
        [[[10, 21, 32], [13, 24, 35]]],
        [[[16, 27, 38], [19, 30, 41]]],
    ]
    operands, keywords = given(case)
    assert ([operand.shape for operand in operands], keywords) == ([(2, 1, 2, 3), (3,)], {"data_format": "NHWC"})


def test_bias_gradient_by_hand(tmp_path: Path) -> None:
    case = loaded(tmp_path, GRADIENT, data="{out_backprop: arange}")
    assert right(case).tolist() == [18, 22, 26]
    operands, keywords = given(case)
    assert ([operand.shape for operand in operands], keywords) == ([(2, 1, 2, 3)], {"data_format": "NHWC"})


def test_bias_is_added_once(tmp_path: Path) -> None:
    case = loaded(tmp_path, BIAS)
    adding = Implementation("mine", "", {"bias_add": lambda value, bias: value + bias})
    assert attempt(case, adding).result.outcome is Outcome.PASSED
    lazy = Implementation("mine", "", {"bias_add": lambda value, bias: value.copy()})
    assert attempt(case, lazy).result.outcome is Outcome.FAILED


def test_function_of_too_few_arguments_is_an_error(tmp_path: Path) -> None:
    narrow = Implementation("mine", "", {"bias_add": lambda value: value})
    result = attempt(loaded(tmp_path, BIAS), narrow).result
    assert result.outcome is Outcome.ERROR
    assert "must take value and bias as its first two arguments, but its signature is (value)" in result.detail


def test_gradient_of_a_transpose_gets_the_shape_asked_for(tmp_path: Path) -> None:
    (sizes, filters), keywords = given(loaded(tmp_path, TRANSPOSE))
    assert (sizes, filters.shape, keywords["out_backprop"].shape) == ([2, 5, 4, 3], (4, 2, 6, 3), (2, 8, 5, 6))
    other = TRANSPOSE | {"operation": "conv2d_transpose_backprop_filter", "output": "[4, 2, 6, 3]"}
    (image, sizes), _ = given(loaded(tmp_path, other))
    assert (image.shape, sizes) == ((2, 5, 4, 3), [4, 2, 6, 3])


def test_gradient_of_a_transpose_is_its_adjoint(tmp_path: Path) -> None:
    """⟨transpose(x, w), g⟩ = ⟨x, dx⟩ = ⟨w, dw⟩, in whole numbers, each by its own case of the same data."""
    by_input = loaded(tmp_path, TRANSPOSE)
    by_filter = loaded(
        tmp_path, TRANSPOSE | {"operation": "conv2d_transpose_backprop_filter", "output": "[4, 2, 6, 3]"}
    )
    plain = {key: value for key, value in TRANSPOSE.items() if key != "out_backprop"}
    forward = loaded(tmp_path, plain | {"operation": "conv2d_transpose", "output": "[2, 8, 5, 6]"})
    x, w = make_operands(forward).input, make_operands(forward).filters
    g = make_operands(by_input).out_backprop
    assert g is not None
    product = np.vdot(right(forward), g)
    assert product == np.vdot(x, right(by_input)) == np.vdot(w, right(by_filter)) != 0


FAULTS = {
    "pointwise-missing": (
        entry(SEPARABLE, pointwise=""),
        "cases.yaml:1: case 'x': pointwise is missing; it must be the sizes [1, 1, C·M, O] of the filters that mix the "
        "channels of a separable convolution",
    ),
    "pointwise-of-others": (
        entry(SEPARABLE, pointwise="[1, 1, 3, 3]"),
        "cases.yaml:5: case 'x': pointwise must be [1, 1, 4, O] (filters give 2 channels times 2), but is [1, 1, 3, 3]",
    ),
    "pointwise-of-conv2d": (
        entry(SEPARABLE, operation="conv2d", filters="[2, 1, 2, 3]"),
        "cases.yaml:5: case 'x': pointwise must be absent, as conv2d has none, but is [1, 1, 4, 3]",
    ),
    "separable-output": (
        entry(SEPARABLE, output="[1, 1, 2, 4]"),
        "cases.yaml:6: case 'x': output must be [1, 1, 2, 3], but is [1, 1, 2, 4] (floor((2 + 0 + 0 - 2) / 1) + 1 = 1 "
        "high; floor((2 + 0 + 0 - 1) / 1) + 1 = 2 wide)",
    ),
    "filters-missing": (
        "- {id: x, input: [4, 4], output: [2, 2]}",
        "cases.yaml:1: case 'x': filters is missing; it must be sizes, each 0 or more: [H, W], [H, W, I] or [H, W, I, "
        "O] for two dimensions, likewise for others",
    ),
    "bias-missing": (
        entry(BIAS, bias=""),
        "cases.yaml:1: case 'x': bias is missing; it must be a list of a number per output channel, or a recipe",
    ),
    "bias-of-another-length": (
        entry(BIAS, bias="[1, 2]"),
        "cases.yaml:4: case 'x': bias must be of shape [3], but is of shape [2]",
    ),
    "bias-with-strides": (
        entry(BIAS, strides="2"),
        "cases.yaml:6: case 'x': strides must be absent, as bias_add has none, but is 2",
    ),
    "bias-output": (
        entry(BIAS, output="[3]"),
        "cases.yaml:5: case 'x': output must be [2, 1, 2, 3], but is [3]",
    ),
    "bias-gradient-output": (
        entry(GRADIENT, output="[2, 1, 2, 3]"),
        "cases.yaml:4: case 'x': output must be [3], but is [2, 1, 2, 3]",
    ),
    "transpose-gradient-without-what-arrives": (
        entry(TRANSPOSE, out_backprop=""),
        "cases.yaml:1: case 'x': out_backprop is missing; it must be the sizes [N, H, W, O] of what arrives at the "
        "output of a transpose, for its gradient",
    ),
    "transpose-gradient-of-another-shape": (
        entry(TRANSPOSE, out_backprop="[2, 9, 5, 6]"),
        "cases.yaml:5: case 'x': out_backprop must be one whose convolution is the input's [2, 5, 4], but is [2, 9, 5, "
        "6], whose is [2, 6, 4] (floor((9 + 0 + 0 - 4) / 1) + 1 = 6 high; floor((5 + 0 + 0 - 2) / 1) + 1 = 4 wide)",
    ),
    "what-arrives-at-a-convolution": (
        "- {id: x, input: [4, 4], filters: [3, 3], out_backprop: [2, 2], output: [2, 2]}",
        "cases.yaml:1: case 'x': out_backprop must be absent, as conv2d has none, but is [2, 2]",
    ),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_entry_fault(tmp_path: Path, text: str, message: str) -> None:
    assert message in faults(tmp_path, text)
