"""Reading YAML that a stranger may have written: bounded, no code, and with line numbers.

The text becomes a graph of nodes first, in which an alias is a reference and costs nothing. The graph is measured, and
only a graph that is small when written out becomes Python values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from conformance.errors import CatalogueError, Fault

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_MARKS", "MAX_VALUES", "Document", "read_document"]

MAX_BYTES = 4 * 2**20
"""Bytes of a file; thirty times the shipped catalogue."""
MAX_MARKS = 250_000
"""Commas, colons and lines of a file, which bound what reading it takes: some 30 seconds and 500 MB."""
MAX_VALUES = 1_000_000
"""Values of a file, aliases written out."""
MAX_DEPTH = 32
"""Levels of nesting; a literal in a case takes seven."""

_CORE = ("null", "bool", "int", "float", "str", "seq", "map")
_TAG_PREFIX = "tag:yaml.org,2002:"
_PLAIN = {ScalarNode: "str", SequenceNode: "seq", MappingNode: "map"}


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain Python values, with the line of each.

    Attributes:
        file: where it was read from.
        values: the values; what may not be written is left out or made plain.
        node: the same as a graph of nodes.
        faults: what may not be written: tags, odd keys, keys that stand twice.
        digest: of the file's bytes.
        doubtful: where such a thing stood, as (entry, key), or as (entry, None) if any key of the entry may be meant.
    """

    file: Path
    values: Any
    node: Node
    digest: bytes
    faults: list[Fault] = field(default_factory=list)
    doubtful: frozenset[tuple[int, str | None]] = frozenset()

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line, from 1, of the value at `path`, or of the closest one around it."""
        node, line = self.node, _line(self.node)
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            node, line = child
        return line


def read_document(file: Path, *, may_be_empty: bool = False) -> Document:
    """Return the YAML document in `file`, with the faults that leave the rest of it readable.

    Args:
        file: where it is.
        may_be_empty: whether a file without values is an empty list.

    Raises:
        CatalogueError: the file cannot be read, is no YAML, has a tag around all of it, or is larger than a catalogue
            may be; the other faults that were found until then are in it too.
    """
    survey = _Survey()
    try:
        text = _read(file)
        yaml = YAML(typ="safe", pure=True)
        node = yaml.compose(text)
        if node is None and may_be_empty:
            node = yaml.compose("[]")
        if node is None:
            raise _Refused(0, "holds no case; add one, for example '- {id: mine, input: [4, 4], …}'")
        survey.visit(node)
        values = yaml.constructor.construct_document(node)
    except (_Refused, RecursionError, ValueError, YAMLError) as error:
        raise CatalogueError([*survey.faults(file), _fatal_fault(file, error)]) from error
    faults = survey.faults(file)
    if survey.is_hopeless:
        raise CatalogueError(faults)
    return Document(file, values, node, sha256(text.encode()).digest(), faults, frozenset(survey.doubtful))


class _Refused(Exception):
    """Something in the document that a catalogue may not contain."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _Refused(0, f"is larger than {MAX_BYTES:,} bytes; split it")
        marks = sum(content.count(mark) for mark in b",:\n")
        if marks > MAX_MARKS:
            raise _Refused(0, f"has {marks:,} commas, colons and lines, more than {MAX_MARKS:,}; split it")
        return content.decode("utf-8")
    except OSError as error:
        raise _Refused(0, f"cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise _Refused(0, f"must be UTF-8, but byte {error.start} is not; save it as UTF-8") from error


def _fatal_fault(file: Path, error: Exception) -> Fault:
    """Return what keeps the whole file from being read."""
    if isinstance(error, _Refused):
        return Fault(file, error.line, error.text)
    if isinstance(error, RecursionError):
        return Fault(file, 0, f"is nested deeper than {MAX_DEPTH} levels; flatten it")
    if not isinstance(error, YAMLError):
        return Fault(file, 0, f"holds a number that cannot be read: {error}")
    mark = getattr(error, "problem_mark", None)
    problem = error.problem if isinstance(error, MarkedYAMLError) else str(error).splitlines()[0]
    return Fault(file, mark.line + 1 if mark else 0, f"is not YAML: {problem}")


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _child(node: Node, step: str | int) -> tuple[Node, int] | None:
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], _line(node.value[step])
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value, _line(key)
    return None


class _Survey:
    """Goes over a graph, each node once: measures it, and takes out tags, odd keys and keys that stand twice.

    Attributes:
        doubtful: as of `Document`.
        is_hopeless: whether nothing can be said of the rest.
    """

    def __init__(self) -> None:
        self.doubtful: set[tuple[int, str | None]] = set()
        self.is_hopeless = False
        self._refused: list[_Refused] = []
        self._sizes: dict[int, int | None] = {}

    def faults(self, file: Path) -> list[Fault]:
        """Return what was taken out."""
        return [Fault(file, refused.line, refused.text) for refused in self._refused]

    def visit(self, node: Node, place: tuple[str | int, ...] = ()) -> int:
        """Return how many values a node stands for, aliases written out; `place` is the way to it.

        Raises:
            _Refused: they are too many, too deep, or without end.
        """
        if len(place) > MAX_DEPTH:
            raise _Refused(_line(node), f"is nested deeper than {MAX_DEPTH} levels; flatten it")
        if id(node) in self._sizes:
            known = self._sizes[id(node)]
            if known is None:
                raise _Refused(_line(node), "an alias stands inside its own anchor; write the values out")
            return known
        self._check_tag(node, place)
        self._sizes[id(node)] = None
        size = 1 + sum(self.visit(child, (*place, step)) for step, child in self._children(node, place))
        if size > MAX_VALUES:
            raise _Refused(_line(node), f"holds more than {MAX_VALUES:,} values with its aliases; split it")
        self._sizes[id(node)] = size
        return size

    def _children(self, node: Node, place: tuple[str | int, ...]) -> list[tuple[str | int, Node]]:
        if isinstance(node, SequenceNode):
            return list(enumerate(node.value))
        if not isinstance(node, MappingNode):
            return []
        node.value = list(self._good_pairs(node, place))
        return [(key.value, child) for key, value in node.value for child in (key, value)]

    def _good_pairs(self, node: MappingNode, place: tuple[str | int, ...]) -> Iterator[tuple[Node, Node]]:
        seen = set()
        for key, value in node.value:
            if not isinstance(key, ScalarNode) or key.tag != f"{_TAG_PREFIX}str":
                shown = key.value if isinstance(key, ScalarNode) else "a list or a mapping"
                self._refuse(key, place, f"a key must be a word, but is {shown}; write it out, or in quotes")
            elif key.value in seen:
                text = f"key {key.value!r} stands twice in one mapping; remove one"
                self._refuse(key, (*place, key.value), text)
            else:
                seen.add(key.value)
                yield key, value

    def _check_tag(self, node: Node, place: tuple[str | int, ...]) -> None:
        tag = str(node.tag)
        if tag.removeprefix(_TAG_PREFIX) not in _CORE:
            shown = tag.replace(_TAG_PREFIX, "!!")
            self._refuse(node, place, f"tag {shown} is not allowed; write a plain value, in quotes if it is text")
            node.tag = f"{_TAG_PREFIX}{_PLAIN[type(node)]}"

    def _refuse(self, node: Node, place: tuple[str | int, ...], text: str) -> None:
        self._refused.append(_Refused(_line(node), text))
        if place and isinstance(place[0], int):
            self.doubtful.add((place[0], str(place[1]) if len(place) > 1 else None))
        else:
            self.is_hopeless = True
