"""Judgement: what must come out, and whether it did."""

from conformance.judgement.expected import Expected, expect
from conformance.judgement.verdict import Verdict, judge

__all__ = ["Expected", "Verdict", "expect", "judge"]
