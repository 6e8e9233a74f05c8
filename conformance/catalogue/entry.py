"""One entry of a catalogue: from values, of whatever form, to a case, or to all that is wrong with them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from conformance.case import Case
from conformance.catalogue.build import Builder
from conformance.catalogue.refused import refused_case
from conformance.catalogue.schema import CaseEntry, Data, Expect, RefusedEntry
from conformance.choices import DEFAULT_BUDGET

__all__ = ["KEYS", "KeyedFault", "build_case", "case_or_faults", "form_faults", "shown"]

Keys = list[str | int]
KeyedFault = tuple[Keys, str]
"""A path into the values of an entry, and a sentence."""

KEYS = list(CaseEntry.model_fields | RefusedEntry.model_fields)
"""That an entry may have."""

_STAND_INS: dict[str, Any] = {"id": "x", "input": [1, 1], "filters": [1, 1], "output": [1, 1]}
"""For required keys that are missing or not of their form; they are doubtful, and nothing is derived from them."""

_NESTED: dict[str, type[BaseModel]] = {"data": Data, "expect": Expect}


def build_case(values: dict[str, Any], budget: float = DEFAULT_BUDGET) -> Case | None:
    """Return the case of an entry that a program wrote, without a matrix; None where there is anything wrong with it.

    Its `output` may be left to the size formula, except a transpose's.
    """
    built = case_or_faults(values, budget, derived=True, doubtful=set())
    return built if isinstance(built, Case) else None


def case_or_faults(values: Any, budget: float, derived: bool, doubtful: set[str]) -> Case | list[KeyedFault]:
    """Return the case that `values` describe, or what is wrong with them: paths into the values, and sentences.

    Args:
        values: an entry without matrix.
        budget: GiB that the arrays of the case may take.
        derived: whether the output's shape may be left to the size formula.
        doubtful: keys whose values are not to be relied on, for which a fault was found already.
    """
    if not isinstance(values, dict):
        return [([], f"must be a mapping such as {{id: …, input: …}}, but is {shown(values)}")]
    if "refuses" in values:
        return _refused(values, budget, doubtful)
    lacks_output = "output" not in values and "output" not in doubtful
    sound = {key: value for key, value in values.items() if key not in doubtful}
    stand_ins = {
        key: value for key, value in _STAND_INS.items() if key in doubtful or (key == "output" and lacks_output)
    }
    faults: list[KeyedFault] = []
    try:
        entry = CaseEntry.model_validate(stand_ins | sound)
    except ValidationError as error:
        faults = form_faults(error, sound)
        entry = CaseEntry.model_validate(_STAND_INS | _without(sound, [path for path, _ in faults]))
        doubtful = doubtful | {str(path[0]) for path, _ in faults}
    builder = Builder(entry, budget, lacks_output, derived, doubtful)
    return builder.case() or faults + builder.faults


def _refused(values: dict[str, Any], budget: float, doubtful: set[str]) -> Case | list[KeyedFault]:
    """Return the case of an entry with `refuses`, or what is wrong with it."""
    sound = {key: value for key, value in values.items() if key not in doubtful}
    stand_ins: dict[str, Any] = {"id": "x", "refuses": "x", "input": [1, 1]}
    faults: list[KeyedFault] = []
    try:
        entry = RefusedEntry.model_validate({key: stand_ins[key] for key in doubtful & stand_ins.keys()} | sound)
    except ValidationError as error:
        faults = form_faults(error, sound, RefusedEntry)
        doubtful = doubtful | {str(path[0]) for path, _ in faults}
        entry = RefusedEntry.model_validate(stand_ins | _without(sound, [path for path, _ in faults]))
    built = refused_case(entry, budget, doubtful)
    return built if isinstance(built, Case) else faults + built


def _without(values: dict[str, Any], paths: Sequence[Keys]) -> dict[str, Any]:
    """Return the values without those at the paths; without a required nested one, nothing stays of its mapping."""
    kept = dict(values)
    for path in paths:
        outer = str(path[0])
        model = _NESTED.get(outer)
        optional = model and (path[-1] not in model.model_fields or not model.model_fields[str(path[-1])].is_required())
        if len(path) > 1 and optional and outer in kept:
            kept[outer] = {key: value for key, value in kept[outer].items() if key != path[-1]}
        else:
            kept.pop(outer, None)
    return kept


def form_faults(error: ValidationError, values: dict[str, Any], model: type[BaseModel] = CaseEntry) -> list[KeyedFault]:
    """Return one fault for each value of the wrong form, the innermost that has a name.

    Args:
        error: that the model raised.
        values: that it was given.
        model: of the entry, whose descriptions complete the sentence "must be …".
    """
    kinds = {tuple(_named_path(detail, model)): detail["type"] for detail in error.errors(include_url=False)}
    outer = {path[:1] for path in kinds if len(path) > 1}
    return [(list(path), _sentence(path, kind, values, model)) for path, kind in kinds.items() if path not in outer]


def _named_path(detail: ErrorDetails, entry: type[BaseModel]) -> Keys:
    """Return the keys of the file in an error's location, without list indices and the names of a union's branches."""
    path: Keys = list(detail["loc"][:1])
    model = _NESTED.get(str(path[0])) if path and path[0] in entry.model_fields else None
    if model:
        keys = [step for step in detail["loc"][1:] if step in model.model_fields]
        path += detail["loc"][-1:] if detail["type"] == "extra_forbidden" else keys[:1]
    return path


def _sentence(path: tuple[str | int, ...], kind: str, values: dict[str, Any], outer: type[BaseModel]) -> str:
    """Return what is wrong with the value at `path`: its name, what it must be and what it is."""
    name = ".".join(map(str, path))
    model = _NESTED[str(path[0])] if len(path) > 1 else outer
    if kind == "extra_forbidden":
        known = KEYS if model is CaseEntry else list(model.model_fields)
        near = get_close_matches(str(path[-1]), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return f"unknown key {name!r} ({hint})"
    description = model.model_fields[str(path[-1])].description
    if kind == "missing":
        return f"{name} is missing; it must be {description}"
    value: Any = values
    for key in path:
        value = value[key]
    return f"{name} must be {description}, but is {shown(value)}{_hint(name, value)}"


def _hint(name: str, value: Any) -> str:
    """Return what to write instead of a number as an id, or of a dtype with a byte order, `>f4`, or in short, `f4`."""
    if name == "id" and isinstance(value, int | float):
        return "; write it in quotes"
    if name != "dtype" or not isinstance(value, str) or not re.fullmatch("[<>=|]?[efdi][248]?", value):
        return ""
    return f" (operands are always of the machine's own byte order: write {np.dtype(value).newbyteorder('=').name!r})"


def shown(value: Any) -> str:
    """Return a value as a message shows it."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"
