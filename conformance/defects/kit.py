"""The kit: all defects, by class of mistake. A module holds the defects of some classes as `DEFECTS`."""

from __future__ import annotations

from conformance.defects import (
    algorithms,
    blocks,
    caches,
    numerics,
    reading,
    specials,
    state,
    strides,
    tails,
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
)
"""Every defect; names are unique."""
