"""The mistakes that people make most, through the command: exit status 1, and the six facts."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT, Command

RECTANGLE = (
    "- {id: mine, input: [2, 9, 11, 3], filters: [4, 2, 3, 5], strides: [2, 3], output: [2, 3, 4, 5],\n"
    "   data: {input: arange, filters: 12 - arange}}\n"
)
BIASED = (
    "- {id: mine, input: [2, 4, 5, 3], filters: [2, 3, 3, 3], output: [2, 3, 3, 3], bias: [10, 100, 1000],\n"
    "   data: {input: arange, filters: 12 - arange}}\n"
)

FACTS = {
    "flipped": (
        RECTANGLE,
        "mine, conv2d (2×9×11×3) * (4×2×3×5) = (2×3×4×5)",
        "exact: equality; whole numbers, Σ|input·filters| + |bias| is at most 643,592 ≤ 2^24: every order of summation "
        "gives the same bits",
        "output[0, 0, 0, 0] is -26894, must be -86834: off by 59940, where no error is allowed",
        "120 of 120 elements",
        "it flips the filter in both axes: it computes a convolution where a cross-correlation is due",
    ),
    "strides_swapped": (
        RECTANGLE,
        "mine, conv2d (2×9×11×3) * (4×2×3×5) = (2×3×4×5)",
        "shape: the shape (2×3×4×5)",
        "none compared: the shape is (2×2×5×5), must be (2×3×4×5)",
        "all 120 elements",
        "it swaps the vertical and the horizontal stride",
    ),
    "bias_along_width": (
        BIASED,
        "mine, conv2d (2×4×5×3) * (2×3×3×3) + (3) = (2×3×3×3)",
        "exact: equality; whole numbers, Σ|input·filters| + |bias| is at most 37,435 ≤ 2^24: every order of summation "
        "gives the same bits",
        "output[0, 0, 0, 2] is -5381, must be -4391: off by 990, where no error is allowed",
        "36 of 54 elements",
        "it adds the bias along the width axis instead of the channels",
    ),
    "doubled": (
        RECTANGLE,
        "mine, conv2d (2×9×11×3) * (4×2×3×5) = (2×3×4×5)",
        "dtype: the dtype float32",
        "none compared: the dtype is float64, must be float32",
        "all 120 elements",
        "it computes in or converts to float64 where the operands are float32; the values are right; or it returns "
        "float64 whatever the operands are",
    ),
}


@pytest.mark.parametrize("mistake", FACTS)
def test_common_mistake_is_told_in_six_facts(command: Command, tmp_path: Path, mistake: str) -> None:
    text, case, *facts = FACTS[mistake]
    (tmp_path / "mine.yaml").write_text(text)
    spec = f"{ROOT}/tests/subjects.py:{mistake}"
    done = command("run", "mine.yaml", "-i", spec)
    told = done.stdout.split("failed mine\n")[1].splitlines()[:6]
    names = ("case:", "rule:", "worst:", "wrong:", "likely:", "again:")
    values = (f"{case}, by {spec}", *facts, f"conformance show mine mine.yaml -i {spec}")
    assert (done.returncode, told) == (
        1,
        [f"{name:<7} {value}" for name, value in zip(names, values, strict=True)],
    )
