"""Text of other people's code, made fit to be shown: nothing in it commands a terminal or is lost on the way."""

from __future__ import annotations

import re

__all__ = ["visible"]

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # what commands a terminal; tab and newline do no harm
    "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the direction of the text round it
    "\ud800-\udfff\ufffe\uffff]"  # what is no character
)


def visible(text: str) -> str:
    r"""Return a text with its control characters, and what is no character, written as escapes.

    >>> visible("red \x1b[31m\n")
    'red \\x1b[31m\n'
    """
    return _HIDDEN.sub(lambda found: ascii(found[0])[1:-1], text)
