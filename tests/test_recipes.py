"""The recipes: literal numbers, so that they stay the same everywhere, and what each of them is for."""

from __future__ import annotations

import subprocess
import sys
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from cases import make_case

from conformance.case import Case, DType, Operation
from conformance.catalogue import check_catalogue
from conformance.data import RECIPES, Array, make_operands, parse_recipe
from conformance.errors import CatalogueError
from conformance.judgement import expect

DATA = ("input", "filters", "out_backprop")

WHOLE = ["arange", "12 - arange", "integers", "wide", "sparse", "one-hot", "saturating"]

LITERALS: dict[str, tuple[list[float], list[float]]] = {
    "arange": ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [0, 1, 2, 3, 4, 5]),
    "12 - arange": ([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], [12, 11, 10, 9, 8, 7]),
    "integers": ([5, -9, 8, 9, -3, -7, -1, 4, -6, -2, -5, -4], [7, -3, -5, 5, 8, -4]),
    "wide": (
        [-2733, 2297, -3505, -3203, 3945, -2807, -2133, 2367, -3955, -2411, 2709, -3375],
        [3871, -2749, 3575, 2329, -3077, 3575],
    ),
    "one-hot": ([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0], [0, 2, 0, 1, 0, 4]),
    "saturating": (
        [-2890, -2884, -2888, -2895, -2892, -2885, -2886, 2881, -2887, -2891, 2886, -2889],
        [-2881, -2882, 2885, -2884, -2894, 2885],
    ),
    "special": ([nan, -9, -inf, 9, -0.0, -7, -1, 4, -6, -2, 2.0**-128, inf], [7, -3, nan, inf, 2.0**-128, -4]),
}

REAL = {
    "normal": (0.6323376893997192, -1.3576772212982178, 0.8995897173881531, 0.36997440457344055),
    "normal(3)": (2.040919065475464, -0.3526307940483093, -0.28128743171691895, -0.23855361342430115),
    "round(normal(3), 2)": (2.04, -0.35, -0.28, -0.24),
    "cancelling": (1.0001543760299683, 0.999668538570404, 0.8995897173881531, 0.315810889005661),
}


def numbers(recipe: str, **others: Any) -> tuple[Array, Array]:
    """Return input and filters of a small case, both by `recipe`."""
    operands = make_operands(small(recipe, **others))
    return operands.input, operands.filters


def small(recipe: str, **others: Any) -> Case:
    return make_case((2, 2, 3, 1), (2, 1, 1, 3), data={"input": recipe, "filters": recipe}, **others)


@pytest.mark.parametrize("recipe", LITERALS)
def test_literal_numbers(recipe: str) -> None:
    for got, wanted in zip(numbers(recipe), LITERALS[recipe], strict=True):
        assert np.array_equal(got.ravel(), np.array(wanted, np.float32), equal_nan=True)


@pytest.mark.parametrize("recipe", REAL)
def test_literal_real_numbers(recipe: str) -> None:
    image, filters = numbers(recipe)
    got = [image.flat[0], image.flat[-1], filters.flat[0], filters.flat[-1]]
    assert got == [np.float32(number) for number in REAL[recipe]]


def test_sparse_has_literal_numbers() -> None:
    case = make_case((1, 2, 2, 4), (2, 1, 4, 2), dtype="float16", data={"input": "sparse", "filters": "sparse"})
    operands = make_operands(case)
    assert operands.input.ravel().tolist() == [-1709, 0, 0, 0, 1897, 0, 0, 0, -1907, 0, 1685, 0, -2029, 0, -1991, 0]
    assert operands.filters.ravel().tolist() == [0, -1725, 1527, 0, 0, 0, 0, 0, 0, 0, 1643, 0, 0, 1269, 2015, 2035]


def test_int8_saturating_has_literal_numbers() -> None:
    image, filters = numbers("saturating", dtype="int8")
    assert image.ravel().tolist() == [-128, -128, -128, -127, -128, -127, 127, 126, -127, -127, 127, 126]
    assert filters.ravel().tolist() == [-127, 127, 126, -128, 127, 126]


