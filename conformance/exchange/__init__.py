"""Catalogues and answers as files, for programs in any language."""

from conformance.exchange.export import export_cases
from conformance.exchange.scored import Scored

__all__ = ["Scored", "export_cases"]
