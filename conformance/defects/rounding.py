"""Mistakes of rounding that show in one dtype, and of arithmetic that show where it meets NaN and infinities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

import ml_dtypes
import numpy as np

from conformance.case import Operation
from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Compute, Defect, Finish
from conformance.defects.numerics import operands, through
from conformance.defects.operands import filter_gradient, forward, parts
from conformance.defects.steps import contract

__all__ = ["DEFECTS"]

_FLOAT32 = through(np.float32)

_SUMS, _RESULTS, _LOST, _SPREAD = "narrow sums", "narrow results", "special values lost", "special values spread"


def _half_up(output: Array, call: Call) -> Array:
    if call.dtype != ml_dtypes.bfloat16:
        return output
    raw = output.astype(np.float32).view(np.uint32).astype(np.uint64) + 0x8000
    rounded = (raw // 0x10000 * 0x10000).astype(np.uint32).view(np.float32).astype(output.dtype)
    return np.where(np.isfinite(output), rounded, output)


def _clipped(output: Array, call: Call) -> Array:
    return np.clip(output, -65504, 65504) if call.dtype == np.float16 else output


def _taps_rounded(dtype: type) -> Compute:
    """Return the contraction that rounds what a tap adds, not the sum."""

    def computed(call: Call) -> Array:
        if call.operand_dtype != dtype or call.filters is None:
            return contract(call)
        added = (through(dtype)(contract(part)) for part in parts(call))
        return np.asarray(sum(added, np.zeros(()))) if prod(call.taps) else contract(call)

    return computed


def _float32_beside_bias(call: Call) -> Array:
    """Compute in float32 where float64 has a bias."""
    if call.operand_dtype != np.float64 or call.bias is None or call.input is None or call.filters is None:
        return contract(call)
    return _FLOAT32(contract(replace(call, input=_FLOAT32(call.input), filters=_FLOAT32(call.filters))))


def _compensated(call: Call) -> Array:
    """Sum tap by tap, and carry what each addition loses; behind Inf that is Inf - Inf."""
    if call.operand_dtype.kind in "iu" or call.filters is None or not prod(call.taps):
        return contract(call)
    if call.input is None or (np.isfinite(call.input).all() and np.isfinite(call.filters).all()):
        return contract(call)
    total, lost = np.zeros(()), np.zeros(())
    for part in _taps(call):
        term = contract(part) - lost
        following = total + term
        total, lost = following, (following - total) - term
    return total


def _taps(call: Call) -> Iterator[Call]:
    """Yield the call with each tap alone, where it lies: a filter with zeros beside it would multiply Inf by 0."""
    assert call.filters is not None
    for tap in np.ndindex(*call.taps):
        met = tuple(table[:, [place]] for table, place in zip(call.tables, tap, strict=True))
        filters = call.filters[tap].reshape(*(1,) * call.rank, *call.filters_shape[-2:])
        yield replace(call, filters=filters, filters_shape=filters.shape, tables=met)


def _over_tiles(size: int) -> Finish:
    """Return the sums with NaN in every tile of a 3×3 filter's outputs that has one that is not finite."""

    def finished(output: Array, call: Call) -> Array:
        plain = call.taps == (3, 3) and call.strides == call.dilations == (1, 1)
        if not plain or output.dtype.kind != "f" or output.ndim != 4 or not output.size:
            return output
        batch, height, width, channels = output.shape
        rows, columns = -(-height // size), -(-width // size)
        wild = np.zeros((batch, rows * size, columns * size, channels), bool)
        wild[:, :height, :width] = ~np.isfinite(output)
        tiles = wild.reshape(batch, rows, size, columns, size, channels).any(axis=(2, 4), keepdims=True)
        spread = np.broadcast_to(tiles, (batch, rows, size, columns, size, channels)).reshape(wild.shape)
        return np.where(spread[:, :height, :width], np.nan, output)

    return finished


def _bias_gradient_in_float16(call: Call) -> Array:
    if call.operand_dtype != np.float16 or len(call.result_shape) > 1 or call.arriving is None:
        return contract(call)
    total = np.zeros(call.out_channels, np.float16)
    for row in call.arriving.reshape(-1, call.out_channels).astype(np.float16):
        total = total + row
    return total.astype(np.float64).reshape(call.filters_shape)


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "result-bfloat16-half-up",
        _RESULTS,
        "rounds results of bfloat16 that lie half-way up, and not to the even neighbour",
        finished=_half_up,
    ),
    Defect(
        "result-float16-clipped",
        _RESULTS,
        "gives float16's largest number where the sum is beyond it and Inf is due",
        finished=_clipped,
    ),
    *(
        Defect(
            f"taps-rounded-{np.dtype(dtype).name}",
            _SUMS,
            f"rounds what each tap adds to {np.dtype(dtype).name} where the operands are {np.dtype(dtype).name}",
            contract=_taps_rounded(dtype),
        )
        for dtype in (ml_dtypes.bfloat16, np.float16)
    ),
    *(
        Defect(
            f"{name}-float32",
            "narrow operands",
            f"rounds the {name} to float32 where {verb} float64",
            asked=operands(_FLOAT32, "float64", only=(name,)),
        )
        for name, verb in (("input", "it is"), ("filters", "they are"))
    ),
    Defect(
        "sums-float32-beside-bias",
        _SUMS,
        "computes in float32 where there is a bias and the operands are float64",
        forward,
        contract=_float32_beside_bias,
    ),
    Defect(
        "sums-float16-of-bias-gradient",
        _SUMS,
        "sums the bias's gradient in float16 where it is float16",
        lambda operation: operation is Operation.BIAS_ADD_GRAD or filter_gradient(operation),
        contract=_bias_gradient_in_float16,
    ),
    Defect(
        "infinity-compensated",
        _LOST,
        "gives NaN for Inf by a compensated sum, which carries Inf - Inf",
        forward,
        contract=_compensated,
    ),
    *(
        Defect(
            f"infinity-over-tiles-{size}",
            _SPREAD,
            f"makes NaN of a whole tile of {size}×{size} outputs of a 3×3 filter where one is not finite (Winograd)",
            forward,
            summed=_over_tiles(size),
        )
        for size in (2, 4)
    ),
)
