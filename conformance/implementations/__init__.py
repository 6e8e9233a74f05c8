"""What is judged: finding an implementation by its SPEC, and calling it as its signature allows."""

from conformance.implementations.adapters import ADAPTERS, REFERENCES, Adapter
from conformance.implementations.call import BadAnswer, call, whole_call
from conformance.implementations.call_files import CALL, read_output, request_files, write_request
from conformance.implementations.geometry import Geometry
from conformance.implementations.load import (
    BUILT_IN,
    Implementation,
    implementation_of,
    load_implementation,
    split_spec,
)
from conformance.implementations.output import OutputFault
from conformance.implementations.output_padding import output_padding
from conformance.implementations.quiet import WORKER_MARK
from conformance.implementations.request import ForeignError, Request

__all__ = [
    "ADAPTERS",
    "BUILT_IN",
    "CALL",
    "REFERENCES",
    "WORKER_MARK",
    "Adapter",
    "BadAnswer",
    "ForeignError",
    "Geometry",
    "Implementation",
    "OutputFault",
    "Request",
    "call",
    "implementation_of",
    "load_implementation",
    "output_padding",
    "read_output",
    "request_files",
    "split_spec",
    "whole_call",
    "write_request",
]
