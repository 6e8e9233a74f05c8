"""The numbers of a case: a closed set of named recipes, and the arrays that they fill."""

from conformance.data.operands import Array, Operands, channels_last, laid_out, make_operands
from conformance.data.recipes import RECIPES, Recipe, parse_recipe

__all__ = [
    "RECIPES",
    "Array",
    "Operands",
    "Recipe",
    "channels_last",
    "laid_out",
    "make_operands",
    "parse_recipe",
]
