"""Mistakes with NaN and infinities: lost, or spread to where they do not belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Compute, Defect, Finish
from conformance.defects.operands import altered, forward, has_image, on_operands
from conformance.defects.steps import contract, find_tables

__all__ = ["DEFECTS"]


def _largest(call: Call) -> float:
    """Return the largest finite number of the result's dtype; 0 for integers, which need none."""
    names = {"float16": 65504.0, "bfloat16": float.fromhex("0x1.fep127"), "float32": float(np.finfo(np.float32).max)}
    return names.get(call.dtype.name, float(np.finfo(np.float64).max) if call.dtype.kind == "f" else 0.0)


def _replaced(nan: float | None = None, infinity: Callable[[Call], float] | None = None) -> Finish:
    """Return the change of numbers that are not finite, by sign."""

    def finished(numbers: Array, call: Call) -> Array:
        if numbers.dtype.kind != "f":
            return numbers
        found = numbers if nan is None else np.where(np.isnan(numbers), nan, numbers)
        if infinity is None:
            return found
        return np.where(np.isinf(found), np.sign(found) * infinity(call), found)

    return finished


def _spread_over(*axes: int) -> Finish:
    """Return the change that makes all of some axes NaN where one element is."""

    def finished(output: Array, call: Call) -> Array:
        if output.dtype.kind != "f" or max(-axis for axis in axes) > output.ndim:
            return output
        return np.where(np.isnan(output).any(axis=axes, keepdims=True), np.nan, output)

    return finished


def _over_images(output: Array, call: Call) -> Array:
    return _spread_over(*range(-output.ndim + 1, 0))(output, call)


def _over_batch(output: Array, call: Call) -> Array:
    return _spread_over(-output.ndim)(output, call)


def _over_everything(output: Array, call: Call) -> Array:
    return np.full_like(output, np.nan) if output.dtype.kind == "f" and np.isnan(output).any() else output


def _without_zeros(sparse: str, other: str) -> Compute:
    """Return a contraction that leaves out products whose factor from `sparse` is 0, what the other one may be."""

    def computed(call: Call) -> Array:
        part, beside = getattr(call, sparse), getattr(call, other)
        if beside.dtype.kind != "f" or np.isfinite(beside).all() or not np.isfinite(part).all():
            return contract(call)

        def count(one: Array, two: Array) -> Array:
            return np.asarray(
                contract(altered(call, **{sparse: one.astype(np.float64), other: two.astype(np.float64)})) > 0
            )

        output = contract(altered(call, **{other: np.where(np.isfinite(beside), beside, 0)}))
        high, low = beside == np.inf, beside == -np.inf
        above = count(part > 0, high) | count(part < 0, low)
        below = count(part > 0, low) | count(part < 0, high)
        lost = count(part != 0, np.isnan(beside)) | (above & below)
        return np.where(lost, np.nan, np.where(above, np.inf, np.where(below, -np.inf, output)))

    return computed


def _times_zero(call: Call, tables: tuple[Array, ...], taps: tuple[int, ...]) -> Array:
    """Return the sum, NaN where elements that are not finite are met by tables of other windows."""
    assert call.input is not None
    if call.input.dtype.kind != "f" or np.isfinite(call.input).all():
        return contract(call)
    wild = (~np.isfinite(call.input)).astype(np.float64)
    shape = (*taps, *call.filters_shape[-2:])
    met = contract(replace(call, input=wild, filters=np.ones(shape), filters_shape=shape, tables=tables))
    return np.where(met > 0, np.nan, contract(call))


def _column_beside(call: Call) -> Array:
    last = call.tables[-1]
    beside = np.where((last >= 0) & (last + 1 < call.in_sizes[-1]), last + 1, -1)
    return _times_zero(call, (*call.tables[:-1], beside), call.taps)


def _holes(call: Call) -> Array:
    if prod(call.fields) > 10_000:
        return contract(call)
    full = replace(call, filters_shape=(*call.fields, *call.filters_shape[-2:]), dilations=(1,) * call.rank)
    return _times_zero(call, find_tables(full).tables, call.fields)


_LOST, _SPREAD = "special values lost", "special values spread"

DEFECTS: tuple[Defect, ...] = (
    Defect("nan-zero", _LOST, "gives 0 for NaN", finished=_replaced(nan=0.0)),
    Defect(
        "nan-clamped",
        _LOST,
        "gives the lowest number for NaN: it clamps its results with a comparison",
        finished=lambda output, call: _replaced(nan=-_largest(call))(output, call),
    ),
    Defect("infinity-clipped", _LOST, "gives the largest number for Inf", finished=_replaced(infinity=_largest)),
    Defect("infinity-nan", _LOST, "gives NaN for Inf", finished=_replaced(infinity=lambda call: np.nan)),
    Defect(
        "infinity-sign",
        _LOST,
        "drops the sign of Inf",
        finished=lambda output, call: np.where(np.isinf(output), np.abs(output), output),
    ),
    Defect("nan-left-out", _LOST, "leaves NaN out of its sums", asked=on_operands(_replaced(nan=0.0))),
    Defect(
        "infinity-operands-clipped",
        _LOST,
        "takes Inf in its operands for the largest number",
        asked=on_operands(_replaced(infinity=_largest)),
    ),
    Defect(
        "fast-math",
        _LOST,
        "takes NaN and Inf in its operands for 0",
        asked=on_operands(_replaced(nan=0.0, infinity=lambda call: 0.0)),
    ),
    Defect(
        "zero-filters-skipped",
        _LOST,
        "skips the filters' zeros, so that NaN and Inf in the input are lost there",
        forward,
        contract=_without_zeros("filters", "input"),
    ),
    Defect(
        "zero-inputs-skipped",
        _LOST,
        "skips the input's zeros, so that NaN and Inf in the filters are lost there",
        forward,
        contract=_without_zeros("input", "filters"),
    ),
    Defect("nan-everywhere", _SPREAD, "makes the whole result NaN where one element is", finished=_over_everything),
    Defect("nan-over-image", _SPREAD, "makes a whole image NaN where one element is", has_image, finished=_over_images),
    Defect("nan-over-batch", _SPREAD, "spreads NaN to the other images of the batch", has_image, finished=_over_batch),
    Defect("nan-over-channels", _SPREAD, "spreads NaN to the other channels of its pixel", finished=_spread_over(-1)),
    Defect("nan-over-row", _SPREAD, "spreads NaN to the other pixels of its row", has_image, finished=_spread_over(-2)),
    Defect(
        "nan-over-column", _SPREAD, "spreads NaN to the other rows of its column", forward, finished=_spread_over(-3)
    ),
    Defect(
        "column-beside-times-zero",
        _SPREAD,
        "multiplies the column right of each window by 0, so that NaN and Inf leak in",
        forward,
        contract=_column_beside,
    ),
    Defect(
        "holes-times-zero",
        _SPREAD,
        "multiplies the holes of dilated filters as zeros, so that NaN and Inf leak in",
        forward,
        contract=_holes,
    ),
)
