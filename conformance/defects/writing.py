"""Mistakes in writing: operands changed, memory around them, and results of another dtype or in old memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Compute, Defect, Finish
from conformance.defects.operands import forward
from conformance.defects.raw import Remembering, memory_beside, raw_operands

__all__ = ["DEFECTS"]


def _writing(name: str, write: Callable[[Array, Call], None]) -> Remembering:
    """Return an implementation that writes to an operand, where it is given, after it has computed."""

    def remembering(compute: Compute) -> Compute:
        def computed(call: Call) -> Array:
            output = compute(call)
            raw = raw_operands(call).get(name)
            if raw is not None and raw.size:
                write(raw, call)
            return output

        return computed

    return remembering


def _clear(raw: Array, call: Call) -> None:
    raw[...] = 0


def _clear_border(raw: Array, call: Call) -> None:
    """Clear the first and the last row, as if they were padding."""
    if call.padding != "VALID":
        raw[:, 0] = raw[:, -1] = 0


def _flip(raw: Array, call: Call) -> None:
    raw[...] = raw[tuple(slice(None, None, -1) for _ in range(call.rank))].copy()


def _rectify(raw: Array, call: Call) -> None:
    np.maximum(raw, raw.dtype.type(0), out=raw)


def _negate(raw: Array, call: Call) -> None:
    raw *= raw.dtype.type(-1)


def _remove_nan(raw: Array, call: Call) -> None:
    raw[np.isnan(raw)] = 0


def _first_changed(raw: Array, call: Call) -> None:
    raw[(0,) * raw.ndim] += raw.dtype.type(1)


def _make_read_only(raw: Array, call: Call) -> None:
    raw.setflags(write=False)


def _write_at(offset: Callable[[Array], int]) -> Callable[[Array, Call], None]:
    def write(raw: Array, call: Call) -> None:
        found = memory_beside(raw, offset(raw), 1) if raw.flags.c_contiguous else None
        if found is not None:
            found[...] = 1

    return write


def _write_between(raw: Array, call: Call) -> None:
    """Write the second element of two neighbours in memory, which is a gap where strides are larger."""
    gap = memory_beside(raw, 1, 1) if raw.strides[-1] == 2 * raw.itemsize else None
    if gap is not None:
        gap[...] = 1


def _in_place_of(name: str) -> Remembering:
    """Return an implementation that writes its result over an operand of the same shape and dtype, and returns that."""

    def remembering(compute: Compute) -> Compute:
        def computed(call: Call) -> Array:
            output = compute(call)
            raw = raw_operands(call).get(name)
            if raw is None or raw.shape != output.shape or raw.dtype != output.dtype:
                return output
            raw[...] = output
            return raw

        return computed

    return remembering


def _in_memory_of_input(compute: Compute) -> Compute:
    """Return an operand itself where the result equals it: a window of one tap that is 1 is taken for no work."""

    def computed(call: Call) -> Array:
        output = compute(call)
        raws = raw_operands(call)
        return next((raw for raw in raws.values() if np.array_equal(raw, output)), output)

    return computed


def _as(dtype: Callable[[Call], Any]) -> Finish:
    return lambda output, call: output.astype(dtype(call))


_WRITING = (
    *(
        Defect(f"memory-{name}", "operands written to", mistake, remembering=_writing(operand, write))
        for name, mistake, operand, write in (
            ("input-cleared", "clears the input", "input", _clear),
            ("filters-cleared", "clears the filters", "filters", _clear),
            ("bias-cleared", "clears the bias", "bias", _clear),
            ("arriving-cleared", "clears the gradient that arrives, or the transpose's input", "arriving", _clear),
            ("input-border-cleared", "pads in place: it clears the border of the input", "input", _clear_border),
            ("filters-flipped", "flips the filters in place", "filters", _flip),
            ("input-rectified", "sets the input's negative numbers to 0 in place", "input", _rectify),
            ("bias-negated", "negates the bias in place", "bias", _negate),
            ("arriving-negated", "negates what arrives in place", "arriving", _negate),
            ("input-nan-removed", "replaces NaN in the input by 0 in place", "input", _remove_nan),
            ("filters-first-changed", "changes the first number of the filters", "filters", _first_changed),
            ("input-read-only", "makes the caller's input read-only", "input", _make_read_only),
            ("behind-input", "writes an element behind the end of the input", "input", _write_at(lambda raw: raw.size)),
            ("before-input", "writes an element before the start of the input", "input", _write_at(lambda raw: -1)),
            (
                "behind-filters",
                "writes two elements behind the end of the filters",
                "filters",
                _write_at(lambda raw: raw.size + 1),
            ),
            ("behind-bias", "writes an element behind the end of the bias", "bias", _write_at(lambda raw: raw.size)),
            ("between-input", "writes between the elements of an input with gaps", "input", _write_between),
        )
    ),
)

_RESULTS = (
    Defect(
        "result-over-input",
        "result's memory",
        "writes its result over an input of the same shape",
        forward,
        remembering=_in_place_of("input"),
    ),
    Defect(
        "result-over-arriving",
        "result's memory",
        "writes its result over what arrives, of the same shape",
        remembering=_in_place_of("arriving"),
    ),
    Defect(
        "result-is-operand",
        "result's memory",
        "returns an operand itself where the result equals it",
        remembering=_in_memory_of_input,
    ),
    Defect(
        "result-float64",
        "result's dtype",
        "returns float64 whatever the operands are",
        returned=_as(lambda call: np.float64),
    ),
    Defect(
        "result-float16-dtype",
        "result's dtype",
        "returns float16 whatever the operands are",
        returned=_as(lambda call: np.float16),
    ),
    Defect(
        "result-float32-dtype",
        "result's dtype",
        "returns float32 whatever the operands are",
        returned=_as(lambda call: np.float32),
    ),
    Defect(
        "result-int64",
        "result's dtype",
        "returns int64 for integers",
        returned=_as(lambda call: np.int64 if call.dtype.kind == "i" else call.dtype),
    ),
)

DEFECTS: tuple[Defect, ...] = (*_WRITING, *_RESULTS)
