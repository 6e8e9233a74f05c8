"""Calls without meaning: what counts as a refusal, and that the reference refuses each of them with its message."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogues import faults
from conftest import Command

import reference
from conformance.case import Case, Outcome
from conformance.catalogue import load_catalogue, shipped_catalogue
from conformance.data import make_operands
from conformance.implementations import Implementation, call, load_implementation
from conformance.runner import Result, attempt
from conformance.weakness import weak_cases
from reference import fourier, im2col, kn2row, naive_gradients, strided, submatrix, taprows, toeplitz, windows, winograd

CASES = {case.id: case for case in load_catalogue() if case.refuses}
STRIDE = CASES["refuses-stride.stride-0x1"]

MODULES = (
    reference,
    naive_gradients,
    fourier,
    im2col,
    kn2row,
    strided,
    submatrix,
    taprows,
    toeplitz,
    windows,
    winograd,
)


def judged(case: Case, function: Any) -> Result:
    return attempt(case, Implementation("mine", "", {str(case.operation): function})).result


def answering(*operands: Any, **keywords: Any) -> Any:
    return np.zeros((2, 3), np.float32)


def raising(error: BaseException) -> Any:
    def function(*operands: Any, **keywords: Any) -> Any:
        raise error

    return function


@pytest.mark.parametrize("error", [ValueError("no"), IndexError(), RuntimeError(), ZeroDivisionError()], ids=repr)
def test_any_ordinary_exception_is_a_refusal(error: Exception) -> None:
    result = judged(STRIDE, raising(error))
    assert (result.outcome, result.rule, result.detail) == (Outcome.PASSED, "refused", "")


@pytest.mark.parametrize("error", [MemoryError(), SystemExit(0), GeneratorExit()], ids=repr)
def test_other_exceptions_are_errors(error: BaseException) -> None:
    result = judged(STRIDE, raising(error))
    assert result.outcome is Outcome.ERROR
    assert f"conv2d raised {type(error).__name__}" in result.detail


def test_not_implemented_is_unsupported() -> None:
    assert judged(STRIDE, raising(NotImplementedError("strides"))).outcome is Outcome.UNSUPPORTED


def test_function_without_the_parameter_is_unsupported() -> None:
    result = judged(CASES["refuses-dilation.dilation-0x1"], lambda x, w, strides, padding: answering())
    assert (result.outcome, result.detail) == (
        Outcome.UNSUPPORTED,
        "takes no 'dilations', and the case has dilations=[1, 0, 1, 1]",
    )


def test_implementation_is_called_once() -> None:
    calls = []

    def counting(*operands: Any, **keywords: Any) -> Any:
        calls.append(1)
        raise ValueError

    judged(STRIDE, counting)
    assert len(calls) == 1


def test_answer_fails_with_the_six_facts() -> None:
    result = judged(STRIDE, answering)
    assert (result.outcome, result.rule) == (Outcome.FAILED, "refusal")
    assert result.detail.splitlines() == [
        "case:   refuses-stride.stride-0x1, conv2d (2×7×6×4) * (3×5×4×8) = refused, by mine",
        "rule:   refusal: a call that has no meaning raises an exception",
        "worst:  answered with shape (2×3) of float32, where it must raise: a window must move on to the next output, "
        "by 1 or more",
        "wrong:  the whole answer",
        "likely: it accepts a stride of 0",
        "again:  conformance show refuses-stride.stride-0x1 -i mine",
    ]


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("refuses-stride.stride-1xminus2", "accepts a stride of -2"),
        ("refuses-strides-of-three-axes.stride-1x2x3", "accepts 3 strides for 2 spatial axes"),
        ("refuses-dilation.dilation-1x0", "accepts a dilation of 0"),
        ("refuses-padding-word", "accepts the padding 'SOME'"),
        ("refuses-padding-of-three-axes.pad-0x1x2x0x1x1", "accepts padding of the wrong length"),
        ("refuses-negative-pads.pad-minus1x0x0x0", "accepts a pad of -1"),
        ("refuses-data-format", "accepts the data_format 'NHCW'"),
        ("refuses-filters-of-five-axes", "accepts filters of 5 axes"),
        ("refuses-channels-that-do-not-divide", "accepts shapes that do not fit together"),
    ],
)
def test_what_is_accepted_is_named(name: str, mistake: str) -> None:
    assert judged(CASES[name], answering).diagnosis == (mistake,)


def test_operands_stay_as_they_are_when_it_raises() -> None:
    def scribbling(input: Any, filters: Any, **keywords: Any) -> Any:
        filters[...] = 77
        raise ValueError

    result = judged(STRIDE, scribbling)
    assert (result.outcome, result.rule) == (Outcome.FAILED, "memory")
    assert "changes 480 of 480 elements of filters" in result.detail


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_reference_refuses_with_its_message(module: Any, case: Case) -> None:
    implementation = load_implementation(module.__name__)
    if case.operation not in implementation.functions:
        assert not hasattr(module, case.operation)
        return
    with pytest.raises(ValueError, match=rf"^{case.operation}: .* must be .*, but (is|has) "):
        call(implementation, case, make_operands(case))


def test_refused_cases_are_not_weak() -> None:
    assert weak_cases(CASES.values(), shipped_catalogue()) == ([], [])


def test_shape_that_is_asked_for_is_shown() -> None:
    assert CASES["refuses-filter-sizes-beyond-2-32"].notation == "(2×7×6×4) * (2×5×2×8) = (4294967299×5×4×8), refused"


def test_arrays_may_have_a_layout() -> None:
    shapes = []

    def record(input: Any, filters: Any, **keywords: Any) -> Any:
        shapes.append(input.shape)
        raise ValueError

    judged(replace(STRIDE, data_format="NCHW"), record)
    assert shapes == [(2, 4, 7, 6)]


def test_list_and_show_tell_the_reason(command: Command) -> None:
    listed = [
        " ".join(line.split())
        for line in command("list", "--tier", "full", "-k", "refuses-negative-pads").stdout.splitlines()
    ]
    assert listed[1].startswith("refuses-negative-pads.pad-minus1x0x0x0 (2×7×6×4) * (3×5×4×8) = refused -1,0;0,0 1 who")
    done = command("show", "refuses-stride.stride-0x1", "-i", "reference")
    assert done.returncode == 0
    assert "\nX: 2×7×6×4, float32\n" in done.stdout
    assert done.stdout.endswith("\nno Y: a window must move on to the next output, by 1 or more\n\nrefused: yes\n")


WRONG = "- {id: x, refuses: nothing fits, input: [2, 7, 6, 4], filters: [3, 5, 4, 8], "

FAULTS = {
    "no-reason": (
        WRONG.replace("nothing fits", "''") + "strides: 0}",
        'refuses must be a sentence: why the call has no meaning, but is ""',
    ),
    "no-filters": (
        "- {id: x, refuses: nothing fits, input: [2, 7]}",
        "filters is missing; it must be sizes in full, such as [H, W, I, O]: of the array, or the argument "
        "filter_sizes",
    ),
    "no-output-shape": (
        WRONG + "operation: conv2d_transpose}",
        "output is missing; it must be the argument output_shape of a transpose",
    ),
    "nothing-arrives": (
        WRONG + "operation: conv2d_backprop_input}",
        "out_backprop is missing; it must be the sizes of what arrives at the output, for a gradient",
    ),
    "output": (WRONG + "output: [5, 2]}", "output must be absent, as a call of conv2d has none, but is [5, 2]"),
    "expect": (
        WRONG + "expect: [1]}",
        "unknown key 'expect' (known keys: id, operation, dtype, memory, matrix, exclude, tier, tags, why, source, "
        "refuses, input, filters, pointwise, out_backprop, output, padding, strides, dilations, data_format, bias)",
    ),
    "half-a-stride": (
        WRONG + "strides: 0.5}",
        "strides must be a number, or a list of numbers for the spatial axes, or for all, but is 0.5",
    ),
    "negative-size": (
        "- {id: x, refuses: nothing fits, input: [2, 7, -6, 4], filters: [1]}",
        "input must be sizes in full, such as [N, H, W, C]: of the array, or the argument input_sizes, but is [2, 7, "
        "-6, 4]",
    ),
    "large-array": (
        "- {id: x, refuses: nothing fits, input: [2, 2147483647, 2147483647, 4], filters: [3, 5, 4, 8]}",
        "needs 1.374e+12 GiB, more than the budget of 1 GiB; make it smaller, or raise --memory-budget",
    ),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_entry_fault(tmp_path: Path, text: str, message: str) -> None:
    assert faults(tmp_path, text) == [f"cases.yaml:1: case 'x': {message}"]
