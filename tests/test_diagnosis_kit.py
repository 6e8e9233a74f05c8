"""The diagnosis of whole runs: defects of the kit, judged as implementations that nobody knows, are named.

A sample; `benchmarks/diagnosis_score.py` scores all.
"""

from __future__ import annotations

import pytest
from mistakes import diagnosed

from conformance.case import Tier
from conformance.catalogue import load_catalogue
from conformance.defects import DEFECTS, Defect
from conformance.implementations import Implementation
from conformance.selection import select

CASES = select(load_catalogue(), tier=Tier.CORE)

SAMPLE = [defect for defect in DEFECTS if not defect.survives][::24]

NO_HURRY = 120.0
"""Seconds: many times what it takes, so that a busy machine changes nothing."""


@pytest.mark.parametrize("defect", SAMPLE, ids=[defect.name for defect in SAMPLE])
def test_sentence_of_a_defect_is_among_the_first_three(defect: Defect) -> None:
    implementation = Implementation("unknown", "", dict(defect.functions()))
    told = [finding.mistake for finding in diagnosed(implementation, CASES, DEFECTS, NO_HURRY).findings]
    assert defect.mistake in told[:3]
