"""What is judged: finding an implementation by its SPEC, and calling it as its signature allows."""

from conformance.implementations.adapters import ADAPTERS
from conformance.implementations.call import BadAnswer, call, whole_call
from conformance.implementations.load import (
    BUILT_IN,
    Implementation,
    implementation_of,
    load_implementation,
    split_spec,
)
from conformance.implementations.quiet import WORKER_MARK

__all__ = [
    "ADAPTERS",
    "BUILT_IN",
    "WORKER_MARK",
    "BadAnswer",
    "Implementation",
    "call",
    "implementation_of",
    "load_implementation",
    "split_spec",
    "whole_call",
]
