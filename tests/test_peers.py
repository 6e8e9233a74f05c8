"""The peers' cases as they are recorded: right by their own outputs, and different from each other."""

from __future__ import annotations

import re
import runpy

import numpy as np
import pytest
from conftest import ROOT

from conformance.case import Outcome
from conformance.catalogue import load_catalogue
from conformance.data import make_operands
from conformance.defects import Defect
from conformance.defects.defect import Finish
from conformance.implementations import load_implementation
from conformance.judgement import expect
from conformance.runner import attempt

FILES = {name: ROOT / "benchmarks" / "peers" / f"{name}.yaml" for name in ("onnx", "pytorch")}

README = (ROOT / "README.md").read_text(encoding="utf-8")

PEERS = runpy.run_path(str(ROOT / "benchmarks" / "peers.py"))

WRONG = [
    ("by a ten-thousandth", lambda output, call: output * (1 + 1e-4), True),
    ("by a hundredth", lambda output, call: output * 1.01, False),
    ("in a dtype", lambda output, call: output.astype(np.float64), False),
    ("in a shape", lambda output, call: output[:, 1:], False),
]


@pytest.mark.parametrize(("how", "change", "accepted"), WRONG, ids=[how for how, _, _ in WRONG])
def test_criterion_of_onnx_accepts_what_it_should_not(how: str, change: Finish, accepted: bool) -> None:
    case = load_catalogue([FILES["onnx"]])[0]
    operands = make_operands(case)
    closeness = PEERS["Closeness"](relative=1e-3, absolute=1e-7)
    defect = Defect("wrong", "tolerance", f"is wrong {how}", returned=change)
    assert PEERS["is_close"](case, defect, operands, expect(case, operands).value, closeness) is accepted


@pytest.mark.parametrize("name", FILES)
def test_reference_passes_them(name: str) -> None:
    results = [attempt(case, load_implementation("reference")) for case in load_catalogue([FILES[name]])]
    assert {each.result.outcome for each in results} == {Outcome.PASSED}


def test_onnx_states_every_output() -> None:
    assert all(case.literal is not None for case in load_catalogue([FILES["onnx"]]))


def test_samples_of_pytorch_differ() -> None:
    cases = load_catalogue([FILES["pytorch"]])
    asked = {(case.input, case.filters, case.strides, case.dilations, case.padding, case.bias) for case in cases}
    assert len(asked) == len(cases)


def test_readme_counts_the_same_cases_and_defects() -> None:
    section = README[README.index("(`python benchmarks/peers.py`)") :]
    counts = re.findall(r"^\| .+? \| (\d+) \|", section, re.MULTILINE)[:4]
    assert [int(count) for count in counts] == [len(suite.cases) for suite in PEERS["suites"]()]
    assert f"Of the {len(PEERS['FORWARD'])} that are mistakes of `conv2d`" in README
    (caught,) = re.findall(r"^\| this catalogue's core \| \d+ \| – \| (\d+) \|", section, re.MULTILINE)
    assert f"The other {len(PEERS['FORWARD']) - int(caught)} accept" in README