def test_numbers_are_the_same_in_another_process() -> None:
    code = (
        "from cases import make_case; from conformance.data import make_operands\n"
        "print(make_operands(make_case(data={'input': 'normal'})).input.tobytes().hex())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="tests")
    assert done.stdout.strip() == make_operands(make_case(data={"input": "normal"})).input.tobytes().hex()


@pytest.mark.parametrize("recipe", ["integers", "wide", "sparse", "saturating", "normal", "cancelling"])
def test_numbers_depend_on_case_and_operand(recipe: str) -> None:
    case = make_case((1, 4, 4, 1), (4, 4, 1, 1), data={"input": recipe, "filters": recipe})
    operands = make_operands(case)
    other = make_operands(make_case((1, 4, 4, 1), (4, 4, 1, 1), id="other", data={"input": recipe}))
    assert not np.array_equal(operands.input.ravel(), operands.filters.ravel())
    assert not np.array_equal(operands.input, other.input)


def test_integers_repeat_none_in_a_run_of_18() -> None:
    runs = make_operands(make_case((1, 6, 3, 5), (1, 1, 5, 1))).input.reshape(5, 18)
    assert [sorted(run) for run in runs.tolist()] == [[*range(-9, 0), *range(1, 10)]] * 5
    assert len(np.unique(runs, axis=0)) == 5


@pytest.mark.parametrize("dtype", DType)
@pytest.mark.parametrize("bias", [None, "integers"])
@pytest.mark.parametrize(
    ("operation", "operand", "shapes"),
    [
        (Operation.CONV2D, "input", {"dilations": (2, 1)}),
        (Operation.CONV2D, "filters", {}),
        (Operation.DEPTHWISE_CONV2D, "input", {"filters": (30, 24, 3, 2), "input": (2, 31, 26, 3)}),
        (Operation.DEPTHWISE_CONV2D, "filters", {"filters": (30, 24, 3, 2), "input": (2, 31, 26, 3)}),
        (Operation.CONV2D_TRANSPOSE, "input", {"filters": (3, 4, 2, 96)}),
        (Operation.CONV2D_TRANSPOSE, "filters", {"filters": (3, 4, 2, 96)}),
        (Operation.CONV2D_BACKPROP_INPUT, "out_backprop", {"filters": (3, 4, 48, 192)}),
        (Operation.CONV2D_BACKPROP_INPUT, "filters", {"filters": (3, 4, 48, 192)}),
        (Operation.CONV2D_BACKPROP_FILTER, "input", {}),
        (Operation.CONV2D_BACKPROP_FILTER, "out_backprop", {}),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_sparse_sums_are_provable(
    operation: Operation, operand: str, shapes: Any, bias: str | None, dtype: str
) -> None:
    case = posed(operation, shapes, dtype, bias, {operand: "sparse"})
    operands = make_operands(case)
    drawn = getattr(operands, operand)
    assert expect(case, operands).exact
    assert np.abs(drawn).max() < 4096
    assert (drawn.astype(np.float64)[drawn != 0] % 2 == 1).all()


def posed(operation: Operation, shapes: Any, dtype: str, bias: str | None, data: dict[str, str]) -> Case:
    """Return a case of any two-dimensional operation, from the convolution that it belongs to."""
    forward = operation.kind == "forward"
    image = shapes.get("input", (2, 12, 13, 96))
    filters = shapes.get("filters", (3, 4, 48, 6))
    convolution = make_case(image, filters, dilations=shapes.get("dilations", (1, 1)))
    channels = image[-1] * filters[-1] if operation.is_depthwise else filters[-1]
    arriving = (*convolution.output[:-1], channels)
    output = {
        "forward": arriving,
        "transpose": (2, 14, 16, filters[-2]),
        "input gradient": image,
        "filter gradient": filters,
    }[operation.kind]
    others = {} if forward or operation.kind == "transpose" else {"out_backprop": arriving}
    return make_case(
        image,
        filters,
        operation=operation,
        output=output,
        dtype=dtype,
        bias=bias if forward else None,
        data=data,
        dilations=convolution.dilations,
        **others,
    )


@pytest.mark.parametrize("dtype", DType)
def test_saturating_sums_are_provable_and_large(dtype: str) -> None:
    case = make_case(dtype=dtype, data={"input": "saturating", "filters": "saturating"})
    found = expect(case, make_operands(case))
    assert found.exact
    if dtype in ("float32", "float64", "int32"):
        assert found.magnitude.max() > 0.9 * 2 ** {"float32": 24, "float64": 53, "int32": 31}[dtype]


def test_wide_numbers_leave_sparse_behind_where_sums_are_short() -> None:
    assert (make_operands(make_case(data={"input": "sparse"})).input != 0).all()


def test_one_hot_filters_copy_the_input() -> None:
    case = make_case((1, 4, 5, 2), (3, 2, 2, 4), data={"input": "500 - arange", "filters": "one-hot"})
    operands = make_operands(case)
    output = expect(case, operands).value
    taps = [np.unravel_index(np.argmax(operands.filters[..., k]), (3, 2, 2)) for k in range(4)]
    assert len(set(map(tuple, taps))) == 4
    for k, (r, s, c) in enumerate(taps):
        assert np.array_equal(output[0, ..., k], 2**k * operands.input[0, r : r + 2, s : s + 4, c])


def test_one_hot_input_holds_one_number_an_image() -> None:
    image = make_operands(make_case((3, 5, 4, 2), (1, 1, 2, 1), data={"input": "one-hot"})).input
    assert [(where.tolist(), image[tuple(where)]) for where in np.argwhere(image)] == [
        ([0, 2, 2, 0], 1),
        ([1, 2, 2, 1], 2),
        ([2, 2, 2, 0], 4),
    ]


@pytest.mark.parametrize(("dtype", "lost"), [("float32", 2.0**-9), ("float64", 2.0**-20)])
def test_cancelling_sums_are_far_smaller_than_their_terms(dtype: str, lost: float) -> None:
    case = make_case((2, 6, 7, 5), (3, 2, 5, 4), dtype=dtype, data={"input": "cancelling", "filters": "cancelling"})
    found = expect(case, make_operands(case))
    assert np.abs(found.value).max() < lost * found.magnitude.min()


def test_normal_has_mean_0_and_variance_1() -> None:
    draws = make_operands(make_case((4, 50, 50, 2), (1, 1, 2, 1), dtype="float64", data={"input": "normal"})).input
    assert abs(draws.mean()) < 4 / draws.size**0.5
    assert abs(draws.var() - 1) < 4 * (2 / draws.size) ** 0.5


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_special_numbers_are_few_and_of_every_kind(dtype: str) -> None:
    drawn = make_operands(make_case((2, 5, 6, 3), (3, 2, 3, 6), dtype=dtype, data={"input": "special"})).input
    values = drawn.astype(np.float64)
    assert (np.isnan(values).sum(), np.isposinf(values).sum(), np.isneginf(values).sum()) == (1, 1, 1)
    assert np.count_nonzero((values == 0) & np.signbit(values)) == 1
    assert np.count_nonzero((values != 0) & (np.abs(values) < 2.0**-14)) == 1
    assert np.count_nonzero(np.isfinite(values) & (np.abs(values) >= 1)) == values.size - 5


def test_special_numbers_reach_few_outputs() -> None:
    case = make_case((3, 6, 7, 2), (2, 2, 2, 4), data={"input": "special"})
    output = expect(case, make_operands(case)).value
    assert np.isnan(output[0, 0, 0]).all()
    assert np.isinf(output[-1, -1, -1]).all()
    assert np.isfinite(output).mean() > 0.9


@pytest.mark.parametrize("dtype", ["int32", "int8"])
@pytest.mark.parametrize("recipe", [name for name in RECIPES if name not in WHOLE and "N -" not in name])
def test_integers_take_no_real_recipe(recipe: str, dtype: str, tmp_path: Any) -> None:
    named = recipe.replace("SEED", "3").replace("DECIMALS", "2")
    file = tmp_path / "cases.yaml"
    file.write_text(
        f"- {{id: x, input: [4, 4], filters: [3, 3], output: [2, 2], dtype: {dtype}, data: {{input: '{named}'}}}}"
    )
    (fault,) = check_catalogue([file])[1]
    assert fault.text.startswith(f"data.input must be whole numbers for {dtype}, but '{named}' gives others")


def test_numbers_beyond_int8_are_refused_with_their_range() -> None:
    with pytest.raises(
        CatalogueError, match=r"data.input must be numbers from -128 to 127 for int8, but is from 0 to 419"
    ):
        make_operands(make_case(dtype="int8", data={"input": "arange"}))


@pytest.mark.parametrize("recipe", RECIPES)
def test_listed_recipes_are_known(recipe: str) -> None:
    named = recipe.replace("N -", "9 -").replace("SEED", "3").replace("DECIMALS", "2")
    assert parse_recipe(named).whole is (named.replace("9 -", "12 -") in WHOLE)


@pytest.mark.parametrize("recipe", [*WHOLE, "normal", "cancelling", "special"])
@pytest.mark.parametrize("empty", ["batch", "channels", "filters"])
def test_recipes_fill_operands_without_elements(recipe: str, empty: str) -> None:
    shapes = {"batch": ((0, 6, 7, 5), (3, 2, 5, 4)), "channels": ((2, 6, 7, 0), (3, 2, 0, 4))}
    image, filters = shapes.get(empty, ((2, 6, 7, 5), (3, 2, 5, 0)))
    for operation in (Operation.CONV2D, Operation.CONV2D_BACKPROP_INPUT, Operation.CONV2D_BACKPROP_FILTER):
        arriving = (image[0], 4, 6, filters[-1])
        case = make_case(image, filters, operation=operation, out_backprop=arriving, data=dict.fromkeys(DATA, recipe))
        given = make_operands(case)
        assert (given.input.shape, given.filters.shape) == (image, filters)
