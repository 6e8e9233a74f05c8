"""`conformance show`: the window behind the worst element, and the case as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Command

from conformance.case import Case, Kind, Operation
from conformance.catalogue import load_catalogue
from conformance.errors import UsageError
from conformance.implementations import Implementation, load_implementation
from conformance.reports import check_plot, plot_case, plots
from conformance.reports.window import place_of, window_behind
from conformance.runner import attempt, prepare

SHIFTED = """
from reference import conv2d as right

def conv2d(x, w, strides, padding, dilations):
    y = right(x, w, strides[1:3], padding, dilations=dilations[1:3])
    y[-1, 0, 1, -1] += 5
    return y
"""

STALE = """
from reference import conv2d as right

kept = []

def conv2d(x, w, strides, padding):
    kept.append(right(x, w, strides[1:3], padding))
    return kept[0]
"""

CASE = """
- id: own
  input: [2, 4, 3, 2]
  filters: [3, 2, 2, 3]
  padding: 1
  strides: [2, 1]
  output: [2, 2, 4, 3]
  bias: [1, 2, 3]
  data: {input: arange, filters: 20 - arange}
"""

TAPS = """
from reference import conv2d_backprop_filter as right

def conv2d_backprop_filter(x, sizes, out_backprop, strides, padding):
    w = right(x, sizes, out_backprop, strides[1:3], padding)
    w[2, 0, 1, 2] += 5
    return w
"""

GRADIENT = """
- id: own
  operation: conv2d_backprop_filter
  input: [2, 4, 3, 2]
  filters: [3, 2, 2, 3]
  padding: 1
  strides: [2, 1]
  output: [3, 2, 2, 3]
  data: {input: arange, out_backprop: 20 - arange}
"""

MIXED = """
from reference import separable_conv2d as right

def separable_conv2d(x, w, v, strides, padding):
    y = right(x, w, v, strides[1:3], padding)
    y[0, 1, 2, 1] += 5
    return y
"""

SEPARABLE = """
- id: own
  operation: separable_conv2d
  input: [1, 3, 4, 2]
  filters: [2, 2, 2, 2]
  pointwise: [1, 1, 4, 3]
  output: [1, 2, 3, 3]
  data: {input: arange, filters: 9 - arange, pointwise: arange}
