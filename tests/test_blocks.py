"""The oracle's blocks: they cover the output, and keep within the budget."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from reference import blocks, oracle
from reference.arguments import prepare


@pytest.mark.parametrize("budget", [1, 5_000, 100_000, 2**30])
def test_boxes_cover_every_output_once(budget: int) -> None:
    problem = prepare("conv2d", np.ones((3, 11, 9, 2)), np.ones((3, 2, 2, 4)), (2, 1), "SAME", None, 1)
    count = np.zeros((3, *problem.out_sizes), np.int64)
    for box in blocks.boxes(problem, budget):
        count[box] += 1
    np.testing.assert_array_equal(count, 1)


@pytest.mark.parametrize("name", ["float32", "float64", "int64"])
@pytest.mark.parametrize("filters", [(3, 3, 24, 32), (7, 7, 24, 4), (3, 3, 1, 24)], ids=["3x3", "7x7", "depthwise"])
def test_oracle_stays_within_its_budget(name: str, filters: tuple[int, ...]) -> None:
    generator = np.random.default_rng(2)
    image, weights = ((generator.standard_normal(shape) * 2**20).astype(name) for shape in ((1, 48, 40, 24), filters))
    for budget in (2**22, 2**24):
        tracemalloc.start()
        answer = oracle.conv2d(image, weights, padding="SAME", budget=budget)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak - answer.value.nbytes - answer.magnitude.nbytes <= budget
