"""The kit: its right convolution is right, and every defect is rejected on the shipped catalogue and recognised."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.case import Case, Outcome
from conformance.catalogue import load_catalogue
from conformance.data import make_operands
from conformance.defects import DEFECTS, RIGHT, Defect
from conformance.implementations import Implementation
from conformance.judgement import expect
from conformance.runner import attempt

CASES = load_catalogue()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_steps_as_they_are_make_no_mistake(case: Case) -> None:
    operands = make_operands(case)
    expected = expect(case, operands)
    answer = RIGHT.answer(case, operands)
    assert answer.shape == case.output
    if expected.exact:
        np.testing.assert_array_equal(answer.astype(np.float64), expected.value)


@pytest.mark.parametrize("defect", DEFECTS, ids=[defect.name for defect in DEFECTS])
def test_defect_is_rejected_and_named(defect: Defect) -> None:
    implementation = Implementation(defect.name, "", dict(defect.functions()))
    results = [attempt(case, implementation).result for case in CASES]
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    assert failed


def test_names_are_unique() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)
