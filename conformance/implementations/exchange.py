"""One case as files, which a program in any language reads and answers: `case.json`, operands and output as .npy.

NumPy's file format has no bfloat16: such numbers stand in a file as uint16, and `case.json` tells so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from conformance.data import Array
from conformance.errors import ConformanceError
from conformance.implementations.request import Request

__all__ = ["OUTPUT", "read_output", "write_request"]

OUTPUT = "output.npy"
"""The file that a program writes."""

_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
_BITS = np.dtype(np.uint16)


def write_request(folder: Path, request: Request, name: str) -> None:
    """Write a call into a folder: its operands, row by row whatever their order in memory is, and `case.json`."""
    for operand, array in request.operands.items():
        stored = array.view(_BITS) if array.dtype == _BFLOAT16 else array
        np.save(folder / f"{operand}.npy", np.ascontiguousarray(stored).reshape(array.shape), allow_pickle=False)
    shape, dtype = request.output_shape, request.output_dtype.name
    description = {
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
    (folder / "case.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def read_output(folder: Path, dtype: np.dtype[Any]) -> Array:
    """Return the output that was written into a folder, in memory of its own and the machine's byte order.

    Args:
        folder: of the case.
        dtype: that the output should have; only bfloat16 changes how the file is read.

    Raises:
        ConformanceError: there is none, or it is no array of numbers; the message says what is wrong.
    """
    path = folder / OUTPUT
    if path.is_symlink() or not path.is_file():
        raise ConformanceError(f"wrote no {OUTPUT}")
    try:
        array = np.lib.format.open_memmap(path, mode="r")  # which takes no memory for what a header claims
    except (ValueError, EOFError, OSError, OverflowError, MemoryError) as error:
        raise ConformanceError(f"wrote a malformed {OUTPUT}: {error}") from error
    own = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
    is_bfloat16 = dtype == _BFLOAT16 and (own.dtype == _BITS or own.dtype == np.dtype("V2"))
    return own.view(_BFLOAT16) if is_bfloat16 else own
