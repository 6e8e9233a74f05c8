"""Native libraries, by the C ABI of `conformance/native/conformance.h`."""

from __future__ import annotations

import ctypes
import math
import re
import sys
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from conformance.case import DType, Operation, numpy_dtype
from conformance.data import Array
from conformance.errors import Unavailable, Unsupported
from conformance.implementations.output import Output
from conformance.implementations.request import ForeignError, Request, foreign_function

__all__ = ["is_library", "library_functions"]

_MAX_RANK = 8
_AXES = 3
_UNSUPPORTED = -1

_DTYPES = {
    numpy_dtype(dtype): number
    for number, dtype in enumerate(
        (DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64, DType.INT8, DType.INT32), start=1
    )
}

_LARGEST = 2**31
"""Elements of an output: calls that must be refused may ask for more than there is memory."""

_PADDINGS = {"VALID": 0, "SAME": 1}
_EXPLICIT = 2

_LIBRARY = re.compile(r"\.(so(\.\d+)*|dylib|dll)$", re.IGNORECASE)

_PROCESSORS = {3: "x86", 40: "ARM", 62: "x86-64", 183: "AArch64", 243: "RISC-V"}
"""By their number in ELF, "Executable and Linkable Format", field e_machine."""

_IDENTIFIER = re.compile(rb"[A-Za-z_]\w{2,63}(?=\0)")
"""A name as the tables of a library hold it: at most of a length that a person writes."""


