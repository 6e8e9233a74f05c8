"""Implementations timed side by side on layers of networks; no time for a wrong answer."""

from conformance.bench.layers import LAYER_SETS, Layer, find_layers, read_layers, with_batch
from conformance.bench.results import Bench, Entrant, Measured, Row
from conformance.bench.turns import Contest, cores, measure

__all__ = [
    "LAYER_SETS",
    "Bench",
    "Contest",
    "Entrant",
    "Layer",
    "Measured",
    "Row",
    "cores",
    "find_layers",
    "measure",
    "read_layers",
    "with_batch",
]
