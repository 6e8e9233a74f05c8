"""The catalogue: YAML files in, checked cases out."""

from conformance.catalogue.build import memory_needed
from conformance.catalogue.entry import build_case
from conformance.catalogue.large import Draft
from conformance.catalogue.load import Catalogue, check_catalogue, load_catalogue, read_catalogue, shipped_catalogue
from conformance.catalogue.schema import json_schema

__all__ = [
    "Catalogue",
    "Draft",
    "build_case",
    "check_catalogue",
    "json_schema",
    "load_catalogue",
    "memory_needed",
    "read_catalogue",
    "shipped_catalogue",
]
