"""Mistakes with strides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.case import Shape
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect

__all__ = ["DEFECTS"]

GROUP = "strides"


def _with(change: Callable[[Shape], Shape]) -> Change:
    def changed(call: Call) -> Call:
        return replace(call, strides=change(call.strides))

    return changed


DEFECTS: tuple[Defect, ...] = (
    Defect(
        "strides-swapped",
        GROUP,
        "swaps the vertical and the horizontal stride",
        asked=_with(lambda steps: steps[::-1]),
    ),
    Defect(
        "strides-swapped-right-size",
        GROUP,
        "swaps the vertical and the horizontal stride",
        sized=_with(lambda steps: steps[::-1]),
    ),
    Defect("strides-ignored", GROUP, "ignores the strides", asked=_with(lambda steps: (1,) * len(steps))),
)
