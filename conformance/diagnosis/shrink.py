"""The smallest case that still fails: shapes, parameters and data made smaller, as long as it fails in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from conformance.case import Case, DType, Memory, Outcome, Shape
from conformance.diagnosis.entry import DEFAULT_DATA, Form, form_of
from conformance.diagnosis.sightings import Clock
from conformance.runner import Result

__all__ = ["same_way", "shrink"]

_ATTEMPTS = 500
"""Attempts at most, so that a fast implementation gives the same case every time."""

_LITERAL = 48
"""Elements up to which an operand may be written out."""

_BESIDE_VALUES = ("shape", "dtype", "memory", "state", "refusal")

Step = Callable[[Form], Iterator[Form]]


def shrink(case: Case, fails: Callable[[Case], bool], clock: Clock) -> dict[str, Any] | None:
    """Return the entry of the smallest case found that fails as `case` does; None where none of its own data fails.

    Args:
        case: fails.
        fails: tells whether another case fails in the same way.
        clock: how long it may take.
    """
    start = form_of(case)
    if start is None:
        return None
    search = _Search(fails, clock, may_be_empty=0 in case.output)
    for name in (f"{case.id}.minimal", case.id):
        form = replace(start, id=name)
        found = search.accepted(form)
        if found is not None:
            form, found = search.reduced(form, found)
            return form.entry | {"output": list(found.written["output"])}
    return None


def same_way(one: Result, other: Result) -> bool:
    """Tell whether two failures are of a kind: by values, by shape, by an error of the same name."""
    return (one.outcome, _kind(one)) == (other.outcome, _kind(other))


def _kind(result: Result) -> str:
    if result.outcome is Outcome.FAILED:
        return result.rule if result.rule in _BESIDE_VALUES else "values"
    return result.detail.partition(":")[0]


class _Search:
    """Tries smaller forms, and counts the attempts."""

    def __init__(self, fails: Callable[[Case], bool], clock: Clock, may_be_empty: bool) -> None:
        self._fails = fails
        self._clock = clock
        self._left = _ATTEMPTS
        self._may_be_empty = may_be_empty

    def accepted(self, form: Form) -> Case | None:
        """Return the case of a form, if it still fails."""
        if self._left <= 0 or self._clock.is_up:
            return None
        case = form.built()
        if case is None or (0 in case.output and not self._may_be_empty):
            return None
        self._left -= 1
        return case if self._fails(case) else None

    def reduced(self, form: Form, case: Case) -> tuple[Form, Case]:
        """Return the smallest form that the steps lead to, each taken as often as it helps, and its case."""
        before = None
        while form != before:
            before = form
            for step in _STEPS:
                form, case = self._taken(step, form, case)
        for operand in form.operation.operands:
            form, case = self._taken(partial(_single_elements, operand=operand, case=case), form, case)
        return form, case

    def _taken(self, step: Step, form: Form, case: Case) -> tuple[Form, Case]:
        """Return the first smaller form of a step that still fails, or the form as it is."""
        for smaller in step(form):
            found = self.accepted(smaller)
            if found is not None:
                return smaller, found
        return form, case


def _smaller(number: int) -> list[int]:
    """Return what to put in place of a number, the smallest first.

    >>> _smaller(9), _smaller(1)
    ([1, 5, 8], [])
    """
    return sorted({1, (number + 1) // 2, number - 1} - {0, number}) if number > 1 else []


def _with(form: Form, name: str, value: Any) -> Form:
    return replace(form, **{name: value})


def _number(name: str) -> Step:
    def step(form: Form) -> Iterator[Form]:
        for number in _smaller(getattr(form, name)):
            yield _with(form, name, number)

    return step


def _numbers(name: str) -> Step:
    """Return the step that makes the numbers of all axes smaller, then those of each."""

    def step(form: Form) -> Iterator[Form]:
        numbers: Shape = getattr(form, name)
        if max(numbers) > 1:
            yield _with(form, name, (1,) * len(numbers))
        for axis, number in enumerate(numbers):
            for other in _smaller(number):
                yield _with(form, name, (*numbers[:axis], other, *numbers[axis + 1 :]))

    return step


def _padding(form: Form) -> Iterator[Form]:
    if form.padding == "VALID":
        return
    yield replace(form, padding="VALID")
    if isinstance(form.padding, str):
        return
    flat = [side for pair in form.padding for side in pair]
    for place, side in enumerate(flat):
        for other in sorted({0, side // 2, side - 1} - {-1, side}) if side else ():
            changed = [*flat[:place], other, *flat[place + 1 :]]
            yield replace(form, padding=tuple(zip(changed[::2], changed[1::2], strict=True)))


def _bias(form: Form) -> Iterator[Form]:
    if form.bias is not None:
        yield replace(form, bias=None)
    if form.bias not in (None, DEFAULT_DATA):
        yield replace(form, bias=DEFAULT_DATA)


def _plain(form: Form) -> Iterator[Form]:
    """Yield the form with one of its peculiarities less."""
    for name in form.others:
        yield replace(form, others={key: value for key, value in form.others.items() if key != name})
    if form.memory is not Memory.CONTIGUOUS:
        yield replace(form, memory=Memory.CONTIGUOUS)
    if form.dtype is not DType.FLOAT32:
        yield replace(form, dtype=DType.FLOAT32)


def _data(form: Form) -> Iterator[Form]:
    """Yield the form with default data, then with few numbers that are not zero."""
    unlike = [name for name in form.data if form.data[name] != "one-hot"]
    if unlike:
        yield replace(form, data={name: part for name, part in form.data.items() if name not in unlike})
    for names in (form.operation.operands, *((name,) for name in form.operation.operands)):
        if any(form.data.get(name) != "one-hot" for name in names):
            yield replace(form, data=form.data | dict.fromkeys(names, "one-hot"))


def _single_elements(form: Form, operand: str, case: Case) -> Iterator[Form]:
    """Yield the form with an operand written out: zeros and a single one."""
    shape = case.written[operand]
    if np.prod(shape, dtype=int) > _LITERAL:
        return
    for place in range(int(np.prod(shape, dtype=int))):
        numbers = np.zeros(shape, int)
        numbers.flat[place] = 1
        yield replace(form, data=form.data | {operand: numbers.tolist()})


_STEPS: tuple[Step, ...] = (
    _plain,
    _bias,
    _data,
    _number("batch"),
    _number("groups"),
    _number("depth"),
    _number("width"),
    _padding,
    _numbers("strides"),
    _numbers("dilations"),
    _numbers("sizes"),
    _numbers("taps"),
)
"""What is made smaller, in this order, again and again."""
