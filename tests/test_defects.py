"""The kit: its right convolution is right, every defect is rejected, and its sentence is its own."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from functools import cache
from textwrap import indent
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

from conformance.case import Case, Outcome
from conformance.catalogue import load_catalogue
from conformance.data import Array, Operands, make_operands
from conformance.defects import DEFECTS, RIGHT, Defect
from conformance.implementations import Implementation
from conformance.judgement import Expected, expect
from conformance.runner import attempt


def case_size(case: Case) -> int:
    """Return about how many products a case asks for."""
    return math.prod(case.output) * math.prod(case.filters[:-1]) + 1


CASES = [case for case in load_catalogue() if not case.refuses]  # which have tests of their own
MORE_CASES = load_catalogue(sorted((ROOT / "tests").glob("*_cases.yaml")))
TELLING_FIRST = sorted((*CASES, *MORE_CASES), key=lambda case: abs(np.log(case_size(case) / 20_000)))
"""Large enough that most defects show, and no larger."""


@cache
def asked(case_id: str) -> tuple[Operands, Expected, Array]:
    case = next(case for case in TELLING_FIRST if case.id == case_id)
    operands = make_operands(case)
    return operands, expect(case, operands), RIGHT.answer(case, operands)


def answer(defect: Defect, case: Case) -> Array | None:
    try:
        return defect.answer(case, asked(case.id)[0])
    except (ValueError, IndexError):
        return None


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_steps_as_they_are_make_no_mistake(case: Case) -> None:
    operands = make_operands(case)
    expected = expect(case, operands)
    right = RIGHT.answer(case, operands)
    assert right.shape == case.output
    if expected.exact:
        np.testing.assert_array_equal(right.astype(np.float64), expected.value)


JUDGED = [each for each in DEFECTS if each.is_stateless and each.accepts is None]


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_functions_with_steps_as_they_are_pass(case: Case) -> None:
    result = attempt(case, Implementation("right", "", dict(RIGHT.functions())), search=False).result
    assert result.outcome is Outcome.PASSED, result.detail


def test_names_are_unique() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)


def test_kit_is_as_large_as_it_claims() -> None:
    assert len(DEFECTS) >= 200
    assert len({defect.group for defect in DEFECTS}) >= 30


@pytest.mark.parametrize("defect", DEFECTS, ids=[defect.name for defect in DEFECTS])
def test_sentence_completes_it(defect: Defect) -> None:
    assert re.fullmatch(r"[a-z]+s\b.*[^.\s]", defect.mistake)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", defect.name)


def test_defects_with_sentences_of_their_own_can_be_told_apart() -> None:
    """Cases split the kit until only those are together that say the same."""
    alike = [JUDGED]
    for case in TELLING_FIRST:
        alike = [part for group in alike for part in split(group, case) if len({each.mistake for each in part}) > 1]
    assert [[defect.name for defect in group] for group in alike] == []


def split(group: list[Defect], case: Case) -> list[list[Defect]]:
    parts: dict[Any, list[Defect]] = defaultdict(list)
    for defect in group:
        wrong = answer(defect, case)
        parts[None if wrong is None else (wrong.shape, wrong.dtype, wrong.tobytes())].append(defect)
    return list(parts.values())


NAMED = {defect.name: defect for defect in DEFECTS}


@pytest.mark.parametrize(
    "name",
    [
        "filters-flipped",
        "last-filter-row-missing",
        "taps-shifted-right",
        "input-channels-turned",
        "groups-ignored",
        "groups-interleaved-filters",
        "multiplier-ignored",
        "border-wrapped",
        "bounds-rows-only",
        "bounds-of-the-batch-only",
        "strides-swapped-right-size",
        "dilation-of-the-image",
        "output-upside-down",
    ],
)
@pytest.mark.parametrize("depth", [1, 2, 4], ids=["depthwise", "groups", "one-group"])
def test_gradients_make_the_mistake_of_the_convolution(name: str, depth: int) -> None:
    """⟨conv(x, w), g⟩ = ⟨x, dx⟩ = ⟨w, dw⟩ holds for wrong convolutions too, as they are linear."""
    functions, random = NAMED[name].functions(), np.random.default_rng(5)
    images = random.integers(-9, 10, (2, 7, 6, 4)).astype(np.float64)
    filters = random.integers(-9, 10, (3, 2, depth, 8)).astype(np.float64)
    options = {"strides": [1, 2, 3, 1], "padding": [[0, 0], [1, 2], [2, 0], [0, 0]], "dilations": [1, 2, 1, 1]}
    output = functions["conv2d"](images, filters, **options)
    arriving = random.integers(-9, 10, output.shape).astype(np.float64)
    to_input = functions["conv2d_backprop_input"](images.shape, filters, out_backprop=arriving, **options)
    to_filters = functions["conv2d_backprop_filter"](images, filters.shape, out_backprop=arriving, **options)
    assert np.vdot(output, arriving) == np.vdot(images, to_input) == np.vdot(filters, to_filters)


def test_contributing_shows_a_defect_of_the_kit() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(Defect\(.*?)```", text, re.DOTALL)
    assert indent(code.rstrip(), "    ") in (ROOT / "conformance/defects/strides.py").read_text(encoding="utf-8")