"""

CASES = {case.id: case for case in load_catalogue()}


@pytest.fixture
def shown(command: Command, tmp_path: Path) -> Any:
    """Return a function that shows a small case with an implementation of its own."""
    (tmp_path / "own.yaml").write_text(CASE)

    def show(source: str, *options: str) -> Any:
        (tmp_path / "own.py").write_text(source)
        return command("show", "own", "own.yaml", "-i", "own.py:conv2d", *options)

    return show


def test_window_behind_the_worst_element_is_printed(shown: Any) -> None:
    done = shown(SHIFTED)
    assert done.returncode == 1
    printed = done.stdout.partition("the window behind ")[2].splitlines()
    assert printed[:2] == [
        "output[1, 0, 1, 2]",
        "taps: image 1, rows (-1), 0, 1, columns 0, 1, channels 0 to 1",
    ]
    pixels = np.arange(48).reshape(2, 4, 3, 2)[1, :2, :2]
    filters = (20 - np.arange(36)).reshape(3, 2, 2, 3)[..., 2]
    assert printed[2] == "X there, channels first:"
    assert "\n".join(printed[3:10]) == str(np.moveaxis(np.concatenate([0 * pixels[:1], pixels]), -1, 0))
    assert printed[10] == "W[[0, 1, 2], [0, 1], :, 2]:"
    assert "\n".join(printed[11:18]) == str(np.moveaxis(filters, -1, 0))
    total = int((pixels * filters[1:]).sum())
    assert printed[18] == f"their 12 products add up to {total}; b[2] = 3 is added"
    assert f"is {total + 8}, must be {total + 3}" in done.stdout


def test_tap_of_a_filter_gradient_is_shown_with_all_that_it_meets(command: Command, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(TAPS)
    (tmp_path / "own.yaml").write_text(GRADIENT)
    done = command("show", "own", "own.yaml", "-i", "own.py:conv2d_backprop_filter")
    assert done.returncode == 1
    printed = done.stdout.partition("the window behind ")[2].splitlines()
    assert printed[:2] == [
        "output[2, 0, 1, 2]",
        "X: images 0 to 1, rows 1, 3, columns (-1), 0, 1, 2, channel 1; G's channel 2 meets them",
    ]
    pixels = np.arange(48).reshape(2, 4, 3, 2)[:, 1::2, :, 1]
    arriving = (20 - np.arange(48)).reshape(2, 2, 4, 3)[..., 2]
    assert "\n".join(printed[2:8]) == f"X there, images first:\n{np.pad(pixels, ((0, 0), (0, 0), (1, 0)))}"
    assert "\n".join(printed[8:14]) == f"G[:, [0, 1], [0, 1, 2, 3], 2]:\n{arriving}"
    total = int((pixels * arriving[:, :, 1:]).sum())
    assert printed[14] == f"their 16 products add up to {total}"
    assert f"is {total + 5}, must be {total}" in done.stdout


def test_separable_convolution_is_shown_in_its_two_stages(command: Command, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(MIXED)
    (tmp_path / "own.yaml").write_text(SEPARABLE)
    done = command("show", "own", "own.yaml", "-i", "own.py:separable_conv2d")
    assert done.returncode == 1
    printed = done.stdout.partition("the window behind ")[2].splitlines()
    assert printed[:2] == ["output[0, 1, 2, 1]", "taps: image 0, rows 1, 2, columns 2, 3, channels 0 to 1"]
    pixels = np.arange(24).reshape(3, 4, 2)[1:, 2:]
    filters = (9 - np.arange(16)).reshape(2, 2, 4)
    stage = (np.repeat(pixels, 2, axis=-1) * filters).sum((0, 1))
    column = np.arange(12).reshape(4, 3)[:, 1]
    assert "\n".join(printed[2:8]) == f"X there, channels first:\n{np.moveaxis(pixels, -1, 0)}"
    assert "\n".join(printed[8:20]) == f"W[[0, 1], [0, 1], :, :]:\n{np.moveaxis(filters, -1, 0)}"
    assert printed[20:22] == ["the depthwise stage, channel by channel:", str(stage)]
    assert printed[22:24] == ["V[0, 0, :, 1]:", str(column)]
    assert printed[24] == f"their 4 products add up to {stage @ column}"
    assert f"must be {stage @ column}" in done.stdout


def test_many_places_are_told_by_their_ends(command: Command, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(TAPS)
    (tmp_path / "own.yaml").write_text(GRADIENT.replace("[2, 4, 3, 2]", "[1, 40, 3, 2]"))
    done = command("show", "own", "own.yaml", "-i", "own.py:conv2d_backprop_filter")
    assert "X: image 0, rows 1, 3, 5, …, 35, 37, 39, columns (-1), 0, 1, 2, channel 1" in done.stdout


def test_no_window_where_the_answer_is_right_or_the_data_are_not_those_shown(shown: Any) -> None:
    right = shown("from subjects import *\nfrom reference.naive import conv2d")
    assert "the window" not in right.stdout
    stale = shown(STALE)
    assert stale.returncode == 1
    assert "the window" not in stale.stdout


WINDOWED = [case for case in CASES.values() if not case.operation.is_bias and not case.refuses]
"""Cases whose outputs have windows."""


@pytest.mark.parametrize("case", WINDOWED, ids=lambda case: case.id)
def test_window_adds_up_to_the_output(case: Case) -> None:
    prepared = prepare(case)
    assert prepared.expected is not None
    value = prepared.expected.value
    exact = prepared.expected.exact and np.isfinite(value).all() and case.dtype not in ("float16", "bfloat16")
    for place in {tuple(size * at // 7 for size in case.output) for at in range(7)} if value.size else ():
        window = window_behind(case, prepared.operands, place)
        assert window is not None
        assert window.image.shape[:-1] == window.factors.shape[:-1] == window.within.shape
        assert not window.image[~window.within].any()
        bias = 0.0 if prepared.operands.bias is None else float(prepared.operands.bias[place[-1]])
        assert not exact or window.total + bias == value[place]


def test_cases_with_windows_are_of_every_kind() -> None:
    assert {case.operation for case in WINDOWED} == {each for each in Operation if not each.is_bias}
    kinds = {Kind.FORWARD, Kind.TRANSPOSE, Kind.INPUT_GRADIENT, Kind.FILTER_GRADIENT}
    assert {case.operation.kind for case in WINDOWED if max(case.dilations) > 1} == kinds
    assert {case.operation.kind for case in WINDOWED if max(case.strides) > 1} == kinds
    assert {case.operation.kind for case in WINDOWED if "groups" in f"{case.id} {case.tags}"} >= kinds - {
        Kind.TRANSPOSE
    }


def test_place_is_read_from_the_facts_with_any_note_in_it() -> None:
    assert place_of("case:   x\nworst:  output[1, 22, 3] is 4, must be 5") == (1, 22, 3)
    assert place_of("worst:  output[1, 22, 3, 0, channels last] is 4") == (1, 22, 3, 0)
    assert place_of("worst:  none compared: the shape is (1)") is None


def test_picture_is_written_beside_the_text(shown: Any, tmp_path: Path) -> None:
    done = shown(SHIFTED, "--plot", "case.png")
    assert (done.returncode, done.stderr) == (1, "")
    assert (tmp_path / "case.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("absent/case.png", "--plot must name a file in an existing folder"),
        ("case.txt", "must name a file that ends in"),
    ],
)
def test_picture_that_cannot_be_is_refused_before_anything_is_judged(shown: Any, path: str, message: str) -> None:
    done = shown("raise SystemExit('imported')", "--plot", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_picture_without_matplotlib_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    with pytest.raises(
        UsageError, match=r"needs matplotlib, which is not installed; pip install 'conformance\[plot\]'"
    ):
        check_plot(tmp_path / "case.png")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that draws a case with an implementation, and gives back titles and framed panels."""

    def draw(case: Case, judged: Implementation) -> tuple[list[str], list[str]]:
        figures: list[Any] = []
        monkeypatch.setattr(plots, "_save", lambda figure, path: figures.append(figure))
        plot_case(prepare(case), attempt(case, judged), Path("unused.png"))
        panels = [axes for axes in figures[0].axes if axes.get_title()]
        figures[0].draw_without_rendering()
        return [axes.get_title() for axes in panels], [axes.get_title() for axes in panels if axes.patches]

    return draw


