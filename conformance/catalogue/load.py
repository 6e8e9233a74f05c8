"""From files to cases: every fault of every file is found before anything is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from conformance.case import Case
from conformance.catalogue.build import Builder
from conformance.catalogue.document import Document, read_document
from conformance.catalogue.matrix import MatrixFault, expand
from conformance.catalogue.refused import refused_case
from conformance.catalogue.schema import CaseEntry, Data, Expect, RefusedEntry
from conformance.choices import DEFAULT_BUDGET
from conformance.errors import CatalogueError, Fault

__all__ = ["build_case", "check_catalogue", "load_catalogue", "shipped_catalogue"]

Keys = list[str | int]
KeyedFault = tuple[Keys, str]

_KEYS = list(CaseEntry.model_fields | RefusedEntry.model_fields)
_MATRIX_KEYS = [key for key in _KEYS if key not in ("id", "matrix", "exclude", "refuses")]

_STAND_INS: dict[str, Any] = {"id": "x", "input": [1, 1], "filters": [1, 1], "output": [1, 1]}
"""For required keys that are missing or not of their form; they are doubtful, and nothing is derived from them."""

_NESTED: dict[str, type[BaseModel]] = {"data": Data, "expect": Expect}


def shipped_catalogue() -> Path:
    """Return the path of the catalogue that comes with the package; in a clone of the project, that is the clone's.

    So a case that was added to `cases.yaml` is run, whether the package was installed as editable or not.
    """
    packaged = Path(str(files("conformance") / "cases.yaml"))
    cloned = Path.cwd() / "cases.yaml"
    if cloned.is_file() and (cloned.parent / "conformance" / "cases.schema.json").is_file():
        return cloned
    return packaged if packaged.exists() else packaged.parent.parent / "cases.yaml"


def load_catalogue(paths: Sequence[Path] = (), budget: float = DEFAULT_BUDGET) -> list[Case]:
    """Return the cases of the catalogues at `paths`, or of the shipped one where there are none, in their order.

    Args:
        paths: YAML files, each a list of cases.
        budget: GiB that the arrays of one case may take.

    Raises:
        CatalogueError: any file has any fault; the error holds all of them.
    """
    cases, faults = check_catalogue(paths, budget)
    if faults:
        raise CatalogueError(faults)
    return cases


def check_catalogue(paths: Sequence[Path] = (), budget: float = DEFAULT_BUDGET) -> tuple[list[Case], list[Fault]]:
    """Return the good cases of the catalogues at `paths`, and every fault of the others."""
    cases: list[Case] = []
    faults: list[Fault] = []
    taken: dict[str, str] = {}
    raised = budget if budget > DEFAULT_BUDGET else None
    for path in paths or [shipped_catalogue()]:
        name = str(path) if paths else ""
        try:
            document = read_document(path)
        except CatalogueError as error:
            faults.extend(error.faults)
            continue
        faults.extend(document.faults)
        for found in _entries(document, taken, budget):
            if isinstance(found, Case):
                cases.append(replace(found, catalogue=name, budget=raised, place=len(cases)))
            else:
                faults.append(found)
    return cases, faults


def build_case(values: dict[str, Any], budget: float = DEFAULT_BUDGET) -> Case | None:
    """Return the case of an entry that a program wrote, without a matrix; None where there is anything wrong with it.

    Its `output` may be left to the size formula, except a transpose's.
    """
    built = _case(values, budget, derived=True, doubtful=set())
    return built if isinstance(built, Case) else None


def _entries(document: Document, taken: dict[str, str], budget: float) -> Iterator[Case | Fault]:
    """Yield each case of the document, or its faults."""
    if not isinstance(document.values, list) or not document.values:
        yield Fault(document.file, 1, f"must be a list of cases, '- id: …', but is {_show(document.values)}")
        return
    for index, written in enumerate(document.values):
        doubtful = {key for entry, key in document.doubtful if entry == index}
        seen: set[str] = set()
        for values, fault in _expanded(written):
            name = values.get("id") if isinstance(values, dict) else None
            label = f"case {str(name)[:120]!r}" if name is not None else f"case number {index + 1}"
            if name is not None and str(name) in taken:
                text = f"id must be unique, but is taken by {taken[str(name)]}; choose another"
                yield Fault(document.file, document.line([index, "id"]), text, label)
            elif name is not None:
                taken[str(name)] = f"{document.file}:{document.line([index, 'id'])}"
            built = _build(values, fault, budget, values is not written, doubtful)
            if isinstance(built, Case):
                yield replace(built, line=document.line([index]))
                continue
            for path, text in built:
                if text not in seen:  # what is wrong with all cases of a matrix is said once
                    yield Fault(document.file, document.line([index, *path]), text, label)
                seen.add(text)


def _expanded(written: Any) -> Iterator[tuple[Any, KeyedFault | None]]:
    """Yield what an entry stands for: itself, or the entries of its matrix, or what is wrong with that."""
    if not isinstance(written, dict) or "matrix" not in written:
        yield written, None
        return
    try:
        yield from ((values, None) for values in expand(written, _MATRIX_KEYS))
    except MatrixFault as fault:
        yield written, (fault.path, fault.text)


def _build(
    values: Any, fault: KeyedFault | None, budget: float, derived: bool, doubtful: set[str | None]
) -> Case | list[KeyedFault]:
    """Return the case of an entry, or what is wrong with it; with a faulty matrix, that and what stands beside it."""
    if None in doubtful:
        return []
    keys = {key for key in doubtful if key is not None}
    if fault is None:
        return _case(values, budget, derived, keys)
    beside = _case(values, budget, derived=True, doubtful=keys | _listed(values))
    return [fault] if isinstance(beside, Case) else [fault, *beside]


def _listed(values: dict[str, Any]) -> set[str]:
    """Return the keys of an entry that its faulty matrix may have been meant to give, and the matrix itself."""
    listed: set[str] = set(values["matrix"]) if isinstance(values["matrix"], dict) else set()
    return listed | {"matrix", "exclude"} | (CaseEntry.model_fields.keys() - values.keys() - {"id"})


def _case(values: Any, budget: float, derived: bool, doubtful: set[str]) -> Case | list[KeyedFault]:
    """Return the case that `values` describe, or what is wrong with them: paths into the values, and sentences.

    Args:
        values: an entry without matrix.
        budget: GiB that the arrays of the case may take.
        derived: whether the output's shape may be left to the size formula.
        doubtful: keys whose values are not to be relied on, for which a fault was found already.
    """
    if not isinstance(values, dict):
        return [([], f"must be a mapping such as {{id: …, input: …}}, but is {_show(values)}")]
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
        faults = _form_faults(error, sound)
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
        faults = _form_faults(error, sound, RefusedEntry)
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


def _form_faults(
    error: ValidationError, values: dict[str, Any], model: type[BaseModel] = CaseEntry
) -> list[KeyedFault]:
    """Return one fault for each value of the wrong form, the innermost that has a name."""
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
        known = _KEYS if model is CaseEntry else list(model.model_fields)
        near = get_close_matches(str(path[-1]), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return f"unknown key {name!r} ({hint})"
    description = model.model_fields[str(path[-1])].description
    if kind == "missing":
        return f"{name} is missing; it must be {description}"
    value: Any = values
    for key in path:
        value = value[key]
    return f"{name} must be {description}, but is {_show(value)}{_hint(name, value)}"


def _hint(name: str, value: Any) -> str:
    """Return what to write instead of a number as an id, or of a dtype with a byte order, `>f4`, or in short, `f4`."""
    if name == "id" and isinstance(value, int | float):
        return "; write it in quotes"
    if name != "dtype" or not isinstance(value, str) or not re.fullmatch("[<>=|]?[efdi][248]?", value):
        return ""
    return f" (operands are always of the machine's own byte order: write {np.dtype(value).newbyteorder('=').name!r})"


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"
