"""Judgement: what must come out, and whether it did."""

from conformance.judgement.accuracy import Accuracy, Reached
from conformance.judgement.expected import Expected, expect
from conformance.judgement.verdict import Verdict, judge

__all__ = ["Accuracy", "Expected", "Reached", "Verdict", "expect", "judge"]
