"""`conformance bench`: layers, turns, and no time for a wrong answer."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

from conformance.bench import (
    LAYER_SETS,
    Bench,
    Contest,
    Entrant,
    Layer,
    Measured,
    Row,
    find_layers,
    measure,
    read_layers,
)
from conformance.case import Case, Operation, Outcome
from conformance.errors import UsageError
from conformance.isolation import Asking, Limits

LAYERS = """
- id: large
  input: [1, 9, 8, 3]
  filters: [3, 2, 3, 4]
  output: [1, 7, 7, 4]
  data: {input: normal, filters: normal}
  tags: [times-3]
- {id: small, input: [1, 4, 5, 2], filters: [2, 2, 2, 3], output: [1, 3, 4, 3], data: {input: normal, filters: normal}}
"""

SUBJECTS = """
import os
import pathlib
import time

import numpy as np
from reference import conv2d as right


def slow(x, w, strides, padding):
    time.sleep(0.02)
    return right(x, w, strides[1:3], padding)


def wrong(x, w, strides, padding):
    return right(x, w, strides[1:3], padding) + np.float32(len(x[0]) == 9)


def refusing(x, w, strides, padding):
    raise NotImplementedError("no convolutions")


def placed(x, w, strides, padding):
    told = {os.environ[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")}
    if told != {"1"} or len(os.sched_getaffinity(0)) != 1:
        raise RuntimeError(f"{told} threads on {os.sched_getaffinity(0)}")
    return right(x, w, strides[1:3], padding)


def waiting(x, w, strides, padding):
    if len(x[0]) == 4:
        pathlib.Path("waiting").touch()
        time.sleep(600)
    return right(x, w, strides[1:3], padding)


calls = 0


def tiring(x, w, strides, padding):
    global calls
    calls += 1
    if calls > 5:  # three calls are judged, two are the first turn
        os._exit(7)
    return right(x, w, strides[1:3], padding)
"""


@pytest.fixture
def bench(command: Command, tmp_path: Path) -> Any:
    """Return a function that runs `bench` on two small layers: exit status, what was printed, and the JSON."""
    (tmp_path / "layers.yaml").write_text(LAYERS)
    (tmp_path / "subjects.py").write_text(SUBJECTS)

    def run(*names: str, options: tuple[str, ...] = ("--rounds", "3")) -> tuple[int, str, Any]:
        specs = [word for name in names for word in ("-i", name)]
        done = command("bench", *specs, "--layers", "layers.yaml", "--json", "bench.json", *options)
        assert done.stderr == ""
        return done.returncode, done.stdout, json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))

    return run


def results(report: Any, name: str) -> list[Any]:
    return [each for layer in report["layers"] for each in layer["results"] if each["implementation"] == name]


def test_times_are_told_with_ratios_means_and_totals(bench: Any) -> None:
    status, printed, report = bench("reference", "subjects.py:slow")
    assert status == 0
    assert report["schema"] == "conformance-bench/1"
    first, second = results(report, "reference"), results(report, "subjects.py:slow")
    assert [len(each["seconds"]) for each in first + second] == [3] * 4
    assert all(min(each["seconds"]) >= 0.02 for each in second)
    assert [each["accuracy"] for each in first] == ["exact-order"] * 2
    ratios = [theirs["median"] / ours["median"] for ours, theirs in zip(first, second, strict=True)]
    assert [each["ratio"] for each in second] == pytest.approx(ratios)
    summary = report["summary"]["subjects.py:slow"]
    assert summary["geometric_mean"] == pytest.approx(math.sqrt(ratios[0] * ratios[1]))
    assert summary["seconds"] == pytest.approx(3 * second[0]["median"] + second[1]["median"])
    assert [layer["products"] for layer in report["layers"]] == [7 * 7 * 4 * 18, 3 * 4 * 3 * 8]
    assert first[0]["gflops"] == pytest.approx(2e-9 * 3528 / first[0]["median"])
    lines = [line.split() for line in printed.splitlines()]
    assert ["layer", "×", "by", "ms", "middle", "half", "ratio", "GFLOP/s", "accuracy"] in lines
    assert any(line[:3] == ["large", "3", "reference"] for line in lines)
    assert any(line[:2] == ["geometric", "mean"] for line in lines)


def test_wrong_answer_gets_no_time(bench: Any) -> None:
    status, printed, report = bench("reference", "subjects.py:wrong")
    assert status == 1
    large, small = results(report, "subjects.py:wrong")
    assert (large["outcome"], large["seconds"], large["median"], large["ratio"]) == ("failed", [], None, None)
    assert "worst: output[0, " in " ".join(large["detail"].split())
    assert "likely" not in large["detail"]
    assert (small["outcome"], len(small["seconds"])) == ("passed", 3)
    assert report["summary"]["subjects.py:wrong"]["seconds"] is None
    assert "again:  conformance show large layers.yaml -i subjects.py:wrong" in printed
    assert "of 1 layers" in printed


def test_unsupported_is_told_and_no_failure(bench: Any) -> None:
    status, printed, report = bench("reference", "subjects.py:refusing")
    assert status == 0
    assert {each["outcome"] for each in results(report, "subjects.py:refusing")} == {"unsupported"}
    assert "subjects.py:refusing, large: no convolutions" in printed


def test_unavailable_is_told_and_the_others_are_timed(bench: Any) -> None:
    status, printed, report = bench("absent", "reference")
    assert status == 1
    assert "absent is unavailable" in printed
    assert [each["status"] for each in report["implementations"]] == ["unavailable", "available"]
    assert [each["ratio"] for each in results(report, "reference")] == [1, 1]


def test_death_in_a_turn_ends_the_times_of_that_layer_only(bench: Any) -> None:
    status, _, report = bench("reference", "subjects.py:tiring")
    assert status == 1
    assert [each["outcome"] for each in results(report, "subjects.py:tiring")] == ["crashed", "crashed"]
    assert [len(each["seconds"]) for each in results(report, "reference")] == [3, 3]


def test_interrupted_run_reports_the_layers_that_are_done(tmp_path: Path) -> None:
    (tmp_path / "layers.yaml").write_text(LAYERS)
    (tmp_path / "subjects.py").write_text(SUBJECTS)
    words = ["bench", "-i", "subjects.py:waiting", "--layers", "layers.yaml", "--rounds", "1", "--json", "bench.json"]
    command = [sys.executable, "-m", "conformance", *words]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "waiting").exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    report = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert [layer["layer"] for layer in report["layers"]] == ["large"]
    assert "subjects.py:waiting" in printed


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores can be chosen on Linux only")
def test_threads_and_cores_are_set_before_anything_is_imported(bench: Any) -> None:
    status, _, report = bench("subjects.py:placed", options=("--threads", "1", "--rounds", "1", "-k", "small"))
    assert (status, report["environment"]["threads"]) == (0, 1)


def test_batch_changes_the_images_only(bench: Any) -> None:
    _, _, report = bench("reference", options=("--batch", "5", "--rounds", "1"))
    problems = [layer["problem"] for layer in report["layers"]]
    assert problems == ["(5×9×8×3) * (3×2×3×4) = (5×7×7×4)", "(5×4×5×2) * (2×2×2×3) = (5×3×4×3)"]


def test_a_failure_with_another_batch_names_no_command_that_asks_for_something_else(bench: Any) -> None:
    _, printed, _ = bench("subjects.py:wrong", options=("--batch", "2", "--rounds", "1"))
    assert "(2×9×8×3)" in printed
    assert "again:" not in printed


def test_picture_of_times_is_drawn(bench: Any, tmp_path: Path) -> None:
    bench("reference", "subjects.py:wrong", options=("--rounds", "1", "--plot", "times.png"))
    assert (tmp_path / "times.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--layers", "resnet5"), "but is 'resnet5' (did you mean 'resnet50'?)"),
        (("--layers", "absent.yaml"), "--layers must be mobilenet, resnet50, unet or a catalogue that exists"),
        (("--threads", "100000"), "--threads must be at most "),
        (("--plot", "absent/times.png"), "--plot must name a file in an existing folder"),
        (("--plot", "times.bmp"), "--plot must name a file that ends in .png, .svg, .pdf, but is 'times.bmp'"),
        (("-i", "a.py:"), "a.py:"),
        (("--layers", "unet", "--batch", "40"), "choose a smaller one, or raise --memory-budget"),
    ],
    ids=["set", "file", "threads", "folder", "picture", "spec", "memory"],
)
def test_what_cannot_be_is_refused_at_once(command: Command, options: tuple[str, ...], message: str) -> None:
    done = command("bench", "-i", "reference", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_batch_is_refused_where_numbers_are_written_out(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("- {id: own, input: [1, 2], filters: [1, 1], output: [1, 2], data: {input: [[1, 2]]}}\n")
    with pytest.raises(UsageError, match="--batch cannot be used with 'own', whose numbers are written out"):
        read_layers(file, 1.0, batch=2)


def test_file_of_calls_to_be_refused_has_no_layer(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("- {id: own, refuses: a stride of 0, input: [1, 3, 3, 1], filters: [1, 1, 1, 1], strides: 0}\n")
    with pytest.raises(UsageError, match="no call with an answer"):
        read_layers(file, 1.0)


def test_slow_one_has_fewer_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.bench.turns._ENOUGH", 0.05)
    (tmp_path / "layers.yaml").write_text(LAYERS)
    (tmp_path / "subjects.py").write_text(SUBJECTS)
    bench = Bench({})
    layers = [layer for layer in read_layers(tmp_path / "layers.yaml", 1.0) if layer.case.id == "small"]
    specs = ["reference", f"{tmp_path / 'subjects.py'}:slow"]
    told: list[str] = []
    measure(bench, specs, layers, Contest(9, 1, Asking(search=False), Limits()), told.append)
    quick, slow = bench.rows[0].measured
    assert (len(quick.seconds), len(slow.seconds)) == (9, 3)
    assert told[-1] == "small: timing"


PAPERS = {"resnet50": (20, 53, 3.86e9), "mobilenet": (31, 53, 3.0e8), "unet": (23, 23, 1.67e11)}
"""Distinct convolutions, all of them, and products: what the papers say, or add up to."""


@pytest.mark.parametrize("name", LAYER_SETS)
def test_shipped_layers_are_those_of_the_papers(name: str) -> None:
    layers = read_layers(find_layers(name), 1.0)
    distinct, total, products = PAPERS[name]
    assert (len(layers), sum(layer.times for layer in layers)) == (distinct, total)
    assert sum(layer.times * layer.products for layer in layers) == pytest.approx(products, rel=0.005)
    assert {str(layer.case.operation) for layer in layers} <= {"conv2d", "depthwise_conv2d"}
    assert {layer.case.data[operand] for layer in layers for operand in ("input", "filters")} == {"normal"}
    problems = {(layer.case.notation, layer.case.strides, layer.case.operation) for layer in layers}
    assert len(problems) == distinct


def layer(operation: Operation, **shapes: Any) -> Layer:
    return Layer(Case("x", operation, written={}, **shapes))


@pytest.mark.parametrize(
    ("found", "products"),
    [
        (layer(Operation.CONV2D, input=(2, 5, 6, 4), filters=(3, 2, 2, 6), output=(2, 3, 5, 6)), 2 * 3 * 5 * 6 * 12),
        (
            layer(Operation.DEPTHWISE_CONV2D, input=(2, 5, 6, 4), filters=(3, 2, 4, 2), output=(2, 3, 5, 8)),
            2 * 3 * 5 * 8 * 6,
        ),
        (
            layer(Operation.CONV2D_TRANSPOSE, input=(2, 3, 5, 6), filters=(3, 2, 4, 6), output=(2, 5, 6, 4)),
            2 * 3 * 5 * 6 * 24,
        ),
        (
            layer(
                Operation.CONV2D_BACKPROP_FILTER,
                input=(2, 5, 6, 4),
                filters=(3, 2, 4, 6),
                output=(3, 2, 4, 6),
                out_backprop=(2, 3, 5, 6),
            ),
            2 * 3 * 5 * 6 * 24,
        ),
        (
            layer(
                Operation.SEPARABLE_CONV2D,
                input=(2, 5, 6, 4),
                filters=(3, 2, 4, 2),
                pointwise=(1, 1, 8, 7),
                output=(2, 3, 5, 7),
            ),
            2 * 3 * 5 * 8 * 6 + 2 * 3 * 5 * 7 * 8,
        ),
        (layer(Operation.BIAS_ADD, input=(2, 5, 6, 4), filters=(), output=(2, 5, 6, 4)), 0),
    ],
    ids=["groups", "depthwise", "transpose", "filter-gradient", "separable", "bias"],
)
def test_products_are_those_of_the_convolution(found: Layer, products: int) -> None:
    assert found.products == products


def test_means_leave_out_what_has_no_time() -> None:
    case = layer(Operation.CONV2D, input=(1, 3, 3, 1), filters=(1, 1, 1, 1), output=(1, 3, 3, 1))
    timed, none = Measured(Outcome.PASSED, seconds=(2.0, 4.0, 3.0)), Measured(Outcome.FAILED)
    rows = [Row(case, (timed, replace(timed, seconds=(6.0,)))), Row(case, (timed, none)), Row(case, (none, timed))]
    bench = Bench({}, [Entrant("a"), Entrant("gone", reason="it is"), Entrant("b")], rows)
    assert (timed.median, timed.quartiles, none.median, none.quartiles) == (3.0, (2.5, 3.5), None, None)
    assert [row.ratio(1) for row in rows] == [2.0, None, None]
    assert (bench.geometric_mean(1), bench.total(1), bench.is_green) == ((2.0, 1), None, False)
    assert [entrant.name for entrant in bench.timed] == ["a", "b"]
