"""One case as files, which a program in any language reads and answers: `case.json`, operands and output as .npy.

NumPy's file format has no bfloat16: such numbers stand in a file as uint16, and `case.json` tells so.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from conformance.arrays import read_array, write_array
from conformance.case import DType
from conformance.data import Array
from conformance.implementations.request import Request

__all__ = ["CALL", "OUTPUT", "read_output", "request_files", "write_request"]

SCHEMA = "conformance-case/1"

CALL = "case.json"
"""The file that tells of a call."""

OUTPUT = "output.npy"
"""The file that a program writes."""


def write_request(folder: Path, request: Request, name: str) -> dict[str, str]:
    """Write a call into a folder, which is there already, and return the SHA-256 of every file by its name.

    The rest as in `request_files`.
    """
    contents = request_files(request, name)
    for file, content in contents.items():
        (folder / file).write_bytes(content)
    return {file: hashlib.sha256(content).hexdigest() for file, content in sorted(contents.items())}


def request_files(request: Request, name: str) -> dict[str, bytes]:
    """Return the contents of the files of a call, by their names.

    Args:
        request: the call; its operands are written row by row, whatever their order in memory is.
        name: of the case, or of the call.
    """
    shape, dtype = request.output_shape, request.output_dtype.name
    description = {
        "schema": SCHEMA,
        "id": name,
        "operation": request.operation,
        **request.arguments,
        "groups": request.groups,
        "output": None if shape is None else {"shape": shape, "dtype": dtype},
        "operands": {
            operand: {"file": f"{operand}.npy", "shape": array.shape, "dtype": array.dtype.name}
            for operand, array in request.operands.items()
        },
    }
    contents = {f"{operand}.npy": write_array(array) for operand, array in request.operands.items()}
    contents[CALL] = (json.dumps(description, indent=2) + "\n").encode()
    return contents


def read_output(folder: Path, dtype: str) -> Array:
    """Return the output that was written into a folder, in memory of its own and the machine's byte order.

    Args:
        folder: of the case.
        dtype: that the output should have; only bfloat16 changes how the file is read.

    Raises:
        FileFault: there is none, or it is no array of numbers; the message says what is wrong.
    """
    return read_array(folder / OUTPUT, DType.BFLOAT16 if dtype == DType.BFLOAT16 else None)
