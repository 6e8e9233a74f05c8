"""Cases and answers as files, for programs in any language."""

from conformance.exchange.arrays import FileFault, read_array, write_array
from conformance.exchange.calls import CALL, write_call
from conformance.exchange.export import export_cases
from conformance.exchange.scored import Scored

__all__ = ["CALL", "FileFault", "Scored", "export_cases", "read_array", "write_array", "write_call"]
