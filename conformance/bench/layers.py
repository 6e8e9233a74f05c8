"""Layers: cases with the number of times that a network has them.

A set of layers is a catalogue, and so any catalogue is one; the tag `times-N` says how often a layer is there.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from conformance.case import Case, Kind, Operation
from conformance.catalogue import load_catalogue, memory_needed
from conformance.errors import UsageError

__all__ = ["LAYER_SETS", "Layer", "find_layers", "read_layers", "with_batch"]

_FOLDER = Path(str(files("conformance") / "layers"))

LAYER_SETS = {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}
"""The catalogues that are shipped as layers, by name."""

_SHIPPED_BUDGET = 3.25
"""GiB that the largest shipped layer may take: U-Net's images are large."""

_TIMES = re.compile(r"times-([1-9]\d*)")


@dataclass(frozen=True, slots=True)
class Layer:
    """A case to be timed.

    Attributes:
        case: what is computed.
        times: how often the network has it.
        as_written: whether the case is as its catalogue has it, with the same batch.
    """

    case: Case
    times: int = 1
    as_written: bool = True

    @property
    def products(self) -> int:
        """How many products a call adds up, those with padding among them; each is two floating-point operations.

        >>> Layer(Case("mine", Operation.CONV2D, (1, 5, 5, 2), (3, 3, 2, 4), (1, 3, 3, 4), {})).products
        648
        """
        case = self.case
        if case.operation.is_bias:
            return 0
        taps, channels = math.prod(case.filters[:-2]), 1 if case.operation.is_depthwise else case.filters[-2]
        if case.operation is Operation.SEPARABLE_CONV2D:
            between = case.filters[-2] * case.filters[-1]
            return math.prod(case.output[:-1]) * between * (taps + case.output[-1])
        return math.prod(_behind(case)) * taps * channels


def _behind(case: Case) -> tuple[int, ...]:
    """Return the shape of the image behind the convolution, whichever of its maps is asked for."""
    if case.operation.is_transposed:
        return case.input
    if case.operation.kind is Kind.FORWARD:
        return case.output
    assert case.out_backprop is not None
    return case.out_backprop


def find_layers(name: str) -> Path:
    """Return the catalogue that a user means by the name of a set, or by a file.

    Raises:
        UsageError: there is neither.
    """
    if name in LAYER_SETS:
        return LAYER_SETS[name]
    if Path(name).is_file():
        return Path(name)
    near = get_close_matches(name, LAYER_SETS, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise UsageError(f"--layers must be {', '.join(LAYER_SETS)} or a catalogue that exists, but is {name!r}{hint}")


def read_layers(path: Path, budget: float, batch: int | None = None) -> list[Layer]:
    """Return the layers of a catalogue; calls that must be refused are none.

    Args:
        path: of the catalogue.
        budget: GiB that the arrays of one layer may take; a shipped set is granted what its largest layer takes.
        batch: images of a call, where not as many as the catalogue says.

    Raises:
        CatalogueError: the catalogue has faults.
        UsageError: it has no layer, or one cannot have that batch.
    """
    granted = max(budget, _SHIPPED_BUDGET) if path in LAYER_SETS.values() else budget
    cases = [case for case in load_catalogue([path], granted) if not case.refuses]
    if not cases:
        raise UsageError(f"--layers {str(path)!r} has no call with an answer, and so nothing to time")
    if batch is None:
        return [Layer(case, _times(case)) for case in cases]
    return [Layer(with_batch(case, batch, granted), _times(case), as_written=False) for case in cases]


def _times(case: Case) -> int:
    counts = [match for match in map(_TIMES.fullmatch, case.tags) if match]
    return int(counts[0][1]) if counts else 1


def with_batch(case: Case, batch: int, budget: float) -> Case:
    """Return a case with so many images.

    Raises:
        UsageError: its images are written as numbers, or would take more than `budget` GiB.
    """
    if case.literal is not None or not all(isinstance(recipe, str) for recipe in case.data.values()):
        raise UsageError(f"--batch cannot be used with {case.id!r}, whose numbers are written out")
    shapes: dict[str, Any] = {"input": (batch, *case.input[1:])}
    if case.out_backprop is not None:
        shapes["out_backprop"] = (batch, *case.out_backprop[1:])
    if case.operation.gives_image:
        shapes["output"] = (batch, *case.output[1:])
    changed = replace(case, **shapes)
    changed = replace(changed, written={name: getattr(changed, name) for name in case.written})
    need = memory_needed([getattr(changed, name) for name in case.operation.operands], changed.output)
    if need > budget:
        text = f"makes {case.id!r} need {need:.4g} GiB, more than the budget of {budget:g} GiB"
        raise UsageError(f"--batch {batch} {text}; choose a smaller one, or raise --memory-budget")
    return changed
