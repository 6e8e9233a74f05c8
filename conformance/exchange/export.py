"""`conformance export`: every case of a catalogue as files, a case at a time, and a manifest at the end.

As arrays, which `score` reads again, or as ONNX models with test data, for those who test what runs such models.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np

from conformance.arrays import write_array
from conformance.case import Case, numpy_dtype
from conformance.choices import Format
from conformance.data import Array, laid_out
from conformance.errors import UsageError
from conformance.implementations import Request, request_files, whole_call
from conformance.runner import Prepared, prepare
from conformance.whole_file import replace_file

__all__ = ["MANIFEST", "SCHEMA", "Exported", "export_cases", "request_of"]

MANIFEST = "manifest.json"

SCHEMA = "conformance-export/1"

EXPECTED = "expected.npy"


@dataclass(slots=True)
class Exported:
    """What became of the cases of an export.

    Attributes:
        count: how many were written.
        left_out: how many were not, by the reason.
    """

    count: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def export_cases(folder: Path, cases: Iterable[Case], *, expected: bool, form: Format = Format.NPY) -> Exported:
    """Write the cases to folders named by their ids, and return how many there are.

    Args:
        folder: must be empty, or hold an earlier export, which is replaced.
        cases: held in memory one at a time.
        expected: whether the right outputs are written too, which ONNX's test data always have.
        form: of the files.

    Raises:
        UsageError: the folder holds something else, or cannot be written; `onnx` is needed and not installed.
    """
    left_out, files_of = _onnx() if form is Format.ONNX else (_nothing, lambda each: _arrays(each, expected=expected))
    done, digests = Exported(), {}
    try:
        _clear(folder)
        for case in cases:
            if reason := left_out(case):
                done.left_out[reason] += 1
            else:
                digests[case.id] = _write(folder / case.id, files_of(prepare(case)))
        manifest = {"schema": SCHEMA, "conformance": version("conformance"), "format": form, "cases": digests}
        replace_file(folder / MANIFEST, [json.dumps(manifest, indent=2).encode() + b"\n"])
    except OSError as error:
        raise UsageError(f"export to {str(folder)!r}: {error.strerror}; name a folder that can be written") from error
    done.count = len(digests)
    return done


def _nothing(_: Case) -> str:
    """Return no reason to leave a case out: arrays can tell of every one."""
    return ""


def _onnx() -> tuple[Callable[[Case], str], Callable[[Prepared], dict[str, bytes]]]:
    """Return what tells why a case is no ONNX model, and what makes the files of one that is.

    Raises:
        UsageError: `onnx` is not installed.
    """
    try:
        from conformance.exchange import onnx_adapter
    except ImportError as error:
        words = f"export --format onnx needs the package onnx, but it cannot be imported ({error})"
        raise UsageError(f"{words}; install it: pip install '.[onnx]'") from error

    def files_of(prepared: Prepared) -> dict[str, bytes]:
        assert prepared.expected is not None, "calls to refuse are left out"
        return onnx_adapter.model_files(prepared.case, prepared.operands, prepared.expected.value)

    return onnx_adapter.left_out, files_of


def _arrays(prepared: Prepared, *, expected: bool) -> dict[str, bytes]:
    """Return the files of a case as `score` reads them."""
    case = prepared.case
    contents = request_files(request_of(prepared), case.id)
    if expected and prepared.expected is not None:
        value = prepared.expected.value.astype(numpy_dtype(case.out_dtype))
        contents[EXPECTED] = write_array(_in_layout(case, value))
    return contents


def _write(folder: Path, contents: dict[str, bytes]) -> dict[str, str]:
    """Write the files of a case, and return the SHA-256 of each, by name."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return {name: hashlib.sha256(content).hexdigest() for name, content in sorted(contents.items())}


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
