"""What is judged: finding an implementation by its SPEC, and calling it as its signature allows."""

from conformance.implementations.call import BadAnswer, call
from conformance.implementations.load import BUILT_IN, Implementation, load_implementation, split_spec
from conformance.implementations.output import OutputFault
from conformance.implementations.request import ForeignError

__all__ = [
    "BUILT_IN",
    "BadAnswer",
    "ForeignError",
    "Implementation",
    "OutputFault",
    "call",
    "load_implementation",
    "split_spec",
]
