"""Mistakes of arithmetic: operands, sums and results in a format that is too narrow, and results of another scale."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import ml_dtypes
import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Change, Compute, Defect, Finish
from conformance.defects.operands import forward, has_image, on_operands, parts, products
from conformance.defects.steps import contract

__all__ = ["DEFECTS", "operands", "through"]

Rounding = Callable[[Array], Array]


def through(dtype: type) -> Rounding:
    """Return the rounding to a dtype."""
    return lambda numbers: numbers.astype(dtype).astype(numbers.dtype)


def _cut_off(bits: int, nearest: bool) -> Rounding:
    """Return the rounding of float32's 24 significant bits to fewer, to the nearest or towards 0."""
    step = 2 ** (24 - bits)

    def rounded(numbers: Array) -> Array:
        raw = numbers.astype(np.float32).view(np.uint32).astype(np.uint64)
        if nearest:
            raw += step // 2 - 1 + (raw // step) % 2
        found = (raw // step * step).astype(np.uint32).view(np.float32).astype(numbers.dtype)
        return np.where(np.isfinite(numbers), found, numbers)

    return rounded


def operands(rounding: Rounding, *dtypes: str, only: tuple[str, ...] = ()) -> Change:
    """Return the change that rounds the operands of some dtypes."""
    return on_operands(lambda part, call: rounding(part) if call.operand_dtype.name in dtypes else part, *only)


def _summed_in(rounding: Rounding, *dtypes: str) -> Compute:
    """Return a contraction whose sum is rounded after each tap, or after each image for the filters' gradient."""

    def computed(call: Call) -> Array:
        if call.operand_dtype.name not in dtypes:
            return contract(call)
        total = None
        for part in parts(call):
            total = rounding(contract(part) if total is None else total + contract(part))
        return contract(call) if total is None else total

    return computed


def _result(rounding: Rounding, *dtypes: str) -> Finish:
    return lambda output, call: rounding(output) if call.operand_dtype.name in dtypes else output


def _wrapping(kind: type[np.signedinteger]) -> Rounding:
    return lambda numbers: numbers.astype(np.int64).astype(kind).astype(np.int64)


def _saturating(kind: type[np.signedinteger]) -> Rounding:
    limits = np.iinfo(kind)
    return lambda numbers: np.clip(numbers, limits.min, limits.max)


def _in_pairs(call: Call) -> Array:
    """Return sums whose products are added in pairs that saturate in int16 (VPMADDUBSW)."""
    if call.operand_dtype != np.int8 or call.filters is None:
        return contract(call)
    pairs = -(-prod(call.filters_shape[:-1]) // 2)
    sums = [contract(products(call, lambda number, pair=pair: number // 2 == pair)) for pair in range(pairs)]  # type: ignore[misc]
    return np.asarray(sum((_saturating(np.int16)(part) for part in sums), np.zeros((), np.int64)))


def _divided(by: Callable[[Call], int]) -> Finish:
    def finished(output: Array, call: Call) -> Array:
        count = max(1, by(call))
        return output // count if output.dtype.kind == "i" else output / count

    return finished


def _narrow_result(output: Array, call: Call) -> Array:
    """Round towards 0 instead of to the nearest, in the dtypes that results are rounded to."""
    bits = {"float16": 11, "bfloat16": 8}.get(call.dtype.name)
    return output if bits is None else _cut_off(bits, nearest=False)(output)


def _whole_levels(part: Array, call: Call) -> Array:
    """Round to 127 levels of the largest magnitude, as quantised filters are."""
    largest = np.abs(part).max(initial=0) if part.dtype.kind == "f" else 0
    if largest == 0 or not np.isfinite(largest):
        return part
    return np.rint(part * 127 / largest) * largest / 127


def _in_image(call: Call) -> Array:
    """Return how many taps of each window lie in the image, (*out_sizes, 1)."""
    counts = np.ones((1,) * call.rank)
    for axis, met in enumerate(call.tables):
        counts = counts * (met >= 0).sum(axis=1).reshape(-1, *(1,) * (call.rank - 1 - axis))
    return counts[..., None]


_OPERANDS, _SUMS, _RESULTS, _INT8, _SCALE = "narrow operands", "narrow sums", "narrow results", "int8", "scale and sign"
_REAL = ("float32", "float64")
_BFLOAT16, _FLOAT16, _FLOAT32 = through(ml_dtypes.bfloat16), through(np.float16), through(np.float32)

_NARROW_OPERANDS = (
    *(
        Defect(f"operands-{name}", _OPERANDS, f"rounds the operands to {words}", asked=operands(rounding, *dtypes))
        for name, words, rounding, dtypes in (
            ("tf32", "TF32", _cut_off(11, nearest=True), _REAL),
            ("bfloat16", "bfloat16", _BFLOAT16, (*_REAL, "float16")),
            ("float16", "float16", _FLOAT16, _REAL),
            ("bfloat16-cut-off", "bfloat16 by cutting their last bits off", _cut_off(8, nearest=False), _REAL),
            ("float32", "float32 where they are float64", _FLOAT32, ("float64",)),
            ("integers-float32", "float32 where they are integers", _FLOAT32, ("int32",)),
            ("whole", "whole numbers", np.trunc, (*_REAL, "float16", "bfloat16")),
        )
    ),
    Defect(
        "filters-bfloat16",
        _OPERANDS,
        "rounds the filters to bfloat16",
        asked=operands(_BFLOAT16, *_REAL, only=("filters",)),
    ),
    Defect(
        "input-bfloat16", _OPERANDS, "rounds the input to bfloat16", asked=operands(_BFLOAT16, *_REAL, only=("input",))
    ),
    Defect("filters-quantised", _OPERANDS, "rounds the filters to 8 bits", asked=on_operands(_whole_levels, "filters")),
    Defect(
        "input-quantised",
        _OPERANDS,
        "rounds the input to 8 bits",
        asked=on_operands(_whole_levels, "input", "arriving"),
    ),
)

_NARROW_SUMS = tuple(
    Defect(f"sums-{name}", _SUMS, f"sums in {words}", contract=_summed_in(rounding, *dtypes))
    for name, words, rounding, dtypes in (
        ("float16", "float16 where the operands are float16", _FLOAT16, ("float16",)),
        ("bfloat16", "bfloat16 where the operands are bfloat16", _BFLOAT16, ("bfloat16",)),
        ("float16-for-float32", "float16 where the operands are float32", _FLOAT16, ("float32",)),
        ("bfloat16-for-float32", "bfloat16 where the operands are float32", _BFLOAT16, ("float32",)),
        ("tf32-for-float32", "TF32 where the operands are float32", _cut_off(11, nearest=True), ("float32",)),
        ("float32-for-float64", "float32 where the operands are float64", _FLOAT32, ("float64",)),
        ("float32-for-int32", "float32 where the operands are int32", _FLOAT32, ("int32",)),
        ("int16-wrapping", "int16 that wraps round", _wrapping(np.int16), ("int8",)),
        ("int16-saturating", "int16 that saturates", _saturating(np.int16), ("int8",)),
        ("float16-for-int8", "float16 where the operands are int8", _FLOAT16, ("int8",)),
        ("int16-for-int32", "int16 where the operands are int32", _wrapping(np.int16), ("int32",)),
    )
)

_NARROW_RESULTS = (
    *(
        Defect(f"result-{name}", _RESULTS, f"rounds the result to {words}", finished=_result(rounding, *dtypes))
        for name, words, rounding, dtypes in (
            ("bfloat16", "bfloat16", _BFLOAT16, (*_REAL, "float16")),
            ("float16", "float16", _FLOAT16, (*_REAL, "bfloat16")),
            ("float32", "float32 where it must be float64", _FLOAT32, ("float64",)),
            ("float32-for-int32", "float32 where it must be int32", _FLOAT32, ("int32", "int8")),
            ("whole", "whole numbers", np.rint, (*_REAL, "float16", "bfloat16")),
            ("24-bits", "24 bits, which wrap round", lambda n: (n + 2**23) % 2**24 - 2**23, ("int32", "int8")),
        )
    ),
    Defect("result-cut-off", _RESULTS, "cuts the result's last bits off instead of rounding", finished=_narrow_result),
)

_OF_INT8 = (
    Defect("int8-pairs", _INT8, "adds the products of int8 in pairs that saturate in int16", contract=_in_pairs),
    Defect(
        "int8-input-unsigned",
        _INT8,
        "reads the input's int8 as unsigned",
        asked=operands(lambda numbers: numbers % 256, "int8", only=("input",)),
    ),
    Defect(
        "int8-filters-unsigned",
        _INT8,
        "reads the filters' int8 as unsigned",
        asked=operands(lambda numbers: numbers % 256, "int8", only=("filters",)),
    ),
    Defect(
        "int8-symmetric",
        _INT8,
        "takes -128 for -127",
        asked=operands(lambda numbers: np.maximum(numbers, -127), "int8"),
    ),
    Defect("int8-clipped", _INT8, "clips sums of int8 to int8", finished=_result(_saturating(np.int8), "int8")),
    Defect("int8-wrapped", _INT8, "wraps sums of int8 round in int8", finished=_result(_wrapping(np.int8), "int8")),
)

_OF_SCALE = (
    Defect(
        "clipped-below", _SCALE, "gives 0 for negative results", finished=lambda output, call: np.maximum(output, 0)
    ),
    Defect("clipped-to-six", _SCALE, "clips results to 0 to 6", finished=lambda output, call: np.clip(output, 0, 6)),
    Defect("absolute", _SCALE, "drops the sign of its results", finished=lambda output, call: np.abs(output)),
    Defect("negated", _SCALE, "negates its results", finished=lambda output, call: -output),
    Defect("doubled", _SCALE, "doubles its results", summed=lambda output, call: output * 2),
    Defect(
        "filters-absolute",
        _SCALE,
        "drops the sign of the filters",
        asked=on_operands(lambda part, call: np.abs(part), "filters"),
    ),
    Defect("mean-of-taps", _SCALE, "divides by the number of taps", summed=_divided(lambda call: prod(call.taps))),
    Defect(
        "mean-of-products",
        _SCALE,
        "gives the mean of the products instead of their sum",
        summed=_divided(lambda call: prod(call.filters_shape[:-1])),
    ),
    Defect(
        "mean-of-channels",
        _SCALE,
        "divides by the number of input channels",
        has_image,
        summed=_divided(lambda call: call.depth),
    ),
    Defect("divided-by-batch", _SCALE, "divides by the batch size", summed=_divided(lambda call: call.batch)),
    Defect(
        "mean-of-window-in-image",
        _SCALE,
        "divides by the number of taps that lie in the image",
        forward,
        summed=lambda output, call: output / np.maximum(1, _in_image(call)),
    ),
)


DEFECTS: tuple[Defect, ...] = (*_NARROW_OPERANDS, *_NARROW_SUMS, *_NARROW_RESULTS, *_OF_INT8, *_OF_SCALE)
