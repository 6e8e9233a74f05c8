"""Wrong answers are rejected in every dtype, each by the rule that should, and docs/judgement.md says by which."""

from __future__ import annotations

import runpy
from functools import cache

import pytest
from conftest import ROOT

from conformance.case import DType

TABLE = runpy.run_path(str(ROOT / "benchmarks" / "judgement_table.py"))
DTYPES: list[DType] = TABLE["DTYPES"]

HELD = {
    ("TF32 operands", DType.FLOAT16),
    ("float16 operands", DType.FLOAT16),
    ("TF32 operands", DType.BFLOAT16),
    ("bfloat16 operands", DType.BFLOAT16),
    ("float16 operands", DType.BFLOAT16),
}
"""Roundings that change nothing, the dtype's numbers being held by the other."""

ROUNDING = {("one element off by one ulp", dtype) for dtype in DTYPES} | {
    ("one element 0.1 % off in 10^5", DType.FLOAT16),
    ("one element 0.1 % off in 10^5", DType.BFLOAT16),
}
"""Changes of real numbers no larger than a legal rounding."""


@cache
def verdicts(numbers: str, dtype: DType) -> dict[str, str]:
    found: dict[str, str] = TABLE["verdicts"](dtype, TABLE[numbers](dtype))
    return found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("defect", TABLE["DEFECTS"])
def test_whole_numbers_reject_by_equality(defect: str, dtype: DType) -> None:
    assert verdicts("whole_numbers", dtype)[defect] == ("the same" if (defect, dtype) in HELD else "exact")


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype is not DType.INT32])
@pytest.mark.parametrize("defect", TABLE["DEFECTS"])
def test_real_numbers_reject_by_the_bound(defect: str, dtype: DType) -> None:
    wanted = "the same" if (defect, dtype) in HELD else "passes" if (defect, dtype) in ROUNDING else "bound"
    assert verdicts("real_numbers", dtype)[defect] == wanted


def test_the_document_holds_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    TABLE["main"]()
    document = (ROOT / "docs" / "judgement.md").read_text(encoding="utf-8")
    assert document.split("<!-- tables -->\n")[1] == capsys.readouterr().out
