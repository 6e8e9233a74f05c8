"""Time a run of the shipped catalogue over its calls alone, and over a run without guards, repeats and proofs.

Everything in one process, in turn; medians.

    python benchmarks/trial_cost.py [RUNS]

*Bare* are the three calls that the harness makes of each case, with data that are there already; nothing is looked at.
*Without* is what any harness has to do: the data made, the right answer found once, one call with plain contiguous
arrays, and the comparison with it. *With* is `conformance.runner.attempt`: guard zones, kinds of memory, three calls,
other data and their right answer. TensorFlow is imported and has run all cases before the first measurement; what it
does not support is left out, and so is what must be refused, and the tier `full`. The goal is 3 over the bare calls.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from time import perf_counter

import numpy as np
from ratios import ratio_of

from conformance.case import Case, Outcome, Tier
from conformance.catalogue import load_catalogue
from conformance.data import channels_last, laid_out, make_operands
from conformance.implementations import Implementation, call, load_implementation
from conformance.judgement import expect, judge
from conformance.runner import attempt
from conformance.selection import select


class Bare:
    """The calls that a trial makes, and nothing else."""

    def __init__(self, cases: list[Case]) -> None:
        self._operands = {case.id: laid_out(case, make_operands(case)) for case in cases}

    def __call__(self, case: Case, implementation: Implementation) -> bool:
        """Call three times."""
        for _ in range(3):
            call(implementation, case, self._operands[case.id])
        return True


def without(case: Case, implementation: Implementation) -> bool:
    """Judge one call, and return whether it is right."""
    operands = make_operands(case)
    answer = np.array(call(implementation, case, laid_out(case, operands)))
    return judge(case, expect(case, operands), channels_last(case, answer)).passed


def full(case: Case, implementation: Implementation) -> bool:
    """Judge a whole trial, and return whether all of it is right."""
    return attempt(case, implementation).result.outcome is Outcome.PASSED


def seconds(judge_case: Callable[[Case, Implementation], bool], cases: list[Case], judged: Implementation) -> float:
    """Return the wall time of judging all cases, every one of which has to pass."""
    start = perf_counter()
    passed = [judge_case(case, judged) for case in cases]
    elapsed = perf_counter() - start
    if not all(passed):
        raise SystemExit(f"only {sum(passed)} of {len(cases)} cases pass; the times would mean nothing")
    return elapsed


def main() -> None:
    """Judge the catalogue both ways in turn, and print medians and their ratio."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    judged = load_implementation("tensorflow")
    asked = [case for case in select(load_catalogue(), tier=Tier.CORE) if not case.refuses]
    cases = [case for case in asked if attempt(case, judged).result.outcome is Outcome.PASSED]
    ways = {"bare": Bare(cases), "without": without, "with": full}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs + 1):  # the first warms up
        for name, way in ways.items():
            times[name].append(seconds(way, cases, judged))
    for name, measured in times.items():
        print(f"{name:<8} median {1000 * statistics.median(measured[1:]):.1f} ms, {len(cases)} cases")
    for way in ("bare", "without"):
        print(ratio_of(f"with over {way}", times["with"][1:], times[way][1:]))


if __name__ == "__main__":
    main()
