"""Print which rule rejects which wrong answer, in every dtype: the tables of docs/judgement.md.

One problem of 100,000 outputs of 27 products each, once with whole numbers, for which equality is proved, and once with
normal deviates, which are judged by their bound.

    python benchmarks/judgement_table.py
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np

from conformance.case import Case, DType, Operation, numpy_dtype
from conformance.data import Array, Operands
from conformance.judgement import Expected, expect, judge
from reference import windows

CASE = Case("wrong", Operation.CONV2D, (5, 52, 52, 3), (3, 3, 3, 8), (5, 50, 50, 8), {})

DTYPES = [dtype for dtype in DType if dtype is not DType.INT8]
"""Those of which operands and output are."""

ODD_BITS = {DType.FLOAT16: 10, DType.BFLOAT16: 8}
"""Bits of the whole numbers in the image, where not 12: as many as the dtype holds, or as its largest number allows."""

Wrong = Callable[[Operands, Expected], Array]


def tf32(array: Array) -> Array:
    """Round to the 11 significant bits of TF32, ties to even."""
    significand, exponent = np.frexp(array.astype(np.float64))
    return np.ldexp(np.rint(significand * 2**11), exponent - 11)


def low(dtype: Any) -> Callable[[Array], Array]:
    """Return the rounding to a dtype."""
    return lambda array: array.astype(dtype).astype(np.float64)


LOW = {"TF32": tf32, "bfloat16": low(ml_dtypes.bfloat16), "float16": low(np.float16)}


def right(operands: Operands, _: Expected) -> Array:
    """Sum as the accumulator does, or better, and round once."""
    return windows.conv2d(operands.input.astype(np.float64), operands.filters.astype(np.float64))


def rounded_operands(operands: Operands, _: Expected, rounding: Callable[[Array], Array]) -> Array:
    """Round the operands first."""
    return windows.conv2d(rounding(operands.input), rounding(operands.filters))


def rounded_sums(operands: Operands, expected: Expected, rounding: Callable[[Array], Array]) -> Array:
    """Round every product and every partial sum."""
    image, filters = operands.input.astype(np.float64), operands.filters.astype(np.float64)
    total = np.zeros(CASE.output)
    for row, column, channel in np.ndindex(*CASE.filters[:3]):
        seen = image[:, row : row + CASE.output[1], column : column + CASE.output[2], channel, None]
        total = rounding(total + rounding(seen * filters[row, column, channel]))
    return total


def dropped_tap(operands: Operands, expected: Expected) -> Array:
    """Leave out the last row's last tap."""
    filters = operands.filters.astype(np.float64)
    filters[-1, -1] = 0
    return windows.conv2d(operands.input.astype(np.float64), filters)


def one_off(operands: Operands, expected: Expected, factor: float) -> Array:
    """Change one element of ordinary size by a factor, at least to the next number of the dtype."""
    output = expected.value.copy()
    place = np.argsort(np.abs(output), axis=None)[output.size // 2]
    was = output.flat[place].astype(operands.input.dtype)
    now = (output.flat[place] * factor).astype(operands.input.dtype)
    up = was + 1 if was.dtype.kind == "i" else np.nextafter(was, was.dtype.type(np.inf))
    output.flat[place] = up if now == was else now
    return output


def stale_column(operands: Operands, expected: Expected) -> Array:
    """Leave one column of the output from an earlier call."""
    output = expected.value.copy()
    output[:, :, 17] = right(Operands(operands.input[::-1, ::-1], operands.filters, None), expected)[:, :, 17]
    return output


DEFECTS: dict[str, Wrong] = {
    **{f"{name} operands": partial(rounded_operands, rounding=rounding) for name, rounding in LOW.items()},
    **{f"{name} accumulator": partial(rounded_sums, rounding=rounding) for name, rounding in LOW.items()},
    "one tap dropped": dropped_tap,
    "one element off by one ulp": partial(one_off, factor=1.0),
    "one element 0.1 % off in 10^5": partial(one_off, factor=1.001),
    "one output column stale": stale_column,
}


def whole_numbers(dtype: DType) -> Operands:
    """Return odd whole numbers for the image, ±1 and ±2 for the filters."""
    random = np.random.default_rng(1)
    half = 2 ** (ODD_BITS.get(dtype, 12) - 1)
    image = (half + 1 + 2 * random.integers(0, half // 2, CASE.input)) * random.choice([-1, 1], CASE.input)
    filters = random.choice([-2, -1, 1, 2], CASE.filters)
    return Operands(image.astype(numpy_dtype(dtype)), filters.astype(numpy_dtype(dtype)), None)


def real_numbers(dtype: DType) -> Operands:
    """Return normal deviates."""
    random = np.random.default_rng(2)
    image, filters = random.standard_normal(CASE.input), random.standard_normal(CASE.filters)
    return Operands(image.astype(numpy_dtype(dtype)), filters.astype(numpy_dtype(dtype)), None)


@np.errstate(over="ignore", invalid="ignore")
def verdicts(dtype: DType, operands: Operands) -> dict[str, str]:
    """Return for each defect the rule that rejects it; `passes` where none does, `the same` where no number changes."""
    case = Case(CASE.id, CASE.operation, CASE.input, CASE.filters, CASE.output, {}, dtype=dtype)
    expected = expect(case, operands)
    good = right(operands, expected).astype(numpy_dtype(dtype))
    assert judge(case, expected, good).passed, f"the right answer must pass in {dtype}, but does not"
    found = {}
    for name, defect in DEFECTS.items():
        answer = defect(operands, expected).astype(numpy_dtype(dtype))
        verdict = judge(case, expected, answer)
        found[name] = "the same" if np.array_equal(answer, good) else "passes" if verdict.passed else verdict.rule
    return found


def table(numbers: Callable[[DType], Operands], dtypes: list[DType]) -> str:
    """Return a table in Markdown: a row for each defect, a column for each dtype."""
    columns = [verdicts(dtype, numbers(dtype)) for dtype in dtypes]
    rows = [["", *dtypes], ["---"] * (len(dtypes) + 1)]
    rows += [[name, *(column[name] for column in columns)] for name in DEFECTS]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Print both tables."""
    print("Whole numbers:\n")
    print(table(whole_numbers, DTYPES))
    print("\nNormal deviates:\n")
    print(table(real_numbers, [dtype for dtype in DTYPES if dtype is not DType.INT32]))


if __name__ == "__main__":
    main()
