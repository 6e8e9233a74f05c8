"""Right implementations, which every case must accept: a case that rejects one of them raises a false alarm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.case import Case, Outcome
from conformance.errors import Unavailable
from conformance.expectations import Expectations
from conformance.implementations import load_implementation
from conformance.judgement import Accuracy
from conformance.runner import Result, attempt

__all__ = ["LEGAL", "Trusted", "trust"]

_ALGORITHMS = (
    *("naive", "windows", "strided", "submatrix", "im2col", "toeplitz"),
    *("fourier", "fast", "taprows", "kn2row", "winograd", "naive_gradients"),
)

LEGAL = ("tensorflow", "reference", *(f"reference.{name}" for name in _ALGORITHMS))
"""Their SPECs, the slowest to start first."""

_NORMWISE = "reference.winograd"
"""Promises a small error of the largest number of a tile only, and that infinities and NaN spread over the tile."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """What became of the cases with a right implementation.

    Attributes:
        name: the SPEC.
        version: of the framework, if it is one.
        missing: why it cannot be asked, or nothing.
        passed: how many cases it passes.
        unsupported: how many it does not offer, does not promise, or is known to fail.
        alarms: by the id of a case, why the case rejects it.
    """

    name: str
    version: str
    missing: str
    passed: int
    unsupported: int
    alarms: dict[str, str]


def trust(spec: str, cases: Sequence[Case]) -> Trusted:
    """Run all cases on what `spec` names, and return those that reject it."""
    try:
        implementation = load_implementation(spec)
    except Unavailable as error:
        return Trusted(spec, "", str(error), 0, 0, {})
    demand = Accuracy.FAST_ALGORITHM if spec == _NORMWISE else Accuracy.EXACT_ORDER
    awaited = Expectations().of(spec, implementation.version)
    results = [awaited.apply(attempt(case, implementation, demand=demand).result) for case in cases]
    passed = sum(result.outcome is Outcome.PASSED for result in results)
    alarms = {result.case.id: result.detail for result in results if _is_alarm(result)}
    return Trusted(spec, implementation.version, "", passed, len(results) - passed - len(alarms), alarms)


def _is_alarm(result: Result) -> bool:
    if result.implementation == _NORMWISE and result.rule == "special":
        return False
    return result.outcome not in (Outcome.PASSED, Outcome.UNSUPPORTED, Outcome.KNOWN)
