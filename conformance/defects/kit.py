"""The kit: all defects, by class of mistake. A module holds the defects of some classes as `DEFECTS`."""

from __future__ import annotations

from conformance.defects import strides
from conformance.defects.defect import Defect

__all__ = ["DEFECTS"]

DEFECTS: tuple[Defect, ...] = (*strides.DEFECTS,)
"""Every defect; names are unique."""
