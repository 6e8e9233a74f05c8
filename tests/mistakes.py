"""A handful of known mistakes, for tests that must not depend on the whole kit, and wrong functions that make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from conformance.case import Case, Kind, Shape
from conformance.catalogue import build_case
from conformance.data import Array
from conformance.defects import Defect
from conformance.diagnosis import Diagnosis, Gathering, diagnose_run
from conformance.implementations import Implementation
from conformance.isolation import Asking, InProcess
from reference import windows

__all__ = ["KIT", "case", "diagnosed", "flipped_and_swapped", "implementation"]

SWAPPED = "swaps the vertical and the horizontal stride"
FLIPPED = "flips the filter"
NO_BIAS = "leaves the bias out"
UNDILATED = "ignores the dilations"
WIDER = "returns one column more than there is"
NO_STRIDE = "ignores the strides"
STALE = "keeps results by the first number of the input"


def _flip(call: Any) -> Any:
    if call.kind is not Kind.FORWARD:
        return call
    return replace(call, filters=call.filters[::-1, ::-1])


def _remembering(compute: Any) -> Any:
    results: dict[Any, Array] = {}

    def remembered(call: Any) -> Array:
        key = (call.image_shape, call.filters_shape)
        if key not in results:
            results[key] = compute(call)
        return results[key].copy()

    return remembered


KIT = (
    Defect("flipped", "filters", FLIPPED, asked=_flip),
    Defect("swapped", "strides", SWAPPED, asked=lambda call: replace(call, strides=call.strides[::-1])),
    Defect("no-strides", "strides", NO_STRIDE, asked=lambda call: replace(call, strides=(1,) * call.rank)),
    Defect("undilated", "dilations", UNDILATED, asked=lambda call: replace(call, dilations=(1,) * call.rank)),
    Defect("no-bias", "bias", NO_BIAS, add_bias=lambda output, call: output),
    Defect("wider", "sizes", WIDER, finished=lambda output, call: np.concatenate([output, output[:, :, :1]], axis=2)),
    Defect("stale", "state", STALE, remembering=_remembering),
)


def case(name: str, input: Shape, filters: Shape, **others: Any) -> Case:
    """Return a case with default data; its output by the size formula."""
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in others.items()}
    built = build_case({"id": name, "input": list(input), "filters": list(filters), **values})
    assert built is not None
    return built


CASES = [
    case("plain", (2, 5, 7, 3), (1, 1, 3, 4)),
    case("strided", (1, 9, 6, 2), (1, 1, 2, 3), strides=(2, 2)),
    case("biased", (2, 4, 5, 3), (1, 1, 3, 2), bias="integers"),
    case("filtered", (1, 6, 7, 2), (3, 2, 2, 5)),
    case("unequal", (2, 8, 11, 1), (1, 1, 1, 3), strides=(2, 3)),
    case("both", (2, 8, 11, 2), (3, 2, 2, 4), strides=(2, 3)),
    case("dilated", (1, 9, 8, 2), (3, 2, 2, 3), dilations=(2, 3)),
    case("dilated-same", (2, 7, 9, 1), (2, 3, 1, 4), dilations=(1, 2), padding="SAME"),
]


def implementation(function: Any, name: str = "mine.py:conv2d") -> Implementation:
    """Return a function as what offers conv2d."""
    return Implementation(name, "", {"conv2d": function})


def diagnosed(
    subject: Implementation, cases: Sequence[Case] = CASES, kit: Sequence[Defect] = KIT, seconds: float = 60
) -> Diagnosis:
    """Return what a run over the cases says of the subject."""
    asked = InProcess(subject, Asking(search=False))
    asked.begin(cases)
    gathering = Gathering()
    for tried in asked.attempts():
        gathering.add(tried)
    return diagnose_run(gathering, asked, seconds, kit=kit)


def right(x: Array, w: Array, strides: Any, padding: Any, dilations: Any) -> Array:
    """Do nothing wrong."""
    return windows.conv2d(x, w, strides, padding, dilations=dilations)


def flipped_and_swapped(x: Array, w: Array, strides: Any, padding: Any, dilations: Any) -> Array:
    """Make two mistakes."""
    return right(x, w[::-1, ::-1], [1, strides[2], strides[1], 1], padding, dilations)
