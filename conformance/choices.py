"""What a person may choose when something is judged, and what holds where he does not.

Apart from everything else, so that a command knows its options before it imports what takes time.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "DEFAULT_BUDGET",
    "DEFAULT_EXPECTATIONS",
    "DEFAULT_SECONDS",
    "DEFAULT_TIMEOUT",
    "Accuracy",
    "Device",
    "Format",
    "Isolation",
    "Stale",
    "Tier",
]

DEFAULT_BUDGET = 1.0
"""GiB that the arrays of one case may take: of the harness and of the reference, not of what is judged."""

DEFAULT_EXPECTATIONS = "conformance.expectations.yaml"
"""The expectations file that is found where none is named: in the current folder, or in pytest's rootdir."""

DEFAULT_SECONDS = 5.0
"""What the diagnosis of an implementation may take."""

DEFAULT_TIMEOUT = 60.0
"""Seconds that a case may take: the slowest right loops in Python take a tenth of that on the largest case."""


class Tier(StrEnum):
    """When a case is run: `core` always, `full` where all that there is was asked for."""

    CORE = "core"
    FULL = "full"


class Accuracy(StrEnum):
    """How exactly an answer was computed, from the strictest to the loosest; see `judgement.accuracy`."""

    EXACT_ORDER = "exact-order"
    FAST_ALGORITHM = "fast-algorithm"
    TF32 = "tf32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


class Device(StrEnum):
    """Where an adapter computes."""

    CPU = "cpu"
    GPU = "gpu"


class Format(StrEnum):
    """As what cases are exported."""

    NPY = "npy"
    ONNX = "onnx"


class Isolation(StrEnum):
    """Where the code of an implementation runs; see `conformance.isolation`."""

    NONE = "none"
    WORKER = "worker"
    CASE = "case"


class Stale(StrEnum):
    """What an expectation does to the run that does not come true; see `conformance.expectations`."""

    FAIL = "fail"
    WARN = "warn"
