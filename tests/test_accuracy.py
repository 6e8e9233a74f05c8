"""Accuracy classes: who lands in which, what --accuracy accepts, and what reports say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import scipy.fft
from conftest import Command
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.case import Case, DType, Map, Operation
from conformance.catalogue import load_catalogue
from conformance.data import Array, Operands, make_operands
from conformance.judgement import Accuracy, Expected, Reached, Verdict, expect, judge
from conformance.judgement.norms import AMPLIFICATION
from conformance.twin import make_twin
from reference import fourier, windows, winograd
from reference.arguments import prepare

SHAPES = ((2, 20, 23, 16), (3, 3, 16, 5), (2, 18, 21, 5))
PLAIN = Case("x", Operation.CONV2D, *SHAPES, {})


def tf32(array: Array) -> Array:
    significand, exponent = np.frexp(array)
    return np.asarray(np.ldexp(np.rint(significand * 2**11), exponent - 11), np.float32)


def rounded(dtype: Any) -> Callable[[Array], Array]:
    return lambda array: array.astype(dtype).astype(np.float32)


def numbers(kind: str, seed: int = 0, shapes: tuple[tuple[int, ...], ...] = SHAPES) -> tuple[Array, Array]:
    """Return an image and filters in float32."""
    random = np.random.default_rng(seed)
    pair = [random.standard_normal(shape) for shape in shapes[:2]]
    if kind == "positive":
        pair = [np.abs(part) for part in pair]
    if kind == "spread":
        pair = [np.ldexp(part, random.integers(-20, 21, part.shape)) for part in pair]
    if kind == "tiny":
        pair[1] *= 1e-7
    if kind == "integers":
        whole = random.integers(-(2**13), 2**13, SHAPES[0]), random.integers(-9, 10, SHAPES[1])
        pair = [part.astype(np.float64) for part in whole]
    image, filters = (part.astype(np.float32) for part in pair)
    return image, filters


def by_fourier(x: Array, w: Array) -> Array:
    """Convolve by transforms in float32; the reference's are in float64."""
    sizes = fourier.good_sizes(x.shape[1:3])
    spectra = scipy.fft.rfftn(x, sizes, axes=(1, 2)), scipy.fft.rfftn(w, sizes, axes=(0, 1)).conj()
    output = scipy.fft.irfftn(np.einsum("nabc,abck->nabk", *spectra), sizes, axes=(1, 2))
    assert output.dtype == np.float32
    return np.asarray(output[:, : x.shape[1] - 2, : x.shape[2] - 2])


def by_winograd(transforms: winograd.Transforms) -> Callable[[Array, Array], Array]:
    return lambda x, w: winograd.convolve(prepare("conv2d", x, w, 1, "VALID", None, 1), transforms)


FAST = {
    "F(2x2,3x3)": by_winograd(winograd.F2),
    "F(4x4,3x3)": by_winograd(winograd.F4),
    "fft": lambda x, w: fourier.conv2d(x, w).astype(np.float32),
    "fft in float32": by_fourier,
}


def judged(x: Array, w: Array, answer: Array, demand: Accuracy = Accuracy.EXACT_ORDER) -> tuple[Verdict, Expected]:
    output = (len(x), x.shape[1] - w.shape[0] + 1, x.shape[2] - w.shape[1] + 1, w.shape[3])
    case = Case("x", Operation.CONV2D, x.shape, w.shape, output, {})
    expected = expect(case, Operands(x, w, None))
    return judge(case, expected, answer.astype(np.float32), demand), expected


def reached(verdict: Verdict) -> Reached:
    assert verdict.reached is not None
    return verdict.reached


def test_amplification_is_that_of_the_transforms() -> None:
    parts = (winograd.F4.output, winograd.F4.filters, winograd.F4.input)
    output, filters, image = (part**2 for part in parts)
    assert np.einsum("ip,pr,pj->rj", output, filters, image).max() == pytest.approx(AMPLIFICATION, rel=3e-3)


