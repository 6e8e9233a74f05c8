"""Mistakes with what `SAME` comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from conformance.case import Pads
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect
from conformance.defects.hooks import dilations, out_sizes, pads, pairwise, same, strides, when
from conformance.defects.steps import find_pads
from reference.geometry import same_pads

__all__ = ["DEFECTS"]

GROUP = "SAME"


def _as_if(change: Change) -> Change:
    """Return the change that computes SAME's padding as if the call were another."""
    return when(same, lambda call: replace(call, pads=find_pads(change(call)).pads))


def _split(split: Callable[[int], tuple[int, int]]) -> Change:
    """Return the change that divides SAME's total between before and after."""
    return when(same, pairwise(lambda before, after: split(before + after)))


def _negative_totals(call: Call) -> Call:
    """Let SAME's total be negative, so that windows begin inside the image."""
    axes = zip(call.in_sizes, call.out_sizes, call.fields, call.strides, call.pads, strict=True)
    totals = [((out - 1) * step + field - size, pair) for size, out, field, step, pair in axes]
    return replace(call, pads=tuple((int(total / 2), 0) if total < 0 else pair for total, pair in totals))


def _square(call: Call) -> Call:
    """Use SAME's padding of the vertical axis for all."""
    return replace(call, pads=call.pads[:1] * call.rank)


