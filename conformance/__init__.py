"""A conformance harness for convolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.testing import TestCase, parametrize

__all__ = ["TestCase", "parametrize"]


def __getattr__(name: str) -> Any:
    """Import what tests use when they ask for it, so that the plugin costs nothing where nobody does."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from conformance import testing

    return getattr(testing, name)
