"""The window view stays inside its array: proven by arithmetic, and by an inaccessible page behind the array."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.array_utils import byte_bounds
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from reference import strided
from reference.strided import byte_extent, view

ROOT = Path(__file__).parent.parent

CHILD = """
import ctypes, mmap, sys
import numpy as np
from numpy.lib.stride_tricks import as_strided
from reference import fast, im2col, kn2row, strided, submatrix, taprows, toeplitz, windows

page = mmap.PAGESIZE
memory = mmap.mmap(-1, 2 * page)
start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
libc = ctypes.CDLL(None, use_errno=True)
libc.mprotect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
assert libc.mprotect(start + page, page, 0) == 0, ctypes.get_errno()

shape, dtype = (1, 7, 6, 2), np.dtype("float32")
size = int(np.prod(shape)) * dtype.itemsize
image = np.frombuffer(memory, dtype, int(np.prod(shape)), page - size).reshape(shape)
image[...] = np.arange(image.size).reshape(shape)
filters = np.ones((3, 2, 2, 1), dtype)
if sys.argv[1] == "wrong":
    steps = image.strides
    outside = as_strided(image, (1, 5, 6, 3, 2, 2), (*steps[:3], *steps[1:]))
    print(float(np.einsum("npqrsc,rsck->npqk", outside, filters).sum()))
else:
    module = globals()[sys.argv[1]]
    for strides, dilations in ((1, 1), (2, 1), (1, 2), ((3, 1), (2, 3))):
        seen = module.conv2d(image, filters, strides, dilations=dilations)
        kept = module.conv2d(image.copy(), filters, strides, dilations=dilations)
        assert (seen == kept).all()
    print("read nothing outside")
"""


def in_a_child(name: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CHILD, name]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


needs_mprotect = pytest.mark.skipif(sys.platform == "win32", reason="mprotect is POSIX")


@needs_mprotect
@pytest.mark.parametrize("name", ["strided", "windows", "im2col", "kn2row", "submatrix", "taprows", "toeplitz", "fast"])
def test_nothing_is_read_past_the_end(name: str) -> None:
    child = in_a_child(name)
    assert (child.returncode, child.stdout.strip()) == (0, "read nothing outside"), child.stderr


@needs_mprotect
def test_a_view_one_window_too_wide_dies_there() -> None:
    """The test above can fail: with one output column too many, the last window ends one column past the image."""
    child = in_a_child("wrong")
    assert child.returncode in (-signal.SIGSEGV, -signal.SIGBUS), child.stdout + child.stderr
    assert child.stdout == ""


def test_a_stale_shape_is_refused() -> None:
    """The article's mistake: the output's size computed for the padded image, the view made over the unpadded one."""
    image = np.arange(16.0).reshape(4, 4)
    with pytest.raises(
        ValueError, match=r"view: shape and steps must be within bytes 0 to 128 of the array, .* 0 to 208"
    ):
        view(image, (4, 4, 3, 3), image.strides * 2)


def test_a_view_is_read_only() -> None:
    windows = strided.windows(np.zeros((1, 4, 4, 1)), (3, 3), (1, 1), (1, 1))
    with pytest.raises(ValueError, match="read-only"):
        windows[...] = 1


@settings(max_examples=300, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 4), min_size=1, max_size=3),
    steps=st.lists(st.integers(-3, 3), min_size=3, max_size=3),
)
def test_byte_extent_is_numpys(sizes: list[int], steps: list[int]) -> None:
    middle = np.zeros(64)[32:]
    strides = tuple(8 * step for step in steps[: len(sizes)])
    array: NDArray[Any] = as_strided(middle, tuple(sizes), strides)
    low, high = byte_extent(array.shape, array.strides, array.itemsize)
    first = middle.__array_interface__["data"][0]
    assert (first + low, first + high) == (byte_bounds(array) if array.size else (first, first))


@settings(max_examples=300, deadline=None)
@given(
    shape=st.tuples(*[st.integers(0, 4)] * 2),
    seen=st.lists(st.tuples(st.integers(0, 4), st.integers(-4, 4)), min_size=1, max_size=3),
    backwards=st.booleans(),
)
def test_a_view_is_made_exactly_where_all_its_elements_are_inside(
    shape: tuple[int, int], seen: list[tuple[int, int]], backwards: bool
) -> None:
    array = np.zeros(shape)[:: -1 if backwards else 1]
    sizes, steps = tuple(size for size, _ in seen), tuple(8 * step for _, step in seen)
    places = [sum(i * step for i, step in zip(index, steps, strict=True)) for index in np.ndindex(*sizes)]
    own = [sum(i * step for i, step in zip(index, array.strides, strict=True)) for index in np.ndindex(*array.shape)]
    inside = not places or (bool(own) and min(own) <= min(places) and max(places) <= max(own))
    if inside:
        assert view(array, sizes, steps).shape == sizes
    else:
        with pytest.raises(ValueError, match="view: shape and steps must be within bytes"):
            view(array, sizes, steps)
