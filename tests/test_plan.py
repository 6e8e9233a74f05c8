"""Which cases are run: matrices of any size, shards that share them out, slow cases first."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import Catalogue, read_catalogue
from conformance.errors import CatalogueError, UsageError
from conformance.plan import Plan, Shard

LARGE: dict[str, list[Any]] = {
    "input": [[1, height, width, 2] for height in (4, 5) for width in range(4, 14)],
    "filters": [[height, width, 2, 3] for height in (1, 2) for width in (1, 2)],
    "strides": [1, 2, [1, 2], [2, 1]],
    "padding": ["VALID", "SAME", 1, [[0, 1], [1, 0]]],
    "dtype": ["float32", "float64", "int32", "float16"],
}
"""5,120 cases."""


def written(folder: Path, text: str) -> Path:
    path = folder / "cases.yaml"
    path.write_text(text)
    return path


def small(folder: Path, count: int) -> Catalogue:
    lines = [f"- {{id: case-{number}, input: [4, 5], filters: [2, 3], output: [3, 3]}}\n" for number in range(count)]
    return read_catalogue([written(folder, "".join(lines))])


def ids(plan: Plan) -> list[str]:
    return [case.id for case in plan.cases()]


def test_large_matrix_stands_for_the_cases_of_a_small_one(tmp_path: Path) -> None:
    catalogue = read_catalogue([written(tmp_path, f"- {{id: x, matrix: {LARGE}}}")])
    assert (len(catalogue), catalogue.unbuilt) == (5120, 5120)
    cases = list(catalogue.cases())
    assert [case.place for case in cases] == list(range(5120))
    assert len({case.id for case in cases}) == 5120
    part = LARGE | {"input": LARGE["input"][:1]}
    (tmp_path / "part").mkdir()
    built = read_catalogue([written(tmp_path / "part", f"- {{id: x, matrix: {part}}}")])
    assert built.unbuilt == 0
    same = [case.id for case in cases if case.input == (1, 4, 4, 2)]
    assert same == [case.id for case in built.cases()]


def test_no_case_of_a_large_matrix_is_built_before_it_is_wanted(tmp_path: Path) -> None:
    huge = LARGE | {"tags": [[f"round-{number}"] for number in range(500)]}
    catalogue = read_catalogue([written(tmp_path, f"- {{id: x, matrix: {huge}}}")])
    assert len(catalogue) == 2_560_000
    assert [case.place for case in islice(catalogue.cases(), 3)] == [0, 1, 2]


def test_excluded_cases_of_a_large_matrix_are_not_there(tmp_path: Path) -> None:
    text = f"- {{id: x, matrix: {LARGE}, exclude: [{{strides: 2, padding: SAME}}, {{dtype: int32}}]}}"
    catalogue = read_catalogue([written(tmp_path, text)])
    assert len(catalogue) == 5120 * 3 // 4 - 20 * 4 * 3
    assert len(list(catalogue.cases())) == len(catalogue)
    assert not any(case.dtype == "int32" for case in catalogue.cases())


def test_value_of_a_large_matrix_is_checked_before_anything_is_run(tmp_path: Path) -> None:
    matrix = LARGE | {"dtype": ["float32", "float65", "int32", "float16"]}
    with pytest.raises(CatalogueError, match=r"cases.yaml:1: case 'x\..*float65': dtype must be"):
        read_catalogue([written(tmp_path, f"- {{id: x, matrix: {matrix}}}")])


def test_fault_that_two_values_have_together_is_named_when_the_case_is_built(tmp_path: Path) -> None:
    matrix = LARGE | {"input": [*LARGE["input"], [1, 6, 6, 3]], "filters": [*LARGE["filters"], [2, 2, 2, 4]]}
    catalogue = read_catalogue([written(tmp_path, f"- {{id: x, matrix: {LARGE}}}")])
    assert list(catalogue.cases())
    (tmp_path / "faulty").mkdir()
    with pytest.raises(CatalogueError, match=r"cases.yaml:1: case 'x\.input-1x6x6x3"):
        list(read_catalogue([written(tmp_path / "faulty", f"- {{id: x, matrix: {matrix}}}")]).cases())


@pytest.mark.parametrize(
    "other",
    [
        "- {id: x.input-1x4x4x2.filter-1x1x2x3.stride-1.valid.float32, input: [4, 4], filters: [2, 2], output: [3, 3]}",
        f"- {{id: x, matrix: {LARGE}}}",
        f"- {{id: x.input-1x4x4x2, matrix: {LARGE}}}",
    ],
    ids=["case", "same-matrix", "matrix-that-may-meet"],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_id_of_a_large_matrix_is_nobody_elses(tmp_path: Path, other: str, is_first: bool) -> None:
    entries = [f"- {{id: x, matrix: {LARGE}}}", other]
    text = "\n".join(entries if is_first else reversed(entries))
    with pytest.raises(CatalogueError, match=r"cases.yaml:2: case 'x.*': id must be unique, but is taken by .*yaml:1"):
        read_catalogue([written(tmp_path, text)])


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shards_are_disjoint_and_complete(tmp_path: Path, count: int) -> None:
    catalogue = small(tmp_path, 200)
    parts = [ids(Plan(catalogue, shard=Shard(number, count))) for number in range(1, count + 1)]
    assert sorted(name for part in parts for name in part) == sorted(ids(Plan(catalogue)))
    assert min(map(len, parts)) > 200 / count / 2
    assert [Plan(catalogue, shard=Shard(number, count)).count for number in range(1, count + 1)] == list(
        map(len, parts)
    )


def test_case_that_is_added_moves_no_other_to_another_shard(tmp_path: Path) -> None:
    before = ids(Plan(small(tmp_path, 100), shard=Shard(2, 3)))
    after = ids(Plan(small(tmp_path, 130), shard=Shard(2, 3)))
    assert [name for name in after if int(name.removeprefix("case-")) < 100] == before


def test_shards_share_slow_cases_by_their_times(tmp_path: Path) -> None:
    catalogue = small(tmp_path, 50)
    times = {"case-3": 9.0, "case-5": 5.0, "case-7": 4.0, "case-20": 1.0, "case-gone": 100.0}
    plans = [Plan(catalogue, shard=Shard(number, 2), times=times) for number in (1, 2)]
    assert [[draft.id for draft in plan.slow] for plan in plans] == [["case-3", "case-20"], ["case-5", "case-7"]]
    assert sorted(ids(plans[0]) + ids(plans[1])) == sorted(ids(Plan(catalogue)))


def test_slow_cases_come_first_and_the_others_in_their_order(tmp_path: Path) -> None:
    plan = Plan(small(tmp_path, 6), times={"case-2": 1.0, "case-4": 3.0})
    assert ids(plan) == ["case-4", "case-2", "case-0", "case-1", "case-3", "case-5"]
    done = {0, 2, 5}
    assert [case.place for case in plan.cases(done.__contains__)] == [4, 1, 3]
    assert [case.place for case in plan.done(done.__contains__)] == [0, 2, 5]


@pytest.mark.parametrize("text", ["", "0/3", "4/3", "1/0", "a/b", "1", "-1/2", "1/2/3", "1 / 2"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--shard must be a number from 1, of how many, such as 2/5, but is"):
        Shard.parse(text)
