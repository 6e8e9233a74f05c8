"""Coverage: the levels of a case, the pairs of a set of cases, and what of them is printed."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from cases import make_case
from conftest import Command
from rich.console import Console

from conformance.case import Case, Operation
from conformance.catalogue import load_catalogue
from conformance.coverage import FACTORS, IMPOSSIBLE, Coverage, levels, measure_coverage
from conformance.reports import print_coverage

CASES = load_catalogue()


def of(factor: str, **fields: Any) -> tuple[str, ...]:
    """Return the levels of one factor that a case with these fields has."""
    return levels(make_case(**fields))[factor]


def padded(input: tuple[int, ...], filters: tuple[int, ...], padding: Any, **fields: Any) -> tuple[str, ...]:
    return of("padding", input=(1, *input, 2), filters=(*filters, 2, 3), padding=padding, output=(1, 1, 1, 3), **fields)


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        ("VALID", ("VALID",)),
        (((0, 0), (0, 0)), ("VALID",)),
        ("SAME", ("SAME with an even total", "SAME with an odd total")),
        (((1, 1), (2, 2)), ("symmetric", "wider than the filter")),
        (((1, 1), (1, 1)), ("symmetric",)),
        (((2, 1), (1, 1)), ("asymmetric",)),
        (((1, 1), (0, 1)), ("one-sided",)),
        (((3, 0), (0, 0)), ("wider than the filter", "one-sided")),
        (((2, 0), (1, 3)), ("asymmetric", "wider than the filter", "one-sided")),
    ],
    ids=str,
)
def test_padding_of_a_filter_of_three_rows_and_two_columns(padding: Any, expected: tuple[str, ...]) -> None:
    assert padded((6, 7), (3, 2), padding) == expected


@pytest.mark.parametrize(
    ("sizes", "strides", "dilations", "parity"),
    [((6, 8), (1, 1), (1, 1), "even"), ((6, 8), (2, 2), (1, 1), "odd"), ((6, 8), (3, 3), (2, 1), "even")],
    ids=["total 2", "total 1", "total 2, dilated"],
)
def test_parity_of_same_counts_strides_and_dilations(
    sizes: tuple[int, int], strides: tuple[int, int], dilations: tuple[int, int], parity: str
) -> None:
    found = padded(sizes, (3, 1), "SAME", strides=strides, dilations=dilations)
    assert found == (f"SAME with an {parity} total",)


def test_same_that_adds_nothing_is_even() -> None:
    assert padded((6, 7), (1, 1), "SAME") == ("SAME with an even total",)


@pytest.mark.parametrize(
    ("strides", "dilations", "expected"),
    [
        ((1, 1), (1, 1), ("1",)),
        ((3, 3), (1, 1), ("3", "beyond the filter")),
        ((3, 3), (1, 3), ("3",)),
        ((4, 2), (1, 1), ("unequal", "beyond the filter")),
        ((1, 2), (1, 1), ("unequal",)),
    ],
    ids=str,
)
def test_strides_beyond_the_filter_skip_elements(
    strides: tuple[int, int], dilations: tuple[int, int], expected: tuple[str, ...]
) -> None:
    assert of("strides", strides=strides, dilations=dilations, output=(2, 1, 1, 4)) == expected


@pytest.mark.parametrize(
    ("channels", "filters", "operation", "expected"),
    [
        (6, (6, 4), "conv2d", ("1",)),
        (6, (3, 4), "conv2d", ("2",)),
        (6, (2, 6), "conv2d", ()),
        (6, (1, 6), "conv2d", ("depthwise",)),
        (6, (1, 12), "conv2d", ("multiplier > 1",)),
        (2, (1, 2), "conv2d", ("2", "depthwise")),
        (1, (1, 3), "conv2d", ("1",)),
        (6, (6, 1), "depthwise_conv2d", ("depthwise",)),
        (6, (6, 2), "depthwise_conv2d_backprop_filter", ("multiplier > 1",)),
    ],
    ids=str,
)
def test_groups(channels: int, filters: tuple[int, int], operation: str, expected: tuple[str, ...]) -> None:
    fields = {"input": (2, 6, 7, channels), "filters": (3, 2, *filters), "operation": Operation(operation)}
    assert of("groups", **fields) == expected


@pytest.mark.parametrize(
    ("filters", "dilations", "expected"),
    [
        ((1, 1), (1, 1), ("1",)),
        ((1, 3), (1, 1), ("odd", "rectangular")),
        ((4, 4), (1, 1), ("even",)),
        ((6, 3), (1, 1), ("even", "odd", "rectangular", "as large as the image")),
        ((3, 3), (1, 3), ("odd", "as large as the image")),
        ((3, 3), (3, 1), ("odd", "larger than the image")),
    ],
    ids=str,
)
def test_filters_on_an_image_of_six_rows_and_seven_columns(
    filters: tuple[int, int], dilations: tuple[int, int], expected: tuple[str, ...]
) -> None:
    assert of("filters", filters=(*filters, 5, 4), dilations=dilations, output=(2, 1, 1, 4)) == expected


def test_transpose_has_the_levels_of_the_convolution_that_it_transposes() -> None:
    case = make_case((3, 4, 5, 2), (4, 3, 17, 2), operation=Operation.CONV2D_TRANSPOSE, output=(3, 7, 7, 17))
    found = levels(case)
    assert (found["direction"], found["channels"], found["groups"]) == (("transpose",), ("many",), ("1",))
    assert found["filters"] == ("even", "odd", "rectangular")


def test_case_without_elements_counts_for_nothing() -> None:
    assert levels(make_case((0, 6, 7, 5))) == {}


def test_pairs_are_counted_by_factors() -> None:
    one = make_case()
    other = make_case((1, 6, 7, 5), dtype="float64")
    coverage = measure_coverage([one, other])
    assert coverage.count("batch", "dtype") == (2, 18)
    assert coverage.count("padding", "filters") == (3, 40)
    assert (("batch", "1"), ("dtype", "float64")) in coverage.covered
    assert (("batch", "2"), ("dtype", "float64")) in coverage.missing


def test_impossible_pairs_are_neither_covered_nor_missing() -> None:
    coverage = measure_coverage(CASES)
    assert set(IMPOSSIBLE).isdisjoint(coverage.possible)
    total = sum(coverage.count(first, second)[1] for first in FACTORS for second in FACTORS)
    assert total == len(coverage.possible)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_no_case_has_an_impossible_pair(case: Case) -> None:
    had = {(factor, level) for factor, found in levels(case).items() for level in found}
    assert [pair for pair in IMPOSSIBLE if set(pair) <= had] == []


def test_shipped_catalogue_has_every_pair() -> None:
    assert measure_coverage(CASES).missing == ()


def printed(coverage: Coverage, width: int) -> list[str]:
    console = Console(width=width, file=StringIO(), highlight=False)
    print_coverage(console, coverage)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_table_and_what_is_missing_are_printed() -> None:
    lines = printed(measure_coverage([make_case()]), 100)
    assert " ".join(lines[0].split()) == "pad stride dilat. groups filter batch chann. dtype format memory"
    assert lines[1].split() == ["strides", "1/35"]
    assert " ".join(lines[10].split()) == "direction 1/28 1/20 1/16 1/16 3/24 1/12 1/12 1/21 1/8 1/36"
    assert lines[11] == "no case has padding VALID with strides 2, 3, unequal or beyond the filter"
    assert lines[-1] == "75 of 1250 pairs covered; 6 more are impossible"


@pytest.mark.parametrize("width", [80, 120, 200])
def test_lines_fit(width: int) -> None:
    assert max(map(len, printed(measure_coverage([make_case()]), width))) <= min(width, 100)


def test_list_prints_the_coverage_of_the_cases_that_are_selected(command: Command) -> None:
    done = command("list", "--coverage", "-k", "notebook")
    assert (done.returncode, done.stderr) == (0, "")
    notebook = measure_coverage([case for case in CASES if "notebook" in case.tags])
    assert done.stdout.splitlines()[-1] == printed(notebook, 100)[-1]


def test_coverage_is_printed_alike_every_time() -> None:
    words = [sys.executable, "-m", "conformance", "list", "--coverage", "-k", "gradient"]
    outputs = {
        subprocess.run(words, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1
