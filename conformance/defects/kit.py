"""The kit: all defects, by class of mistake. A module holds the defects of some classes as `DEFECTS`."""

from __future__ import annotations

from conformance.defects import (
    algorithms,
    blocks,
    caches,
    filter_gradients,
    gradients,
    numerics,
    ranks,
    reading,
    specials,
    state,
    strides,
    tails,
    transposes,
    writing,
)
from conformance.defects.defect import Defect

__all__ = ["DEFECTS"]

DEFECTS: tuple[Defect, ...] = (
    *strides.DEFECTS,
    *tails.DEFECTS,
    *blocks.DEFECTS,
    *algorithms.DEFECTS,
    *numerics.DEFECTS,
    *specials.DEFECTS,
    *reading.DEFECTS,
    *writing.DEFECTS,
    *caches.DEFECTS,
    *state.DEFECTS,
    *gradients.DEFECTS,
    *filter_gradients.DEFECTS,
    *transposes.DEFECTS,
    *ranks.DEFECTS,
)
"""Every defect; names are unique."""
