"""The shipped catalogue: the notebook's cases, their literals found again tap by tap, and its spellings."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from conformance.case import Case
from conformance.catalogue import load_catalogue, shipped_catalogue
from conformance.data import make_operands
from conformance.judgement import expect
from reference import naive, windows

CASES = {case.id: case for case in load_catalogue()}

NOTEBOOK = [
    "basic",
    "padding",
    "stride",
    "padding-and-stride",
    "channel",
    "channel-and-bias",
    "multiple-filters",
    "multiple-filters-and-bias",
    "mini-batch",
    "rgb-mini-batch-padding-and-stride",
]


def plain_sums(case: Case, constant: int, padding: int) -> list[int]:
    """Return the output of a notebook case in row-major order, tap by tap, with Python's whole numbers only."""
    (batch, height, width, channels), (rows, columns, _, filters) = case.input, case.filters
    bias = [int(number) for number in case.bias] if isinstance(case.bias, tuple) else [0] * filters
    sums = []
    for n, p, q, k in product(*map(range, case.output)):
        total = bias[k]
        for r, s, c in product(range(rows), range(columns), range(channels)):
            h, w = p * case.strides[0] + r - padding, q * case.strides[1] + s - padding
            if 0 <= h < height and 0 <= w < width:
                place = ((n * height + h) * width + w) * channels + c
                total += place * (constant - (((r * columns + s) * channels + c) * filters + k))
        sums.append(total)
    assert batch == case.output[0]
    return sums


def literal(case: Case) -> Any:
    assert case.literal is not None
    return np.asarray(case.literal.values)


def test_notebook_cases_come_first() -> None:
    assert list(CASES)[:10] == NOTEBOOK


@pytest.mark.parametrize("name", NOTEBOOK)
def test_literal_equals_plain_sums(name: str) -> None:
    case = CASES[name]
    constant = int(str(case.data["filters"]).split(" - ")[0])
    padding = case.padding[0][0] if isinstance(case.padding, tuple) else 0
    assert literal(case).ravel().tolist() == plain_sums(case, constant, padding)


@pytest.mark.parametrize("name", NOTEBOOK)
@pytest.mark.parametrize("algorithm", [naive, windows], ids=["naive", "windows"])
def test_literal_equals_reference(name: str, algorithm: Any) -> None:
    case = CASES[name]
    operands = make_operands(case)
    output = algorithm.conv2d(
        operands.input, operands.filters, strides=case.strides, padding=case.padding, dilations=case.dilations
    )
    output = output if operands.bias is None else output + operands.bias
    assert np.array_equal(output.ravel(), literal(case).ravel())


@pytest.mark.parametrize(
    ("name", "total", "first", "last", "largest"),
    [
        ("mini-batch", 5887668, 20890, 224389, 224686),
        ("rgb-mini-batch-padding-and-stride", 53191680, 4466, 463628, 703558),
    ],
)
def test_literal_has_the_known_checksums(name: str, total: int, first: int, last: int, largest: int) -> None:
    values = literal(CASES[name]).ravel()
    assert (values.sum(), values[0], values[-1], values.max()) == (total, first, last, largest)


@pytest.mark.parametrize("name", NOTEBOOK)
def test_notebook_equality_is_proved(name: str) -> None:
    case = CASES[name]
    assert expect(case, make_operands(case)).exact


def test_exercise_draws_input_then_filters_from_one_stream() -> None:
    operands = make_operands(CASES["strided-exercise-three-channels"])
    stream = np.random.default_rng(123)
    assert np.array_equal(operands.input[0], stream.normal(size=(33, 33, 3)).round(2))
    assert np.array_equal(operands.filters[..., 0], stream.normal(size=(5, 5, 3)).round(2))


def test_every_spelling_is_used() -> None:
    written = YAML(typ="safe", pure=True).load(shipped_catalogue().read_text(encoding="utf-8"))
    entries = [entry for entry in written if "refuses" not in entry]
    paddings = [entry["padding"] for entry in entries if "padding" in entry]
    assert {"VALID", "SAME"} <= {padding for padding in paddings if isinstance(padding, str)}
    assert {int, list} <= set(map(type, paddings))
    assert {2, 4} <= {len(padding) for padding in paddings if isinstance(padding, list)}
    assert {int, list} == {type(entry["strides"]) for entry in entries if "strides" in entry}


def test_every_case_says_why() -> None:
    assert [case.id for case in CASES.values() if not case.why] == []
