"""A `matrix` expands one entry to many: every combination of the values that it lists for keys.

    - id: sweep
      filters: [3, 2, 3, 4]
      matrix: {input: [[2, 7, 9, 3], [1, 8, 6, 3]], strides: [1, [2, 3]], padding: [VALID, SAME]}
      exclude: [{strides: 1, padding: SAME}]

gives `sweep.input-2x7x9x3.stride-1.valid`, `sweep.input-2x7x9x3.stride-2x3.valid` and so on: the id, and a word for
each value, in the order of the keys.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

__all__ = ["MAX_CASES", "MatrixFault", "expand"]

MAX_CASES = 100_000
"""Cases that one entry may expand to."""

_WORDS = {"strides": "stride", "dilations": "dilation", "filters": "filter", "padding": "pad"}
"""What a value that is no word is called in an id, where the key itself is not."""


class MatrixFault(Exception):
    """What is wrong with `matrix` or `exclude`: the path to it, and a sentence."""

    def __init__(self, path: list[str | int], text: str) -> None:
        super().__init__(text)
        self.path = path
        self.text = text


def expand(values: dict[str, Any], keys: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the entries that an entry with a `matrix` stands for, without it.

    Args:
        values: the entry; not modified.
        keys: which a matrix may list values for.

    Raises:
        MatrixFault: `matrix` or `exclude` are not of their form, or stand for nothing or too much.

    >>> entry = {"id": "x", "matrix": {"strides": [1, 2], "padding": ["SAME", 1]}, "exclude": [{"strides": 1}]}
    >>> [one["id"] for one in expand(entry, ["strides", "padding"])]
    ['x.stride-2.same', 'x.stride-2.pad-1']
    """
    matrix, exclude = values["matrix"], values.get("exclude") or []
    _check(matrix, exclude, keys)
    rest = {key: value for key, value in values.items() if key not in ("matrix", "exclude")}
    for choice in product(*matrix.values()):
        chosen = dict(zip(matrix, choice, strict=True))
        if not any(all(chosen[key] == value for key, value in rule.items()) for rule in exclude):
            words = [_word(key, value) for key, value in chosen.items()]
            yield rest | chosen | {"id": ".".join([str(values.get("id")), *words])}


def _check(matrix: Any, exclude: Any, keys: list[str]) -> None:
    if (
        not isinstance(matrix, dict)
        or not matrix
        or not all(isinstance(part, list) and part for part in matrix.values())
    ):
        raise MatrixFault(["matrix"], f"matrix must be a mapping of keys to lists of values, but is {matrix!s:.60}")
    for key in matrix:
        if key not in keys:
            raise MatrixFault(["matrix", key], f"matrix may list {', '.join(keys)}, but lists {key!r}")
    count = math.prod(map(len, matrix.values()))
    if count > MAX_CASES:
        raise MatrixFault(["matrix"], f"matrix stands for {count:,} cases, more than {MAX_CASES:,}; split it")
    if not isinstance(exclude, list) or not all(isinstance(rule, dict) and rule for rule in exclude):
        raise MatrixFault(["exclude"], f"exclude must be a list of mappings, but is {exclude!s:.60}")
    for index, rule in enumerate(exclude):
        for key, value in rule.items():
            if value not in matrix.get(key, []):
                text = f"exclude must hold values of the matrix, but has {key}: {value!s:.60}, which is none of them"
                raise MatrixFault(["exclude", index, key], text)


def _word(key: str, value: Any) -> str:
    """Return a value as a word of an id."""
    if isinstance(value, str):
        return re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") or "empty"
    if value is None:
        return f"no-{key}"
    signed = re.sub(r"-(?=\d)", "minus", str(value).lower())
    numbers = "x".join(re.findall(r"[a-z0-9]+", signed)) or "empty"
    return f"{_WORDS.get(key, key).replace('_', '-')}-{numbers}"
