"""What is judged: finding an implementation by its SPEC, and calling it as its signature allows."""

from conformance.implementations.adapters import ADAPTERS, Adapter
from conformance.implementations.call import BadAnswer, call, whole_call
from conformance.implementations.exchange import CALL, read_output, request_files, write_request
from conformance.implementations.load import (
    BUILT_IN,
    Implementation,
    implementation_of,
    load_implementation,
    split_spec,
)
from conformance.implementations.output import OutputFault
from conformance.implementations.quiet import WORKER_MARK
from conformance.implementations.request import ForeignError, Request

__all__ = [
    "ADAPTERS",
    "BUILT_IN",
    "CALL",
    "WORKER_MARK",
    "Adapter",
    "BadAnswer",
    "ForeignError",
    "Implementation",
    "OutputFault",
    "Request",
    "call",
    "implementation_of",
    "load_implementation",
    "read_output",
    "request_files",
    "split_spec",
    "whole_call",
    "write_request",
]
