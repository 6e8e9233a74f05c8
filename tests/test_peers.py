"""The peers' cases as they are recorded: right by their own outputs, and different from each other."""

from __future__ import annotations

import pytest
from conftest import ROOT

from conformance.case import Outcome
from conformance.catalogue import load_catalogue
from conformance.implementations import load_implementation
from conformance.runner import run

FILES = {name: ROOT / "benchmarks" / "peers" / f"{name}.yaml" for name in ("onnx", "pytorch")}


@pytest.mark.parametrize("name", FILES)
def test_reference_passes_them(name: str) -> None:
    results = list(run(load_catalogue([FILES[name]]), load_implementation("reference")))
    assert {result.outcome for result in results} == {Outcome.PASSED}


def test_onnx_states_every_output() -> None:
    assert all(case.literal is not None for case in load_catalogue([FILES["onnx"]]))


def test_samples_of_pytorch_differ() -> None:
    cases = load_catalogue([FILES["pytorch"]])
    asked = {(case.input, case.filters, case.strides, case.dilations, case.padding, case.bias) for case in cases}
    assert len(asked) == len(cases)