@pytest.mark.parametrize("name", ["F(2x2,3x3)", "F(4x4,3x3)", "fft in float32"])
def test_fast_algorithms_land_in_their_class_where_small_stands_beside_large(name: str) -> None:
    x, w = numbers("spread")
    verdict, _ = judged(x, w, FAST[name](x, w))
    assert (verdict.passed, reached(verdict).accuracy) == (False, Accuracy.FAST_ALGORITHM)
    assert "exact-order is demanded, and missed by a factor of" in verdict.limit
    assert "fast-algorithm is reached, at 0." in verdict.limit
    accepted, _ = judged(x, w, FAST[name](x, w), Accuracy.FAST_ALGORITHM)
    assert (accepted.passed, accepted.rule) == (True, "bound")
    assert reached(accepted).margin == reached(accepted).demanded < 0.2


@pytest.mark.parametrize("name", FAST)
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**30),
    kind=st.sampled_from(["normal", "positive", "spread", "tiny"]),
    sizes=st.tuples(*[st.integers(1, 3), st.integers(3, 17), st.integers(3, 14), st.integers(1, 9), st.integers(1, 4)]),
)
def test_fast_algorithms_never_land_below_their_class(name: str, seed: int, kind: str, sizes: tuple[int, ...]) -> None:
    batch, height, width, depth, out_channels = sizes
    x, w = numbers(kind, seed, ((batch, height, width, depth), (3, 3, depth, out_channels)))
    verdict, _ = judged(x, w, FAST[name](x, w), Accuracy.FAST_ALGORITHM)
    assert verdict.passed


@pytest.mark.parametrize("kind", ["normal", "positive"])
@pytest.mark.parametrize(
    ("rounding", "accuracy"),
    [(tf32, Accuracy.TF32), (rounded(ml_dtypes.bfloat16), Accuracy.BFLOAT16), (rounded(np.float16), Accuracy.TF32)],
    ids=["tf32", "bfloat16", "float16"],
)
def test_rounded_operands_land_in_their_class(
    kind: str, rounding: Callable[[Array], Array], accuracy: Accuracy
) -> None:
    """float16's numbers are as fine as TF32's while none is too small for it."""
    x, w = numbers(kind)
    verdict, _ = judged(x, w, windows.conv2d(rounding(x), rounding(w)))
    assert (verdict.passed, reached(verdict).accuracy) == (False, accuracy)
    assert reached(verdict).margin <= 1 < reached(verdict).demanded
    assert judged(x, w, windows.conv2d(rounding(x), rounding(w)), accuracy)[0].passed
    assert judged(x, w, windows.conv2d(rounding(x), rounding(w)), Accuracy.FLOAT16)[0].passed
    assert not judged(x, w, windows.conv2d(rounding(x), rounding(w)), Accuracy.FAST_ALGORITHM)[0].passed


def test_numbers_too_small_for_float16_land_in_float16() -> None:
    x, w = numbers("tiny")
    verdict, _ = judged(x, w, windows.conv2d(rounded(np.float16)(x), rounded(np.float16)(w)))
    assert reached(verdict).accuracy is Accuracy.FLOAT16


def test_what_keeps_no_bound_reaches_no_class() -> None:
    x, w = numbers("normal")
    verdict, _ = judged(x, w, windows.conv2d(x, w) * np.float32(1.2), Accuracy.FLOAT16)
    assert (verdict.passed, reached(verdict).accuracy) == (False, None)
    assert reached(verdict).demanded == reached(verdict).margin > 1
    assert verdict.limit.endswith("no class is reached")


def test_an_output_of_zeros_only_must_be_zero_in_every_class() -> None:
    x, w = numbers("normal")
    w[..., 2] = 0
    answer = windows.conv2d(x, w)
    assert judged(x, w, answer, Accuracy.FLOAT16)[0].passed
    answer[0, 0, 0, 2] = 1e-30
    for demand in Accuracy:
        assert not judged(x, w, answer, demand)[0].passed


