"""Arrays in `.npy` files: NumPy's format, version 1.0, in C order and little-endian where this project writes them.

What others wrote may be of any order and byte order, as the header says. It is not trusted: nothing is unpickled, and a
header that promises more than the file holds is found out before memory is taken. `bfloat16`, which NumPy's format has
no name for, is written as its bits, `uint16`.

Source: NumPy reference, `numpy.lib.format`.
"""

from __future__ import annotations

import io
import math
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

import ml_dtypes
import numpy as np
from numpy.lib import format as npy

from conformance.case import DType
from conformance.data import Array
from conformance.errors import ConformanceError

__all__ = ["FileFault", "open_plain", "read_array", "write_array"]

_HEADER = 10_000
"""Bytes that a header may have: one of an array of 64 axes has some 1,300."""


class FileFault(ConformanceError):
    """A file does not hold what it should; the text says what, and how it should be."""


def write_array(array: Array) -> bytes:
    """Return the contents of a file with `array`, the same on every machine."""
    content = io.BytesIO()
    bits = array.view(np.uint16) if array.dtype == ml_dtypes.bfloat16 else array
    little = np.ascontiguousarray(bits, bits.dtype.newbyteorder("<")).reshape(array.shape)
    npy.write_array(content, little, version=(1, 0), allow_pickle=False)
    return content.getvalue()


def read_array(path: Path, dtype: DType | None = None) -> Array:
    """Return the array in a file, in the machine's byte order.

    Args:
        path: of the file.
        dtype: that it should be of; where that is bfloat16, `uint16` is taken for its bits.

    Raises:
        FileFault: there is no such file, or it holds no array of numbers.
    """
    try:
        with open_plain(path) as file:
            array = _read(file, path.name)
    except OSError as error:
        raise FileFault(f"{path.name} cannot be read ({error.strerror})") from error
    if dtype is DType.BFLOAT16 and array.dtype == np.uint16:
        return array.view(ml_dtypes.bfloat16)
    return array


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file for reading: what is a link, a device or a pipe could lead anywhere, or never end.

    Raises:
        FileFault: there is none of that name.
    """
    if not path.exists() and not path.is_symlink():
        raise FileFault(f"there is no {path.name}")
    if not stat.S_ISREG(path.lstat().st_mode):
        raise FileFault(f"{path.name} must be a plain file, but is a link or a device")
    return path.open("rb")


def _read(file: BinaryIO, name: str) -> Array:
    try:
        shape, fortran, dtype = _header(file)
    except Exception as error:  # NumPy reads it as Python's literals, which fail in many ways
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileFault(f"{name} must be in NumPy's .npy format, but its header is none ({reason})") from error
    if dtype.hasobject or dtype.kind not in "fiubc" or dtype.fields:
        raise FileFault(f"{name} must hold numbers, but its dtype is {dtype}")
    due, there = math.prod(shape) * dtype.itemsize, os.fstat(file.fileno()).st_size - file.tell()
    if due != there:
        words = "is truncated" if there < due else "is longer than its header says"
        raise FileFault(f"{name} {words}: {'×'.join(map(str, shape))} of {dtype} are {due} bytes, but it has {there}")
    numbers = np.fromfile(file, dtype, math.prod(shape))
    array = numbers.reshape(shape, order="F" if fortran else "C")
    return np.ascontiguousarray(array, dtype.newbyteorder("=")).reshape(shape)


def _header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return the shape, whether the order is Fortran's, and the dtype.

    Raises:
        Exception: it is no header.
    """
    version = npy.read_magic(file)
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"version {version[0]}.{version[1]} of the format, which must be 1.0 or 2.0")
    shape, fortran, dtype = readers[version](file, max_header_size=_HEADER)
    if any(size < 0 for size in shape):
        raise ValueError(f"a negative size in {shape}")
    return shape, fortran, dtype
