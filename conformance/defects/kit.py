"""The kit: all defects, by class of mistake. A module holds the defects of some classes as `DEFECTS`."""

from __future__ import annotations

from conformance.defects import (
    addresses,
    arguments,
    batch,
    bias,
    borders,
    channels,
    confusions,
    dilations,
    fastpaths,
    filters,
    groups,
    layout,
    padding,
    same,
    sizes,
    strides,
)
from conformance.defects.defect import Defect

__all__ = ["DEFECTS"]

DEFECTS: tuple[Defect, ...] = (
    *strides.DEFECTS,
    *dilations.DEFECTS,
    *padding.DEFECTS,
    *same.DEFECTS,
    *sizes.DEFECTS,
    *borders.DEFECTS,
    *filters.DEFECTS,
    *channels.DEFECTS,
    *groups.DEFECTS,
    *batch.DEFECTS,
    *bias.DEFECTS,
    *layout.DEFECTS,
    *fastpaths.DEFECTS,
    *confusions.DEFECTS,
    *addresses.DEFECTS,
    *arguments.DEFECTS,
)
"""Every defect; names are unique."""
