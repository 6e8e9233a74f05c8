"""Wrong implementations as data: what they do wrong in one sentence, and how."""

from conformance.defects.call import Call
from conformance.defects.defect import RIGHT, Defect
from conformance.defects.kit import DEFECTS

__all__ = ["DEFECTS", "RIGHT", "Call", "Defect"]
