"""Score other suites' cases for conv2d by the defects that they catch, next to this catalogue's.

    python benchmarks/peers.py [PROCESSES]

Each suite is scored three times: by its own criterion on its own data, in one call as it makes; by this project's
judgement on the same data; and by that on this project's whole numbers in the same shapes. So the first two tell what
the criterion misses, and the last two what the data hide. Shapes and data are in `benchmarks/peers/`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from conformance.case import Case, Operation, Tier
from conformance.catalogue import load_catalogue
from conformance.data import make_operands
from conformance.defects import DEFECTS, Defect
from conformance.errors import Unsupported
from conformance.implementations import Implementation, call
from conformance.judgement import expect
from conformance.kill_table import examine

FOLDER = Path(__file__).parent / "peers"

FORWARD = [defect for defect in DEFECTS if defect.operations(Operation.CONV2D)]


@dataclass(frozen=True)
class Closeness:
    """Another suite's criterion, which is measured here: |answer - right| ≤ absolute + relative · |right|.

    Shape and dtype must be the same too.
    """

    relative: float
    absolute: float


@dataclass(frozen=True)
class Suite:
    """Cases with their own data, and the suite's criterion; None where it is equality, as here."""

    name: str
    cases: list[Case]
    criterion: Closeness | None = None

    def own_score(self) -> str:
        """Return how many defects the suite's own criterion catches."""
        if self.criterion is None:
            return "–"
        caught = set().union(*(rejected(case, self.criterion) for case in self.cases))
        return share(len(caught))

    def our_score(self, jobs: int) -> str:
        """Return how many defects this project's judgement catches on the suite's data."""
        return share(len(caught_in(self.cases, jobs)))

    def with_our_data(self, jobs: int) -> str:
        """Return how many it catches with whole numbers in place of them."""
        return share(len(caught_in([replace(case, **whole_numbers(case)) for case in self.cases], jobs)))


def share(caught: int) -> str:
    """Return a number of defects, and its share of those of conv2d."""
    return f"{caught} ({caught / len(FORWARD):.0%})"


def rejected(case: Case, criterion: Closeness) -> set[str]:
    """Return the names of the defects that one call and the criterion reject."""
    operands = make_operands(case)
    right = expect(case, operands).value
    return {defect.name for defect in FORWARD if not is_close(case, defect, operands, right, criterion)}


def is_close(case: Case, defect: Defect, operands: Any, right: Any, criterion: Closeness) -> bool:
    """Tell whether a defect's answer to fresh operands meets the criterion, or is none because it is unsupported."""
    parts = {name: None if part is None else part.copy() for name, part in operands.given.items()}
    try:
        answer = call(Implementation(defect.name, "", dict(defect.functions())), case, replace(operands, **parts))
    except Unsupported:
        return True
    except Exception:
        return False
    if (answer.shape, answer.dtype.name) != (right.shape, case.out_dtype):
        return False
    return np.allclose(answer, right, criterion.relative, criterion.absolute, equal_nan=True)


def caught_in(cases: Sequence[Case], jobs: int) -> set[str]:
    """Return the names of the defects that this project's judgement rejects in some case."""
    return {name for _, rules in examine(cases, FORWARD, jobs) for name in rules}


def whole_numbers(case: Case) -> dict[str, Any]:
    """Return what makes a case one with this project's ordinary data."""
    return {"data": dict.fromkeys(case.operation.operands, "integers"), "literal": None}


def uniform(case: Case, random: np.random.Generator) -> Case:
    """Return a case with numbers from -9 to 9, as PyTorch's `make_tensor` draws them."""
    shapes = {"input": case.input, "filters": case.filters}
    data = {name: random.uniform(-9, 9, shape).tolist() for name, shape in shapes.items()}
    bias = None if case.bias is None else tuple(random.uniform(-9, 9, case.out_channels).tolist())
    return replace(case, data=data, bias=bias)


def parameters(case: Case) -> tuple[Any, ...]:
    """Return what tells one sample from another."""
    padding = ((0, 0), (0, 0)) if case.padding == "VALID" else case.padding
    return case.input, case.filters, case.bias is not None, case.strides, case.dilations, padding


def sampled() -> Iterator[tuple[Any, ...]]:
    """Yield the same for each sample of the installed PyTorch.

    Raises:
        ImportError: there is none, or it keeps its samples elsewhere.
    """
    import torch
    from torch.testing._internal.common_methods_invocations import sample_inputs_conv2d

    def pair(number: Any) -> tuple[int, ...]:
        return (number, number) if isinstance(number, int) else tuple(number)

    for sample in sample_inputs_conv2d(None, "cpu", torch.float32, requires_grad=False):
        weight, bias = sample.args
        *batch, channels, height, width = sample.input.shape
        out_channels, depth, *taps = weight.shape
        options = {"stride": 1, "padding": 0, "dilation": 1} | sample.kwargs
        padding = {"same": "SAME", "valid": 0}.get(options["padding"], options["padding"])
        pads = padding if padding == "SAME" else tuple((side, side) for side in pair(padding))
        steps = pair(options["stride"]), pair(options["dilation"])
        image, filters = (*(batch or [1]), height, width, channels), (*taps, depth, out_channels)
        yield image, filters, bias is not None, *steps, pads


def compared_with_installed(cases: Sequence[Case]) -> str:
    """Return in words whether the recorded samples are those of the installed PyTorch."""
    try:
        drawn = set(sampled())
    except ImportError as error:
        return f"not installed ({error}); its samples as recorded in {FOLDER.name}/pytorch.yaml"
    recorded = {parameters(case) for case in cases}
    if drawn == recorded:
        return "installed, and its samples are those recorded"
    new, gone = len(drawn - recorded), len(recorded - drawn)
    return f"installed, with {new} samples that are not recorded, and without {gone} that are"


def suites() -> list[Suite]:
    """Return the suites to be scored."""
    core = [case for case in load_catalogue() if case.operation is Operation.CONV2D]
    core = [case for case in core if case.tier is Tier.CORE]
    random = np.random.default_rng(1)
    samples = [uniform(case, random) for case in load_catalogue([FOLDER / "pytorch.yaml"])]
    return [
        Suite("the ten notebook cases", [case for case in core if "notebook" in case.tags]),
        # ONNX: its backend test runner's defaults; PyTorch: those of torch.testing.assert_close for float32
        Suite("ONNX, node cases of Conv", load_catalogue([FOLDER / "onnx.yaml"]), Closeness(1e-3, 1e-7)),
        Suite("PyTorch, OpInfo samples of conv2d", samples, Closeness(1.3e-6, 1e-5)),
        Suite("this catalogue's core, conv2d", core),
    ]


def main() -> None:
    """Print the table in Markdown."""
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 1
    *peers, own = suites()
    print(f"{len(FORWARD)} defects of conv2d; PyTorch is {compared_with_installed(peers[-1].cases)}\n")
    print("| suite | cases | caught by its own criterion | by ours, on its data | by ours, on our data |")
    print("|---|---|---|---|---|")
    for suite in peers:
        scores = suite.own_score(), suite.our_score(jobs), suite.with_our_data(jobs)
        print(f"| {suite.name} | {len(suite.cases)} | {' | '.join(scores)} |", flush=True)
    print(f"| {own.name} | {len(own.cases)} | – | – | {own.our_score(jobs)} |")


if __name__ == "__main__":
    main()