class _Tensor(ctypes.Structure):
    """`conformance_tensor`."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("shape", ctypes.c_int64 * _MAX_RANK),
        ("strides", ctypes.c_int64 * _MAX_RANK),
    )


_TensorPointer = ctypes.POINTER(_Tensor)


class _Parameters(ctypes.Structure):
    """`conformance_parameters`."""

    _fields_ = (
        ("axes", ctypes.c_int32),
        ("padding", ctypes.c_int32),
        ("data_format", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
        ("strides", ctypes.c_int64 * _AXES),
        ("dilations", ctypes.c_int64 * _AXES),
        ("pads", ctypes.c_int64 * 2 * _AXES),
        ("groups", ctypes.c_int64),
        ("bias", _TensorPointer),
        ("pointwise", _TensorPointer),
        ("out_backprop", _TensorPointer),
    )


def is_library(where: str) -> bool:
    """Tell whether the name of a file is that of a shared library.

    >>> is_library("build/libfoo.so"), is_library("libfoo.so.1"), is_library("foo.py")
    (True, True, False)
    """
    return _LIBRARY.search(where) is not None


def library_functions(path: Path, symbol: str, spec: str) -> dict[str, Callable[..., Array]]:
    """Return the functions of a library, by the names of tf.nn.

    Args:
        path: of the library.
        symbol: the only function to take; nothing for all that have the name of an operation.
        spec: in messages.

    Raises:
        Unavailable: the library cannot be loaded, or has no such function.
    """
    library = _load(path, spec)
    if symbol:
        if not hasattr(library, symbol):
            raise Unavailable(f"{spec}: {path} exports no {symbol!r}{_hint(library, path, symbol)}")
        names = {Operation(symbol) if symbol in set(Operation) else Operation.CONV2D: symbol}
    else:
        names = {operation: str(operation) for operation in Operation if hasattr(library, operation)}
    if not names:
        raise Unavailable(
            f"{spec}: {path} exports no operation of tf.nn, such as conv2d{_hint(library, path, 'conv2d')}"
        )
    return {str(operation): _function(library, operation, name) for operation, name in names.items()}


def _load(path: Path, spec: str) -> ctypes.CDLL:
    if not path.is_file():
        raise Unavailable(f"{spec}: there is no file {str(path)!r}")
    try:
        return ctypes.CDLL(str(path.resolve()))
    except OSError as error:
        own, here = (_processor(file) for file in (path, Path(sys.executable)))
        why = f"it is for {own}, and this Python for {here}" if own and here and own != here else str(error)
        raise Unavailable(f"{spec}: cannot be loaded: {why}") from error


def _processor(path: Path) -> str:
    """Return for which processor a file in the ELF format is, in words; nothing for other formats.

    The system's own message for another processor is that there is no such file.
    """
    with path.open("rb") as file:
        header = file.read(20)
    if not header.startswith(b"\x7fELF") or len(header) < 20:
        return ""
    number = int.from_bytes(header[18:20], "big" if header[5] == 2 else "little")
    return f"{_PROCESSORS.get(number, f'processor {number}')}, {64 if header[4] == 2 else 32} bits"


def _hint(library: ctypes.CDLL, path: Path, symbol: str) -> str:
    """Return what may be meant by a symbol that is not exported, in parentheses, or nothing."""
    names = {name.decode() for name in _IDENTIFIER.findall(path.read_bytes())}
    if any(name.startswith("PyInit_") and hasattr(library, name) for name in names):
        return " (it is a module for Python: name it as package.module)"
    if any(name.startswith(f"_Z{len(symbol)}{symbol}") for name in names):
        return f' (it has {symbol} with a mangled name: declare it extern "C")'
    near = [name for name in get_close_matches(symbol, sorted(names), n=6) if hasattr(library, name)]
    return f" (near: {', '.join(near[:3])})" if near else ""


def _function(library: ctypes.CDLL, operation: Operation, symbol: str) -> Callable[..., Array]:
    native = library[symbol]  # by index a new object, which no other operation changes
    native.argtypes = [_TensorPointer, _TensorPointer, ctypes.POINTER(_Parameters), _TensorPointer]
    native.restype = ctypes.c_int
    reason = None
    if hasattr(library, "conformance_reason"):
        reason = library["conformance_reason"]
        reason.argtypes, reason.restype = [], ctypes.c_char_p
    return foreign_function(operation, partial(_ask, native, reason))


def _ask(native: Any, reason: Any, request: Request) -> Array:
    """Return what a native function answers.

    Raises:
        NotImplementedError: it says that it does not offer this.
        ForeignError: it returns another code than 0.
        OutputFault: it writes outside of its output, or not all of it.
        Unsupported: the ABI has no way to say this.
    """
    shape = request.output_shape
    if shape is not None and math.prod(shape) > _LARGEST:
        raise Unsupported(f"an output of {math.prod(shape):,} elements cannot be handed over")
    output = Output.blank((0,) * (request.operation.rank + 2) if shape is None else shape, request.output_dtype)
    tensors = {name: ctypes.pointer(_tensor(array)) for name, array in request.operands.items()}
    parameters, result = _parameters(request, tensors), _tensor(output.array)
    status = native(tensors.get("input"), tensors.get("filters"), ctypes.byref(parameters), ctypes.byref(result))
    output.check_zones()
    if status == 0:
        output.check_written()
        return output.array
    said = reason() if reason is not None else None
    text = said.decode(errors="replace") if said else ""
    if status == _UNSUPPORTED:
        raise NotImplementedError(text or "the library says that it does not support this")
    raise ForeignError(f"code {status}{f': {text}' if text else ''}")


def _tensor(array: Array) -> _Tensor:
    if array.ndim > _MAX_RANK:
        raise Unsupported(f"the C ABI has no tensors of {array.ndim} axes")
    rest = (0,) * (_MAX_RANK - array.ndim)
    return _Tensor(array.ctypes.data, _DTYPES[array.dtype], array.ndim, (*array.shape, *rest), (*array.strides, *rest))


def _parameters(request: Request, tensors: dict[str, Any]) -> _Parameters:
    rank, padding = request.operation.rank, request.padding
    formats = request.operation.data_formats
    data_format = request.arguments.get("data_format", formats[0])
    if data_format not in formats:
        raise Unsupported(f"the C ABI has no data_format {data_format!r}")
    if isinstance(padding, str) and padding not in _PADDINGS:
        raise Unsupported(f"the C ABI has no padding {padding!r}")
    if request.given_beside:
        raise Unsupported(f"the C ABI has no {request.given_beside}")
    for name, given in {"strides": request.strides, "dilations": request.dilations, "padding": padding}.items():
        if not isinstance(given, str) and len(given) != rank:
            raise Unsupported(f"the C ABI has {name} for {rank} spatial axes, not for {len(given)}")
    pads = request.pads
    if pads is None or len(pads) != rank:  # a call without meaning
        pads = ((0, 0),) * rank
    rest = (0,) * (_AXES - rank)
    return _Parameters(
        axes=rank,
        padding=_PADDINGS[padding] if isinstance(padding, str) else _EXPLICIT,
        data_format=formats.index(data_format),
        strides=(*request.strides, *rest),
        dilations=(*request.dilations, *rest),
        pads=tuple(pads) + ((0, 0),) * len(rest),
        groups=request.groups or 0,
        **{name: tensors[name] for name in ("bias", "pointwise", "out_backprop") if name in tensors},
    )
