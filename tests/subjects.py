"""Implementations to be judged in tests: right ones, wrong ones, and ones that do not answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from conformance.data import Array
from reference import windows

ONES = (1, 1, 1, 1)


def plain(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Right, and takes only what a student's function takes."""
    return windows.conv2d(x, w, strides, padding)


def conv2d(
    input: Array, filters: Array, strides: Sequence[int] = ONES, padding: Any = "VALID", dilations: Sequence[int] = ONES
) -> Array:
    """Right, with dilations."""
    return windows.conv2d(input, filters, strides, padding, dilations=dilations)


def keywords_only(*operands: Array, strides: Sequence[int], padding: Any, **others: Any) -> Array:
    """Right, and open for whatever else comes."""
    assert others.pop("data_format") == "NHWC"
    image, filters = operands
    return conv2d(image, filters, strides, padding, **others)


def positional(x: Array, w: Array, padding: Any, strides: Sequence[int], /) -> Array:
    """Right, with everything by place, in an order of its own."""
    return windows.conv2d(x, w, strides, padding)


def with_bias(input: Array, filters: Array, bias: Array | None, strides: Sequence[int], padding: Any) -> Array:
    """Right, and adds the bias itself."""
    output = plain(input, filters, strides, padding)
    return output if bias is None else output + bias


class Lazy:
    """An array that only DLPack or NumPy's protocol reads."""

    def __init__(self, array: Array) -> None:
        self._array = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Return the array."""
        return self._array


class Foreign:
    """An array that only DLPack reads, and that looks like a sequence of numbers to whoever does not ask for that."""

    def __init__(self, array: Array) -> None:
        self._array = array

    def __dlpack__(self, **options: Any) -> Any:
        """Return the array's capsule."""
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        """Return where it lies."""
        return self._array.__dlpack_device__()

    def __len__(self) -> int:
        """Return how many images there are."""
        return len(self._array)

    def __getitem__(self, index: int) -> Any:
        """Return an image as lists."""
        return self._array[index].tolist()


def foreign(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Foreign | Array:
    """Right, and returns what NumPy takes for nested lists; bfloat16, of which NumPy gives no DLPack, as it is."""
    output = plain(x, w, strides, padding)
    return output if output.dtype.kind == "V" else Foreign(output)


def lazy(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Lazy:
    """Right, and returns something that is not an array yet."""
    return Lazy(plain(x, w, strides, padding))


def flipped(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Wrong: a true convolution."""
    return plain(x, w[::-1, ::-1], strides, padding)


def strides_swapped(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Wrong: horizontal stride first."""
    return plain(x, w, (1, strides[2], strides[1], 1), padding)


def bias_along_width(x: Array, w: Array, bias: Array | None, strides: Sequence[int], padding: Any) -> Array:
    """Wrong: the bias belongs to the channels."""
    output = plain(x, w, strides, padding)
    return output if bias is None else output + np.resize(bias, output.shape[2])[:, None]


def doubled(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Wrong: float64 where float32 was given."""
    return plain(x, w, strides, padding).astype(np.float64)


def scribbling(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Right, and destroys its inputs afterwards."""
    output = plain(x, w, strides, padding)
    x[...] = w[...] = 7
    return output


def raising(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Answer nothing."""
    raise RuntimeError("no kernel for this")


def leaving(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Leave, and take the program along, as if all were well."""
    raise SystemExit(0)


def not_implemented(x: Array, w: Array, strides: Sequence[int], padding: Any) -> Array:
    """Say that VALID is all that there is."""
    if padding != "VALID":
        raise NotImplementedError("only VALID")
    return plain(x, w, strides, padding)


def returns_nothing(x: Array, w: Array, strides: Sequence[int], padding: Any) -> None:
    """Forget to return."""
    plain(x, w, strides, padding)


def returns_text(x: Array, w: Array, strides: Sequence[int], padding: Any) -> object:
    """Return what is no array."""
    return object()


def wants_groups(x: Array, w: Array, strides: Sequence[int], padding: Any, groups: int) -> Array:
    """Ask for what no call gives."""
    raise AssertionError


def one_argument(x: Array) -> Array:
    """Take too little."""
    raise AssertionError


class Namespace:
    """An object with functions named as in tf.nn."""

    conv2d = staticmethod(plain)

    @staticmethod
    def bias_add(value: Array, bias: Array) -> Array:
        """Add the bias, wrongly, so that a test can tell that it was asked."""
        return value + bias + np.float32(1)


namespace = Namespace()
