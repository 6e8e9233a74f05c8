"""What can be said of a case in a few words: the conditions from which common properties are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from conformance.case import Case, DType, Kind, Memory, Operation, Shape
from reference.geometry import explicit_pads, receptive_field

__all__ = ["CONDITIONS", "Condition"]

_THRESHOLDS = (2, 3, 4, 8, 16, 32, 64)
_BLOCKS = (2, 4, 8, 16)


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a case has, or has not, completing "the cases have …".

    Attributes:
        words: for that.
        holds: whether a case has it.
    """

    words: str
    holds: Callable[[Case], bool]

    def of(self, case: Case) -> bool:
        """Tell whether a case has it; one of other shapes than a convolution's has not."""
        try:
            return self.holds(case)
        except (IndexError, TypeError, ValueError, ZeroDivisionError):
            return False


def _image(case: Case) -> Shape:
    """Return the shape of the convolution's input."""
    return case.output if case.operation.kind is Kind.TRANSPOSE else case.input


def _places(case: Case) -> Shape:
    """Return the shape of the convolution's output."""
    if case.operation.kind is Kind.TRANSPOSE:
        return case.input
    return case.out_backprop or case.output


def _groups(case: Case) -> int:
    return 1 if case.operation.is_depthwise else _image(case)[-1] // case.filters[-2]


def _pads(case: Case) -> list[tuple[int, int]]:
    sizes, taps = _image(case)[1:-1], case.filters[:-2]
    return list(explicit_pads(case.padding, sizes, taps, case.strides, case.dilations))


def _fields(case: Case) -> list[int]:
    return [receptive_field(taps, hole) for taps, hole in zip(case.filters[:-2], case.dilations, strict=True)]


def _leaves_rest(case: Case) -> bool:
    """Tell whether the last window ends before the padded image does."""
    axes = zip(_image(case)[1:-1], _fields(case), case.strides, _pads(case), strict=True)
    return any((size + sum(pads) - field) % step for size, field, step, pads in axes)


def _is_beyond_filter(case: Case) -> bool:
    return any(step > field for step, field in zip(case.strides, _fields(case), strict=True))


def _is_unequal(steps: Shape) -> bool:
    return len(set(steps)) > 1


def _of_geometry() -> Iterator[Condition]:
    yield Condition("a dilation > 1", lambda case: max(case.dilations) > 1)
    yield Condition("dilations of 1", lambda case: max(case.dilations) == 1)
    yield Condition("unequal dilations", lambda case: _is_unequal(case.dilations))
    yield Condition("a stride > 1", lambda case: max(case.strides) > 1)
    yield Condition("strides of 1", lambda case: max(case.strides) == 1)
    yield Condition("unequal strides", lambda case: _is_unequal(case.strides))
    yield Condition("a stride beyond the filter", _is_beyond_filter)
    yield Condition("padding SAME", lambda case: case.padding == "SAME")
    yield Condition("padding VALID", lambda case: case.padding == "VALID")
    yield Condition("explicit padding", lambda case: not isinstance(case.padding, str))
    yield Condition("zeros around the image", lambda case: any(map(any, _pads(case))))
    yield Condition("no zeros around the image", lambda case: not any(map(any, _pads(case))))
    yield Condition("more padding on one side than on the other", lambda case: any(a != b for a, b in _pads(case)))
    yield Condition("unlike padding of the axes", lambda case: len(set(_pads(case))) > 1)
    yield Condition("a rest that the stride leaves of the image", _leaves_rest)
    yield Condition("groups > 1", lambda case: _groups(case) > 1)
    yield Condition("one group", lambda case: _groups(case) == 1)
    yield Condition("a multiplier > 1", lambda case: case.operation.is_depthwise and case.filters[-1] > 1)
    yield Condition("a filter of one element", lambda case: set(case.filters[:-2]) == {1})
    yield Condition("an even filter size", lambda case: any(taps % 2 == 0 for taps in case.filters[:-2]))
    yield Condition("a rectangular filter", lambda case: _is_unequal(case.filters[:-2]))
    yield Condition("an image that is not square", lambda case: _is_unequal(_image(case)[1:-1]))
    yield Condition("a bias", lambda case: case.bias is not None)
    yield Condition("no bias", lambda case: case.bias is None)
    yield Condition("a size of 0", lambda case: 0 in (*case.input, *case.filters, *case.output))


def _of_kind() -> Iterator[Condition]:
    for kind in Kind:
        yield Condition(f"the {kind} map", partial(lambda kind, case: case.operation.kind is kind, kind))
    yield Condition("depthwise filters", lambda case: case.operation.is_depthwise)
    for rank in (1, 2, 3):
        words = f"{rank} spatial ax{'es' if rank > 1 else 'is'}"
        yield Condition(words, partial(lambda rank, case: case.operation.rank == rank, rank))
    for operation in Operation:
        yield Condition(f"operation {operation}", partial(lambda name, case: case.operation is name, operation))
    for dtype in DType:
        yield Condition(f"dtype {dtype}", partial(lambda dtype, case: case.dtype is dtype, dtype))
    yield Condition("another dtype than float32", lambda case: case.dtype is not DType.FLOAT32)
    for memory in Memory:
        yield Condition(f"{memory} memory", partial(lambda memory, case: case.memory is memory, memory))
    yield Condition("operands that are not contiguous", lambda case: case.memory is not Memory.CONTIGUOUS)


def _of_sizes() -> Iterator[Condition]:
    measures: dict[str, Callable[[Case], int]] = {
        "batch": lambda case: _image(case)[0],
        "input channels": lambda case: _image(case)[-1],
        "output channels": lambda case: _places(case)[-1],
        "output width": lambda case: _places(case)[-2],
        "output height": lambda case: _places(case)[1],
        "input width": lambda case: _image(case)[-2],
        "input height": lambda case: _image(case)[1],
        "filter width": lambda case: case.filters[-3],
        "filter height": lambda case: case.filters[0],
    }
    for name, measure in measures.items():
        for least in _THRESHOLDS:
            yield Condition(f"{name} ≥ {least}", partial(lambda size, n, case: size(case) >= n, measure, least))
            yield Condition(f"{name} < {least}", partial(lambda size, n, case: size(case) < n, measure, least))
        for block in _BLOCKS:
            words = f"{name} that {block} does not divide"
            yield Condition(words, partial(lambda size, n, case: size(case) % n > 0, measure, block))


CONDITIONS: tuple[Condition, ...] = (*_of_geometry(), *_of_kind(), *_of_sizes())
"""What cases are told apart by; those that explain most come first."""
