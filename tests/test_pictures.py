"""What is kept of the arrays of a failing case."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cases import make_case
from runs import SHOWN, attempt_of, record, right_answer, run_of

from conformance.case import Case, DType, Kind, Operation, Outcome, numpy_dtype
from conformance.catalogue import load_catalogue
from conformance.choices import Accuracy
from conformance.reports import Pictures, picture_of, read_run, write_json
from conformance.shown import Plane, Shown, Window

CASES = load_catalogue()

EDGE = 48


def wrong_at(case: Case, place: tuple[int, ...], error: float = 1.0) -> Shown:
    """Return the picture of the right answer with an error at one place."""
    answer = right_answer(case)
    answer[place] += error
    shown = picture_of(attempt_of(case, answer.astype(numpy_dtype(case.out_dtype))))
    assert shown is not None
    return shown


def plane(shown: Shown, role: str) -> Plane:
    (found,) = (each for each in shown.planes if each.role == role)
    return found


def window_of(plane: Plane) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the numbers in a plane's window, 0 beyond the plane."""
    window, rows = plane.window, np.asarray(plane.rows)
    assert window is not None
    found = np.zeros((-(-window.height // window.down), -(-window.width // window.right)))
    for place in np.ndindex(found.shape):
        row, column = window.row + place[0] * window.down, window.column + place[1] * window.right
        if 0 <= row < rows.shape[0] and 0 <= column < rows.shape[1]:
            found[place] = rows[row, column]
    return found


def test_planes_go_through_the_worst_element() -> None:
    case = make_case()
    shown = wrong_at(case, (1, 2, 3, 1), error=7.0)
    assert shown.worst == (1, 2, 3, 1)
    assert {each.role: each.place for each in shown.planes} == {
        "input": "[1, :, :, 0]",
        "filters": "[:, :, 0, 1]",
        "got": "[1, :, :, 1]",
        "expected": "[1, :, :, 1]",
        "difference": "[1, :, :, 1]",
    }
    assert plane(shown, "input").window == Window(row=2, column=3, height=3, width=2)
    assert plane(shown, "difference").window == Window(row=2, column=3)
    expected = np.zeros((4, 6))
    expected[2, 3] = 7
    np.testing.assert_array_equal(plane(shown, "difference").rows, expected)


ONE_CHANNEL = [
    case
    for case in CASES
    if case.operation in (Operation.CONV1D, Operation.CONV2D, Operation.DEPTHWISE_CONV2D)
    and not case.refuses
    and case.bias is None
    and (case.operation.is_depthwise or case.filters[-2] == 1)
    and 0 not in case.output + case.filters
    and not {"special", "cancelling"} & set(case.tags)
    and case.dtype in (DType.FLOAT32, DType.FLOAT64, DType.INT32)
]


@pytest.mark.parametrize("case", ONE_CHANNEL, ids=lambda case: case.id)
def test_window_times_filter_gives_the_right_number(case: Case) -> None:
    """So the window stands where it must: whatever padding, strides, dilations and groups there are."""
    place = tuple(size // 2 for size in case.output)
    shown = wrong_at(case, place, error=2.0**20)
    image, filters = plane(shown, "input"), plane(shown, "filters")
    assert filters.size == np.asarray(filters.rows).shape
    total = np.sum(window_of(image) * np.asarray(filters.rows))
    assert total == pytest.approx(right_answer(case)[place], rel=1e-5, abs=1e-5)


def test_enough_cases_have_one_channel() -> None:
    assert len(ONE_CHANNEL) > 30
    assert any(max(case.dilations) > 1 for case in ONE_CHANNEL)
    assert any(case.padding == "SAME" for case in ONE_CHANNEL)
    assert any(len(case.filters) > 1 and case.input[-1] > case.filters[-2] for case in ONE_CHANNEL)


@pytest.mark.parametrize("operation", Operation, ids=str)
def test_every_wrong_answer_of_the_catalogue_has_a_small_picture(operation: Operation) -> None:
    cases = [case for case in CASES if case.operation is operation and not case.refuses]
    assert cases
    for case in cases:
        right = right_answer(case)
        wrong = (right + 1).astype(numpy_dtype(case.out_dtype))
        shown = picture_of(attempt_of(case, wrong))
        if np.array_equal(wrong.astype(np.float64), right, equal_nan=True):  # 2^30 + 1 is 2^30
            assert shown is None
            continue
        assert shown is not None, case.id
        assert {"got", "expected", "difference"} < {each.role for each in shown.planes} | {""}
        for each in shown.planes:
            assert 0 < len(each.rows) <= EDGE and 0 < len(each.rows[0]) <= EDGE
        assert len(shown.wrong) <= 16 and max(map(len, shown.wrong)) <= 32
        assert sum(bar.count for bar in shown.histogram.bars) == right.size
        outputs = [np.asarray(plane(shown, role).rows) for role in ("got", "expected")]
        window = plane(shown, "got").window
        assert window is not None
        assert outputs[0][window.row, window.column] != outputs[1][window.row, window.column]
        if case.operation.kind is Kind.FORWARD and 0 not in case.input:
            assert plane(shown, "input").window is not None


def test_large_plane_is_cropped_round_the_window() -> None:
    case = make_case(input=(1, 90, 120, 1), filters=(3, 5, 1, 1))
    shown = wrong_at(case, (0, 80, 60, 0), error=2.0**20)
    image = plane(shown, "input")
    assert (len(image.rows), len(image.rows[0]), image.size) == (EDGE, EDGE, (90, 120))
    assert image.window is not None
    assert (image.row + image.window.row, image.column + image.window.column) == (80, 60)
    assert 0 <= image.window.row <= EDGE - 3 and 0 <= image.window.column <= EDGE - 5
    assert len(shown.wrong) <= 16
    assert sum(row.count("■") for row in shown.wrong) == 1


@pytest.mark.parametrize(
    "answer",
    [np.zeros((2, 4, 6, 3), np.float32), np.zeros((2, 4, 6, 4), np.float64), np.zeros((), np.float32)],
    ids=["shape", "dtype", "scalar"],
)
def test_no_picture_of_what_cannot_be_compared(answer: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    assert picture_of(attempt_of(make_case(), answer)) is None


def test_no_picture_where_all_numbers_are_right() -> None:
    case = make_case()
    assert picture_of(attempt_of(case, right_answer(case).astype(np.float32))) is None


def test_no_picture_of_numbers_that_keep_their_bound_where_another_rule_is_broken() -> None:
    case = make_case(data={"input": "normal", "filters": "normal"})
    answer = np.nextafter(right_answer(case).astype(np.float32), np.float32(1))
    assert picture_of(attempt_of(case, answer, rule="memory")) is None
    shown = picture_of(attempt_of(case, answer, rule="bound"))  # as all of them together may break it
    assert shown is not None
    assert set("".join(shown.wrong)) == {"·"}


def test_histogram_of_an_exact_case_counts_errors() -> None:
    case = make_case()
    answer = right_answer(case)
    answer[0, 0, 0, :3] += (1, 5, 300)
    shown = picture_of(attempt_of(case, answer.astype(np.float32)))
    assert shown is not None
    told = [(bar.label, bar.count, bar.allowed) for bar in shown.histogram.bars]
    assert told == [("0", 189, True), ("≤ 1", 1, False), ("≤ 10", 1, False), ("≤ 100", 0, False), ("≤ 1000", 1, False)]
    assert shown.histogram.unit == "1"


def test_histogram_of_a_bounded_case_counts_in_units_of_the_bound() -> None:
    case = make_case(data={"input": "normal", "filters": "normal"})
    answer = right_answer(case)
    answer[1, 0, 0, 0] *= 1.01
    shown = picture_of(attempt_of(case, answer.astype(np.float32)))
    assert shown is not None
    assert shown.histogram.unit == "the bound"
    assert sum(bar.count for bar in shown.histogram.bars if not bar.allowed) == 1
    assert next(bar for bar in shown.histogram.bars if bar.label == "≤ 1").allowed
    assert sum(row.count("■") for row in shown.wrong) == 1


def test_bound_is_that_of_the_class_that_is_demanded() -> None:
    case = make_case(data={"input": "normal", "filters": "normal"})
    answer = right_answer(case)
    answer[1, 0, 0, 0] *= 1.0001
    attempt = attempt_of(case, answer.astype(np.float32), rule="bound")
    strict, loose = (picture_of(attempt, demand) for demand in (Accuracy.EXACT_ORDER, Accuracy.BFLOAT16))
    assert strict is not None and loose is not None
    assert [sum(bar.count for bar in each.histogram.bars if not bar.allowed) for each in (strict, loose)] == [1, 0]


def test_not_a_number_is_the_worst() -> None:
    case = make_case()
    answer = right_answer(case).astype(np.float32)
    answer[0, 1, 2, 3], answer[1, 1, 1, 1] = np.nan, 1e30
    shown = picture_of(attempt_of(case, answer))
    assert shown is not None
    assert shown.worst == (0, 1, 2, 3)
    assert shown.histogram.bars[-1].label == "not finite"


def test_only_failures_are_pictured_and_not_all_of_many() -> None:
    case = make_case()
    attempt = attempt_of(case, right_answer(case).astype(np.float32) + 1)
    pictures = Pictures()
    assert pictures.take(attempt, Outcome.KNOWN) is None
    assert pictures.take(attempt, Outcome.FAILED) is not None
    for number in range(250):
        each = make_case(id=f"case-{number}")
        pictures.take(attempt_of(each, attempt.answer), Outcome.FAILED)  # type: ignore[arg-type]
    taken = [number for number in range(250) if pictures.of(make_case(id=f"case-{number}"))]
    assert taken == list(range(199))


def test_picture_of_an_earlier_run_is_taken_over() -> None:
    pictures = Pictures()
    pictures.note(record("literal", Outcome.FAILED, shown=SHOWN))
    assert pictures.of(make_case()) == SHOWN


def test_picture_is_read_from_a_report_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    write_json(run_of(record("odd", Outcome.FAILED, shown=SHOWN)), file)
    json.loads(file.read_text(encoding="utf-8"), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    (read,) = read_run(file).records("mine")
    assert repr(read.shown) == repr(SHOWN)  # two NaN are not equal
