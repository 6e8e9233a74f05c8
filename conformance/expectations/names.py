"""Expectations of implementations that nobody knows: a mistyped name would be silent, as it stands for none judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

from conformance.expectations.load import Written
from conformance.implementations import ADAPTERS, REFERENCES

__all__ = ["mistyped"]


def mistyped(entries: Iterable[Written], judged: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each entry whose implementation is likely mistyped.

    Known are adapters, the reference's modules, and who is judged. Another name may be somebody's own, to be judged
    another time, so it is doubted only where it is like a known one, and there is no such file or module.

    Args:
        entries: of the user's file.
        judged: the SPECs of the run.
    """
    known = {"reference", *ADAPTERS, *REFERENCES, *judged}
    for each in entries:
        name = each.expectation.implementation
        near = get_close_matches(name, sorted(known), n=3, cutoff=0.75)
        if name not in known and near and not _is_there(name):
            yield (
                f"{each.place}: there is no implementation {name!r}, so the entry says nothing; "
                f"did you mean {', '.join(near)}?"
            )


def _is_there(name: str) -> bool:
    """Tell whether a SPEC names a file, or a module, or what is inside an installed one; none of those is imported."""
    target = name.rpartition(":")[0] or name
    top = target.partition(".")[0]
    if Path(target).exists() or Path(f"{top}.py").exists():
        return True
    try:
        return find_spec(target if top == "reference" else top) is not None
    except (ImportError, ValueError):
        return False