def _half_of(sizes: Callable[[Call], tuple[int, ...]], ahead: int = 0) -> Change:
    return when(same, lambda call: replace(call, pads=tuple(((size + ahead) // 2,) * 2 for size in sizes(call))))


def _dilated_total(call: Call) -> Pads:
    """Return the pads that an undilated filter would need, times the dilation."""
    axes = zip(call.in_sizes, call.taps, call.strides, call.dilations, strict=True)
    found = ((same_pads(size, taps, step), hole) for size, taps, step, hole in axes)
    return tuple((before * hole, after * hole) for (before, after), hole in found)


def _odd_first_if_even(call: Call) -> Pads:
    """Return the pads with the odd pixel first where the filter's size is even."""
    axes = zip(call.pads, call.taps, strict=True)
    return tuple(pair[::-1] if taps % 2 == 0 else pair for pair, taps in axes)


def _totals(call: Call, total: Callable[[int, int, int], int]) -> Pads:
    """Return the pads by another formula of size, field and stride for SAME's total."""
    totals = [max(0, total(*axis)) for axis in zip(call.in_sizes, call.fields, call.strides, strict=True)]
    return tuple((each // 2, each - each // 2) for each in totals)


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "same-odd-pixel-first",
        GROUP,
        "adds SAME's odd pixel at the top and left instead of the bottom and right",
        padded=when(same, pairwise(lambda before, after: (after, before))),
    ),
    Defect(
        "same-odd-pixel-first-vertically",
        GROUP,
        "adds SAME's odd pixel at the top instead of the bottom",
        padded=when(same, pads(lambda pairs: (*(pair[::-1] for pair in pairs[:-1]), pairs[-1]))),
    ),
    Defect(
        "same-odd-pixel-first-horizontally",
        GROUP,
        "adds SAME's odd pixel at the left instead of the right",
        padded=when(same, pads(lambda pairs: (*pairs[:-1], pairs[-1][::-1]))),
    ),
    Defect(
        "same-odd-pixel-first-even-filter",
        GROUP,
        "adds SAME's odd pixel at the top and left where the filter's size is even",
        padded=when(same, lambda call: replace(call, pads=_odd_first_if_even(call))),
    ),
    Defect(
        "same-undilated",
        GROUP,
        "computes SAME's padding without the dilation",
        padded=_as_if(dilations(lambda holes: (1,) * len(holes))),
    ),
    Defect(
        "same-dilated-by-multiplying",
        GROUP,
        "computes SAME's padding without the dilation and then multiplies it by the dilation",
        padded=when(same, lambda call: replace(call, pads=_dilated_total(call))),
    ),
    Defect(
        "same-unstrided",
        GROUP,
        "computes SAME's padding as for a stride of 1",
        padded=_as_if(strides(lambda steps: (1,) * len(steps))),
    ),
    Defect("same-as-valid", GROUP, "takes SAME for VALID", padded=when(same, pairwise(lambda before, after: (0, 0)))),
    Defect(
        "valid-as-same",
        GROUP,
        "takes VALID for SAME",
        padded=when(lambda call: call.padding == "VALID", lambda call: find_pads(replace(call, padding="SAME"))),
    ),
    Defect(
        "same-of-the-other-size",
        GROUP,
        "computes SAME's padding with the image's height and width swapped",
        padded=_as_if(
            lambda call: replace(call, image_shape=(call.batch, *call.in_sizes[::-1], call.in_channels)),
        ),
    ),
    Defect(
        "same-of-the-other-filter-size",
        GROUP,
        "computes SAME's padding with the filter's height and width swapped",
        padded=_as_if(lambda call: replace(call, filters_shape=(*call.taps[::-1], *call.filters_shape[-2:]))),
    ),
    Defect(
        "same-of-the-other-stride",
        GROUP,
        "computes SAME's padding with the strides swapped",
        padded=_as_if(strides(lambda steps: steps[::-1])),
    ),
    Defect(
        "same-of-the-other-dilation",
        GROUP,
        "computes SAME's padding with the dilations swapped",
        padded=_as_if(dilations(lambda holes: holes[::-1])),
    ),
    Defect(
        "same-vertical-for-both",
        GROUP,
        "computes SAME's padding for the vertical axis and uses it for the horizontal one too",
        padded=when(same, _square),
    ),
    Defect(
        "same-field-less-stride",
        GROUP,
        "computes SAME's total padding as field - stride, also where the stride does not divide the image's size",
        padded=when(same, lambda call: replace(call, pads=_totals(call, lambda size, field, step: field - step))),
    ),
    Defect(
        "same-field-less-remainder",
        GROUP,
        "computes SAME's total padding as field - size % stride, also where the stride divides the image's size",
        padded=when(
            same, lambda call: replace(call, pads=_totals(call, lambda size, field, step: field - size % step))
        ),
    ),
    Defect(
        "same-of-size-rounded-down",
        GROUP,
        "computes SAME's padding for an output of size / stride, rounded down instead of up",
        padded=when(
            same,
            lambda call: replace(
                call, pads=_totals(call, lambda size, field, step: (size // step - 1) * step + field - size)
            ),
        ),
    ),
    Defect(
        "same-unequal-strides-zero",
        GROUP,
        "returns zeros under SAME where the strides differ",
        tabled=when(
            lambda call: same(call) and len(set(call.strides)) > 1,
            lambda call: replace(call, tables=tuple(np.full_like(met, -1) for met in call.tables)),
        ),
    ),
    Defect(
        "same-rounded-down",
        GROUP,
        "pads both sides by half of SAME's total, rounded down",
        padded=_split(lambda total: (total // 2, total // 2)),
    ),
    Defect(
        "same-rounded-up",
        GROUP,
        "pads both sides by half of SAME's total, rounded up",
        padded=_split(lambda total: (total - total // 2, total - total // 2)),
    ),
    Defect(
        "same-half-of-filter",
        GROUP,
        "pads both sides by half of the filter's size where SAME is asked for",
        padded=_half_of(lambda call: call.taps),
    ),
    Defect(
        "same-half-of-field",
        GROUP,
        "pads both sides by half of the receptive field less one where SAME is asked for",
        padded=_half_of(lambda call: call.fields, -1),
    ),
    Defect(
        "same-all-before",
        GROUP,
        "adds all of SAME's padding at the top and left",
        padded=_split(lambda total: (total, 0)),
    ),
    Defect(
        "same-all-after",
        GROUP,
        "adds all of SAME's padding at the bottom and right",
        padded=_split(lambda total: (0, total)),
    ),
    Defect(
        "same-size-rounded-down",
        GROUP,
        "rounds the output's size under SAME down: image size / stride",
        sized=when(same, out_sizes(lambda call: tuple(map(int.__floordiv__, call.in_sizes, call.strides)))),
    ),
    Defect(
        "same-negative-total",
        GROUP,
        "lets SAME's padding become negative where the stride exceeds the receptive field",
        sized=when(same, _negative_totals),
    ),
)
