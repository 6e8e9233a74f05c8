"""`conformance export`: every case of a catalogue as files, a case at a time, and a manifest at the end."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from conformance.arrays import write_array
from conformance.case import Case, numpy_dtype
from conformance.data import Array, laid_out
from conformance.errors import UsageError
from conformance.implementations import Request, whole_call, write_request
from conformance.runner import Prepared, prepare

__all__ = ["MANIFEST", "SCHEMA", "export_cases", "request_of", "write_case"]

MANIFEST = "manifest.json"

SCHEMA = "conformance-export/1"

EXPECTED = "expected.npy"


def export_cases(folder: Path, cases: Iterable[Case], *, expected: bool) -> int:
    """Write the cases to folders named by their ids, and return how many there are.

    Args:
        folder: must be empty, or hold an earlier export, which is replaced.
        cases: held in memory one at a time.
        expected: whether the right outputs are written too.

    Raises:
        UsageError: the folder holds something else, or cannot be written.
    """
    try:
        _clear(folder)
        digests = {case.id: write_case(folder / case.id, prepare(case), expected=expected) for case in cases}
        manifest = {"schema": SCHEMA, "conformance": version("conformance"), "cases": digests}
        partial = folder / f"{MANIFEST}.partial"
        partial.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        partial.replace(folder / MANIFEST)
    except OSError as error:
        raise UsageError(f"export to {str(folder)!r}: {error.strerror}; name a folder that can be written") from error
    return len(digests)


def write_case(folder: Path, prepared: Prepared, *, expected: bool) -> dict[str, str]:
    """Write one case, and return the SHA-256 of each of its files, by name."""
    case = prepared.case
    folder.mkdir(parents=True, exist_ok=True)
    digests = write_request(folder, request_of(prepared), case.id)
    if expected and prepared.expected is not None:
        value = prepared.expected.value.astype(numpy_dtype(case.out_dtype))
        content = write_array(_in_layout(case, value))
        (folder / EXPECTED).write_bytes(content)
        digests[EXPECTED] = hashlib.sha256(content).hexdigest()
    return digests


def request_of(prepared: Prepared) -> Request:
    """Return the call of a case, arrays in its layout."""
    case, handed = prepared.case, laid_out(prepared.case, prepared.operands)
    arguments = {name: part for name, part in whole_call(case, handed).items() if not isinstance(part, np.ndarray)}
    return Request(case.operation, handed.taken_by(case.operation), arguments)


def _in_layout(case: Case, value: Array) -> Array:
    return np.moveaxis(value, -1, 1) if case.channels_first and case.operation.gives_image else value


def _clear(folder: Path) -> None:
    """Make the folder, or remove an earlier export from it.

    Raises:
        UsageError: it holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"export needs a folder, but {str(folder)!r} is a file")
    folder.mkdir(parents=True, exist_ok=True)
    there, own = sorted(path.name for path in folder.iterdir()), _earlier(folder)
    strange = [name for name in there if name not in own]
    if strange:
        words = f"holds {strange[0]!r}, which no export that is complete has written"
        raise UsageError(f"export needs an empty folder or an earlier export, but {str(folder)!r} {words}")
    for name in sorted(there, key=lambda name: name != MANIFEST):  # first of all: without it, there is no export
        path = folder / name
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _earlier(folder: Path) -> set[str]:
    """Return what an earlier export wrote into a folder; nothing where it has none, as many a manifest is another's."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {MANIFEST, *manifest["cases"]} if manifest["schema"] == SCHEMA else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()
