"""Wrong implementations as data: what they do wrong in one sentence, and how."""

from conformance.defects.defect import Arguments, Defect
from conformance.defects.forward import FORWARD

__all__ = ["FORWARD", "Arguments", "Defect"]
