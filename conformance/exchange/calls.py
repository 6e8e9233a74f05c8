"""One call as files: `case.json` with the parameters, and an `.npy` file for every array."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from conformance.data import Array
from conformance.exchange.arrays import write_array

__all__ = ["CALL", "SCHEMA", "write_call"]

SCHEMA = "conformance-case/1"

CALL = "case.json"


def write_call(folder: Path, name: str, operation: str, arguments: dict[str, Any]) -> dict[str, str]:
    """Write a call into `folder`, which is made if there is none.

    Args:
        folder: for its files.
        name: of the case.
        operation: which function of tf.nn is called.
        arguments: of the call, by the names of tf.nn; arrays, and parameters as JSON knows them.

    Returns:
        The SHA-256 of every file, by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Array] = {key: part for key, part in arguments.items() if isinstance(part, np.ndarray)}
    contents = {f"{key}.npy": write_array(part) for key, part in arrays.items()}
    described = {
        "schema": SCHEMA,
        "id": name,
        "operation": operation,
        "parameters": {key: part for key, part in arguments.items() if key not in arrays},
        "operands": {
            key: {"file": f"{key}.npy", "shape": list(part.shape), "dtype": part.dtype.name}
            for key, part in arrays.items()
        },
    }
    contents[CALL] = (json.dumps(described, indent=2) + "\n").encode()
    for file, content in contents.items():
        (folder / file).write_bytes(content)
    return {file: hashlib.sha256(content).hexdigest() for file, content in sorted(contents.items())}
