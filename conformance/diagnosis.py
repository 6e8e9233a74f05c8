"""Which known mistake explains a wrong answer: the defects that give the very same numbers."""

from __future__ import annotations

import numpy as np

from conformance.case import Case, DType, Operation, numpy_dtype
from conformance.data import Array, Operands
from conformance.defects import FORWARD
from conformance.implementations.call import call_arguments
from conformance.judgement import Expected
from conformance.judgement.bound import elementwise

__all__ = ["diagnose"]


@np.errstate(invalid="ignore", over="ignore")
def diagnose(case: Case, operands: Operands, expected: Expected, answer: Array) -> list[str]:
    """Return the mistakes that explain `answer`, each completing "it …"; empty where no known one does.

    Args:
        case: what was asked.
        operands: the data that it was asked with.
        expected: the right answer, which `answer` is not.
        answer: what came.
    """
    if answer.dtype.kind not in "fiub" and answer.dtype.name not in set(DType):
        return []
    if answer.dtype.name != case.out_dtype:
        other = f"computes in or converts to {answer.dtype} where the operands are {case.out_dtype}"
        if answer.shape == case.output and _agrees(case, expected, answer, expected.value):
            return [f"{other}; the values are right"]
    if case.operation is not Operation.CONV2D:
        return []
    keywords = call_arguments(case)
    double = [None if part is None else part.astype(np.float64) for part in (operands.input, operands.filters)]
    bias = None if operands.bias is None else operands.bias.astype(np.float64)
    explanations: dict[str, None] = {}
    for defect in FORWARD:
        try:
            wrong = defect.conv2d(double[0], double[1], **keywords, bias=bias)
        except (ValueError, IndexError):
            continue
        if np.array_equal(wrong, expected.value, equal_nan=True):
            continue  # the defect does no harm here
        if wrong.shape == answer.shape and _agrees(case, expected, answer, wrong):
            explanations[defect.mistake] = None
    return list(explanations)


def _agrees(case: Case, expected: Expected, answer: Array, wrong: Array) -> bool:
    """Tell whether `answer` is `wrong`, to the last bit where the data allow it, else within the largest bound."""
    limit = 0.0
    if not expected.exact:
        limit = float(elementwise(expected.largest, expected.magnitude, expected.terms, case.out_dtype).max(initial=0))
    rounded = wrong.astype(numpy_dtype(case.out_dtype)).astype(np.float64)
    given = answer.astype(np.float64)
    same = (given == rounded) | (np.isnan(given) & np.isnan(rounded))
    return bool(np.all(same | (np.abs(given - rounded) <= limit)))
