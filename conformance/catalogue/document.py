"""Reading YAML that a stranger may have written: bounded, no code, and with line numbers.

The text becomes a graph of nodes first, in which an alias is a reference and costs nothing. The graph is measured, and
only a graph that is small when written out becomes Python values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from conformance.errors import CatalogueError, Fault

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_VALUES", "Document", "read_document"]

MAX_BYTES = 16 * 2**20
"""Bytes of a file; a hundred times the shipped catalogue."""
MAX_VALUES = 1_000_000
"""Values of a file, aliases written out."""
MAX_DEPTH = 32
"""Levels of nesting; a literal in a case takes seven."""

_CORE = ("null", "bool", "int", "float", "str", "seq", "map")
_TAG_PREFIX = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain Python values, with the line of each."""

    file: Path
    values: Any
    node: Node

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line, from 1, of the value at `path`, or of the closest one around it."""
        node, line = self.node, _line(self.node)
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            node, line = child
        return line


def read_document(file: Path) -> Document:
    """Return the YAML document in `file`.

    Raises:
        CatalogueError: the file cannot be read, is no YAML, uses tags, or is larger than a catalogue may be.
    """
    try:
        text = _read(file)
        yaml = YAML(typ="safe", pure=True)
        node = yaml.compose(text)
        if node is None:
            raise _Refused(0, "holds no case; add one, for example '- {id: mine, input: [4, 4], …}'")
        _measure(node)
        return Document(file, yaml.constructor.construct_document(node), node)
    except _Refused as refused:
        raise CatalogueError([Fault(file, refused.line, refused.text)]) from refused
    except RecursionError as error:
        text = f"is nested deeper than {MAX_DEPTH} levels; flatten it"
        raise CatalogueError([Fault(file, 0, text)]) from error
    except ValueError as error:
        raise CatalogueError([Fault(file, 0, f"holds a number that cannot be read: {error}")]) from error
    except YAMLError as error:
        raise CatalogueError([_syntax_fault(file, error)]) from error


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
        return content.decode("utf-8")
    except OSError as error:
        raise _Refused(0, f"cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise _Refused(0, f"must be UTF-8, but byte {error.start} is not; save it as UTF-8") from error


def _syntax_fault(file: Path, error: YAMLError) -> Fault:
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


def _measure(root: Node) -> None:
    """Refuse tags, odd keys, loops, depth and size, visiting each node of the graph once."""
    sizes: dict[int, int | None] = {}

    def visit(node: Node, depth: int) -> int:
        if depth > MAX_DEPTH:
            raise _Refused(_line(node), f"is nested deeper than {MAX_DEPTH} levels; flatten it")
        if id(node) in sizes:
            known = sizes[id(node)]
            if known is None:
                raise _Refused(_line(node), "an alias stands inside its own anchor; write the values out")
            return known
        _check_tag(node)
        sizes[id(node)] = None
        size = 1 + sum(visit(child, depth + 1) for child in _children(node))
        if size > MAX_VALUES:
            raise _Refused(_line(node), f"holds more than {MAX_VALUES:,} values with its aliases; split it")
        sizes[id(node)] = size
        return size

    visit(root, 0)


def _children(node: Node) -> list[Node]:
    if isinstance(node, SequenceNode):
        return list(node.value)
    if not isinstance(node, MappingNode):
        return []
    seen = set()
    for key, _ in node.value:
        if not isinstance(key, ScalarNode) or key.tag != f"{_TAG_PREFIX}str":
            shown = key.value if isinstance(key, ScalarNode) else "a list or a mapping"
            raise _Refused(_line(key), f"a key must be a word, but is {shown}; write it out, or in quotes")
        if key.value in seen:
            raise _Refused(_line(key), f"key {key.value!r} stands twice in one mapping; remove one")
        seen.add(key.value)
    return [child for pair in node.value for child in pair]


def _check_tag(node: Node) -> None:
    tag = str(node.tag)
    if tag.removeprefix(_TAG_PREFIX) not in _CORE:
        shown = tag.replace(_TAG_PREFIX, "!!")
        raise _Refused(_line(node), f"tag {shown} is not allowed; write a plain value, in quotes if it is text")
