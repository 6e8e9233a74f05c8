"""Every defect of the kit is rejected on the shipped catalogue, and recognised where it is."""

from __future__ import annotations

import pytest

from conformance.case import Outcome
from conformance.catalogue import load_catalogue
from conformance.defects import FORWARD, Defect
from conformance.implementations import Implementation
from conformance.runner import attempt

CASES = [case for case in load_catalogue() if not case.refuses]  # which have tests of their own


@pytest.mark.parametrize("defect", FORWARD, ids=[defect.name for defect in FORWARD])
def test_defect_is_rejected_and_named(defect: Defect) -> None:
    implementation = Implementation(defect.name, "", {"conv2d": defect.conv2d})
    results = [attempt(case, implementation).result for case in CASES]
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    assert failed
    assert all(defect.mistake in result.diagnosis for result in failed)


def test_names_are_unique() -> None:
    assert len({defect.name for defect in FORWARD}) == len(FORWARD)