@pytest.mark.parametrize("demand", Accuracy)
def test_whole_numbers_are_judged_by_a_looser_class_where_that_is_accepted(demand: Accuracy) -> None:
    x, w = numbers("integers")
    answer = windows.conv2d(tf32(x), w)
    verdict, expected = judged(x, w, answer, demand)
    assert expected.exact
    assert verdict.passed is (demand in (Accuracy.TF32, Accuracy.BFLOAT16, Accuracy.FLOAT16))
    assert verdict.rule == ("bound" if verdict.passed else "exact")
    equal, _ = judged(x, w, windows.conv2d(x, w), demand)
    assert equal == Verdict(True, "exact")


def test_int32_is_equal_in_every_class() -> None:
    case = replace(PLAIN, dtype=DType.INT32)
    x, w = (part.astype(np.int32) for part in numbers("integers"))
    expected = expect(case, Operands(x, w, None))
    answer = expected.value.astype(np.int32)
    assert judge(case, expected, answer, Accuracy.FLOAT16).passed
    answer[0, 0, 0, 0] += 1
    assert not judge(case, expected, answer, Accuracy.FLOAT16).passed


def test_norms_of_a_twin_are_those_of_its_data() -> None:
    case = replace(PLAIN, bias=(1.0, 2.0, 3.0, 4.0, 5.0))
    x, w = numbers("normal")
    given = Operands(x, w, np.arange(5, dtype=np.float32))
    others, twin = make_twin(case, given, expect(case, given))
    assert twin.norms.spread == pytest.approx(expect(case, others).norms.spread)
    assert twin.norms.peaks >= expect(case, others).norms.peaks


FINITE = [case for case in load_catalogue() if not case.refuses and 0 not in case.output and "special" not in case.tags]
"""Cases whose magnitudes have a norm."""


@pytest.mark.parametrize("case", FINITE, ids=lambda case: case.id)
def test_spread_bounds_the_norm_of_every_image_and_channel(case: Case) -> None:
    operands = make_operands(case)
    expected = expect(case, operands)
    spread = expected.norms.spread
    has_none = case.operation.map is Map.TO_FILTERS or len(case.operation.operands) != 2
    assert (spread is None) is has_none
    if spread is not None:
        assert spread.shape == (case.output[0], *(1,) * (len(case.output) - 2), case.output[-1])
        norm = np.sqrt(np.sum(expected.magnitude**2, axis=tuple(range(1, len(case.output) - 1)), keepdims=True))
        assert np.all(norm <= spread * (1 + 1e-9))


CATALOGUE = """
- id: normal
  input: [9, 11, 4]
  filters: [3, 3, 4, 5]
  output: [7, 9, 5]
  data: {input: 'round(normal(1), 9)', filters: 'round(normal(1), 9)'}
"""

HALVES = """
import numpy as np
from reference import windows


def conv2d(input, filters, strides, padding):
    return windows.conv2d(*(x.astype(np.float16).astype(np.float32) for x in (input, filters)), strides, padding)
"""


def test_the_report_tells_class_and_margin(command: Command, tmp_path: Path) -> None:
    (tmp_path / "halves.py").write_text(HALVES)
    (tmp_path / "normal.yaml").write_text(CATALOGUE)
    arguments = ("normal.yaml", "-i", "halves.py:conv2d", "--json", "report.json")
    refused = command("run", *arguments)
    assert refused.returncode == 1
    assert "accuracy: conv2d tf32, at 0." in refused.stdout
    assert "exact-order is demanded, and missed by a factor of" in refused.stdout
    accepted = command("run", *arguments, "--accuracy", "tf32")
    assert (accepted.returncode, "accuracy: conv2d tf32, at 0." in accepted.stdout) == (0, True)
    assert command("show", "normal", *arguments[:3], "--accuracy", "tf32").returncode == 0
    assert command("show", "normal", *arguments[:3]).returncode == 1
    missed = command("show", "normal", *arguments[:3], "--accuracy", "fast-algorithm")
    assert missed.returncode == 1
    assert "again:  conformance show normal normal.yaml -i halves.py:conv2d --accuracy fast-algorithm" in missed.stdout
    (status,) = json.loads((tmp_path / "report.json").read_text())["implementations"]
    (accuracy,) = status["accuracy"]
    assert (accuracy["operation"], accuracy["class"]) == ("conv2d", "tf32")
    assert 0 < accuracy["margin"] <= 1
