"""The catalogue: YAML files in, checked cases out."""

from conformance.catalogue.load import build_case, check_catalogue, load_catalogue, shipped_catalogue
from conformance.catalogue.schema import json_schema

__all__ = ["build_case", "check_catalogue", "json_schema", "load_catalogue", "shipped_catalogue"]