def test_panels_are_operands_answer_right_answer_and_difference_with_frames(drawn: Any, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(SHIFTED)
    (tmp_path / "own.yaml").write_text(CASE)
    (case,) = load_catalogue([tmp_path / "own.yaml"])
    titles, framed = drawn(case, load_implementation(f"{tmp_path / 'own.py'}:conv2d"))
    images = ["input, image 1, channel 0", "input, image 1, channel 1"]
    outputs = ["output, image 1, channel 2", "expected, image 1, channel 2", "output - expected"]
    assert titles == [*images, "filters[…, 0, 2]", "filters[…, 1, 2]", *outputs]
    assert framed == [*images, *outputs]


KINDS = [
    "basic",
    "gradient-one-dimension.conv1d-backprop-input",
    "gradient-three-dimensions.conv3d-backprop-filter",
    "gradient-depthwise.depthwise-conv2d-backprop-filter",
    "refuses-channels-that-do-not-divide",
]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("answers", [True, False], ids=["right", "unsupported"])
def test_every_kind_of_case_is_drawn_with_an_answer_and_without(drawn: Any, name: str, answers: bool) -> None:
    judged = load_implementation("reference") if answers else Implementation("none", "", {})
    titles, framed = drawn(CASES[name], judged)
    assert any(title.startswith(("input", "filters", "out_backprop")) for title in titles)
    assert (titles[-1] == "output - expected") == (answers and not CASES[name].refuses)
    assert framed == []


@pytest.mark.parametrize("case", [case for case in CASES.values() if 0 in case.output or 0 in case.input][:6], ids=str)
def test_arrays_without_elements_are_drawn(drawn: Any, case: Case) -> None:
    assert drawn(case, load_implementation("reference"))[1] == []
