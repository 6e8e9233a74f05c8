"""The whole catalogue as tests, for `pytest --pyargs conformance.suite --implementation SPEC`."""

from __future__ import annotations

from conformance.testing import TestCase

__all__ = ["test_case"]


def test_case(case: TestCase, implementation: str) -> None:
    """Judge one case."""
    __tracebackhide__ = True
    case.judge(implementation)
