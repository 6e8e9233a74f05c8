"""Proposals written behind what stands in an expectations file, which stays as it is, comments and all."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.util import load_yaml_guess_indent

from conformance.expectations.propose import Proposal

__all__ = ["with_proposals"]

_HEAD = "# What is expected not to pass, and why; what --update-expectations proposed is to be read and corrected.\n"

_WIDTH = 4096
"""Columns beyond which lines are broken: no line of a person is."""


def with_proposals(text: str, proposals: Sequence[Proposal]) -> str:
    """Return the text of an expectations file with entries for proposals behind its own.

    Args:
        text: a YAML list; nothing, or comments alone, where there is none yet.
        proposals: what to add.
    """
    if not proposals:
        return text
    plain = text.replace("\r\n", "\n")
    values, sequence, offset = load_yaml_guess_indent(plain)
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, _WIDTH
    yaml.indent(sequence=sequence or 2, offset=offset or 0)
    before = "" if values is not None else f"{(plain or _HEAD).rstrip()}\n"
    entries = CommentedSeq() if values is None else yaml.load(plain)
    for each in proposals:
        entries.append(CommentedMap(each.entry))
        if not entries.fa.flow_style():
            entries.yaml_set_comment_before_after_key(len(entries) - 1, before="\n")
    written = StringIO()
    yaml.dump(entries, written)
    whole = before + written.getvalue()
    return whole.replace("\n", "\r\n") if plain != text else whole
