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

__all__ = ["MAX_CASES", "Matrix", "MatrixFault"]

MAX_CASES = 10_000_000
"""Cases that one entry may expand to, and that a catalogue may have."""

_MAX_COMPARISONS = 2 * MAX_CASES
"""Of a rule of `exclude` with a combination: ten seconds."""

_WORDS = {"strides": "stride", "dilations": "dilation", "filters": "filter", "padding": "pad"}
"""What a value that is no word is called in an id, where the key itself is not."""


class MatrixFault(Exception):
    """What is wrong with `matrix` or `exclude`: the path to it, and a sentence."""

    def __init__(self, path: list[str | int], text: str) -> None:
        super().__init__(text)
        self.path = path
        self.text = text


class Matrix:
    """The entries that an entry with a `matrix` stands for; they are made one after the other, however many they are.

    Args:
        values: the entry; not modified.
        keys: which a matrix may list values for.

    Raises:
        MatrixFault: `matrix` or `exclude` are not of their form, or stand for nothing or too much.

    Attributes:
        size: the number of combinations, those among them that are excluded.
        name: the id of the entry.

    >>> entry = {"id": "x", "matrix": {"strides": [1, 2], "padding": ["SAME", 1]}, "exclude": [{"strides": 1}]}
    >>> [one["id"] for one in Matrix(entry, ["strides", "padding"])]
    ['x.stride-2.same', 'x.stride-2.pad-1']
    """

    def __init__(self, values: dict[str, Any], keys: list[str]) -> None:
        matrix, exclude = values["matrix"], values.get("exclude") or []
        _check(matrix, exclude, keys)
        self.size = math.prod(map(len, matrix.values()))
        self._lists: dict[str, list[Any]] = matrix
        self._exclude: list[dict[str, Any]] = exclude
        self._rest = {key: value for key, value in values.items() if key not in ("matrix", "exclude")}
        self.name = str(values.get("id"))
        self._words = {key: [_word(key, value) for value in part] for key, part in matrix.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the entries."""
        for choice in product(*self._places()):
            chosen = self._chosen(choice)
            if not self._is_excluded(chosen):
                yield self._entry(choice, chosen)

    def sample(self) -> Iterator[dict[str, Any]]:
        """Yield an entry with each value of each key, the others being their first; but for what is excluded."""
        first = (0,) * len(self._lists)
        choices = [
            (*first[:axis], place, *first[axis + 1 :])
            for axis, part in enumerate(self._lists.values())
            for place in range(len(part))
        ]
        for choice in dict.fromkeys(choices):
            chosen = self._chosen(choice)
            if not self._is_excluded(chosen):
                yield self._entry(choice, chosen)

    def count(self) -> int:
        """Return the number of entries."""
        if not self._exclude:
            return self.size
        return sum(not self._is_excluded(self._chosen(choice)) for choice in product(*self._places()))

    def has(self, name: str) -> bool:
        """Tell whether an entry may have the id `name`: those that are excluded count too."""
        words = name.removeprefix(f"{self.name}.").split(".") if name.startswith(f"{self.name}.") else []
        lists = self._words.values()
        return len(words) == len(lists) and all(word in part for word, part in zip(words, lists, strict=True))

    def twins(self) -> tuple[str, Any, Any, str] | None:
        """Return a key with two values that have the same word, and that word, if there are such."""
        for key, words in self._words.items():
            first: dict[str, int] = {}
            for place, word in enumerate(words):
                before = first.setdefault(word, place)
                if before != place:
                    return key, self._lists[key][before], self._lists[key][place], word
        return None

    def _places(self) -> Iterator[range]:
        return (range(len(part)) for part in self._lists.values())

    def _chosen(self, choice: tuple[int, ...]) -> dict[str, Any]:
        return {key: part[place] for (key, part), place in zip(self._lists.items(), choice, strict=True)}

    def _is_excluded(self, chosen: dict[str, Any]) -> bool:
        return any(all(chosen[key] == value for key, value in rule.items()) for rule in self._exclude)

    def _entry(self, choice: tuple[int, ...], chosen: dict[str, Any]) -> dict[str, Any]:
        words = (part[place] for part, place in zip(self._words.values(), choice, strict=True))
        return self._rest | chosen | {"id": ".".join([self.name, *words])}


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
    if count * len(exclude) > _MAX_COMPARISONS:
        text = f"exclude has {len(exclude):,} rules for {count:,} cases, which is too much to compare; split the matrix"
        raise MatrixFault(["exclude"], text)
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
