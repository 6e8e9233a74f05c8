"""Weak cases: what is reported, where, and that the shipped catalogue has none that is not marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cases import make_case
from conftest import Command

from conformance.case import Case, Operation
from conformance.catalogue import load_catalogue, shipped_catalogue
from conformance.data import make_operands
from conformance.weakness import equal_sizes, find_weakness, weak_cases

SQUARE: Any = [[1, 2, 3], [2, 4, 5], [3, 5, 6]]
ROWS: Any = [[1, 2, 3], [4, 5, 6], [1, 2, 3]]


def weakness(case: Case) -> str:
    return find_weakness(case, make_operands(case))


def single(image: Any, filters: Any, **others: Any) -> Case:
    """Return a case of one channel with these numbers."""
    sizes = [(len(part), len(part[0])) for part in (image, filters)]
    return make_case((1, *sizes[0], 1), (*sizes[1], 1, 1), data={"input": image, "filters": filters}, **others)


def test_shipped_catalogue_is_free_of_weak_cases() -> None:
    assert weak_cases(load_catalogue(), shipped_catalogue()) == ([], [])


@pytest.mark.parametrize("case", [case for case in load_catalogue() if case.weak], ids=lambda case: case.id)
def test_marked_cases_are_weak(case: Case) -> None:
    assert weakness(case) or equal_sizes(case)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (make_case((2, 6, 6, 5), (3, 3, 5, 4)), "H and W are both 6"),
        (make_case((6, 7, 6, 5), (3, 2, 5, 4)), "N and W are both 6"),
        (make_case((2, 5, 7, 5), (3, 2, 5, 4)), "H and C are both 5"),
        (make_case((2, 6, 7, 4), (3, 2, 4, 4)), "I and O of the filters are both 4"),
        (make_case((3, 6, 6, 3), (3, 2, 3, 4)), "N and C are both 3, H and W are both 6"),
        (
            make_case((2, 6, 7, 3), (3, 2, 3, 3), operation=Operation.DEPTHWISE_CONV2D, output=(2, 4, 6, 9)),
            "C and M of the filters are both 3",
        ),
    ],
    ids=["square", "batch", "channels", "filters", "two-pairs", "depthwise"],
)
def test_equal_sizes_are_named(case: Case, words: str) -> None:
    assert equal_sizes(case) == f"{words}, so that swapped ones have the right shape"


@pytest.mark.parametrize(
    "case",
    [
        make_case((2, 6, 7, 5), (3, 3, 5, 4), strides=(2, 2)),
        make_case((1, 1, 7, 1), (1, 1, 1, 1)),
        make_case((0, 6, 7, 0), (3, 2, 0, 4)),
        make_case((2, 6, 7, 3), (2, 6, 3, 7)),
    ],
    ids=["square-filter", "ones", "zeros", "image-and-filter"],
)
def test_what_most_sweeps_have_is_no_warning(case: Case) -> None:
    assert equal_sizes(case) == ""


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (single([[0, 0, 0, 7]], [[1, 2]]), "2 of 3 output elements are 0"),
        (single([[1, 1, 1, 1]], [[1, 2]]), "all 3 output elements are 3"),
        (single(ROWS, [[1, 2]]), "the output stays the same when input is flipped along H"),
        (single([[1, 2, 4], [3, 9, 5]], [[7, 7]]), "the output stays the same when filters is flipped along W"),
        (single(SQUARE, [[1]]), "the output stays the same when input has H and W swapped"),
        (single([[1, 2, 4], [3, 9, 5], [8, 8, 1]], [[1, 2], [2, 4]]), "filters has H and W swapped"),
        (
            make_case((2, 2, 3, 1), (1, 1, 1, 2), data={"input": [[[[5], [1], [2]]] * 2] * 2}),
            "input is flipped along N",
        ),
        (make_case((1, 2, 3, 2), (1, 1, 2, 1), data={"filters": [[[[3], [3]]]]}), "input is flipped along C"),
        (make_case((1, 2, 3, 1), (1, 1, 1, 2), data={"filters": [[[[3, 3]]]]}), "filters is flipped along O"),
    ],
    ids=["zeros", "constant", "rows", "columns-of-filters", "square", "square-filters", "batch", "depth", "channels"],
)
def test_weak_case_is_named(case: Case, words: str) -> None:
    assert words in weakness(case)


def test_half_zeros_are_not_mostly() -> None:
    assert weakness(single([[0, 0, 7, 9, 4]], [[1, 2]])) == ""


@pytest.mark.parametrize("image", [(2, 6, 7, 5), (1, 1, 3, 1), (3, 3, 3, 3)], ids=str)
def test_default_data_are_not_weak(image: tuple[int, ...]) -> None:
    assert weakness(make_case(image, (1, 2, image[-1], 3))) == ""


def test_single_element_is_not_constant() -> None:
    assert weakness(make_case((1, 2, 3, 1), (2, 3, 1, 1))) == ""


def test_check_warns_with_line_and_case_and_exits_0(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "- {id: good, input: [4, 5], filters: [2, 3], output: [3, 3]}\n"
        "- id: ones\n  input: [1, 4]\n  filters: [1, 2]\n  output: [1, 3]\n  data: {input: [[1, 1, 1, 1]]}\n"
        "- id: meant\n  input: [1, 4]\n  filters: [1, 2]\n  output: [1, 3]\n  data: {input: [[1, 1, 1, 1]]}\n"
        "  weak: the sum of the filter is the point\n"
    )
    done = command("check", "mine.yaml")
    warning, summary = done.stdout.splitlines()
    assert warning.startswith("mine.yaml:2: case 'ones': weak: all 3 output elements are ")
    assert warning.endswith("; change data or sizes, or say why under `weak`")
    assert summary == "mine.yaml: 3 cases, no faults"
    assert done.returncode == 0


def test_check_warns_of_equal_sizes_and_weak_data_in_one_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "- {id: both, input: [4, 4], filters: [1, 2], output: [4, 3], data: {filters: [[7, 7]]}}\n"
        "- {id: meant, input: [4, 4], filters: [1, 2], output: [4, 3], weak: square tiles are the point}\n"
    )
    done = command("check", "mine.yaml")
    assert done.stdout.splitlines() == [
        "mine.yaml:1: case 'both': weak: the output stays the same when filters is flipped along W; H and W are both "
        "4, so that swapped ones have the right shape; change data or sizes, or say why under `weak`",
        "mine.yaml: 2 cases, no faults",
    ]
    assert done.returncode == 0


def test_check_refuses_numbers_that_the_dtype_does_not_hold(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "- {id: good, input: [4, 5], filters: [2, 3], output: [3, 3]}\n"
        "- {id: large, input: [4, 5], filters: [2, 3], output: [3, 3], dtype: int8, data: {input: wide}}\n"
    )
    done = command("check", "mine.yaml")
    assert done.stderr.startswith("mine.yaml:2: case 'large': data.input must be numbers from -128 to 127 for int8")
    assert done.returncode == 2
