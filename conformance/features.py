"""What a case is about, in a few words by which reports count: a group of operations, and features of the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from conformance.case import Case, DType, Kind
from conformance.operation import Operation

__all__ = ["FEATURES", "GROUPS", "features_of", "group_of"]

_BY_KIND: Mapping[Kind, str] = {
    Kind.TRANSPOSE: "transposes",
    Kind.INPUT_GRADIENT: "input gradients",
    Kind.FILTER_GRADIENT: "filter gradients",
}

_SHORT = {"depthwise_conv2d": "depthwise", "separable_conv2d": "separable"}


def group_of(operation: Operation) -> str:
    """Return the group of an operation: itself, or what it has in common with others.

    >>> [group_of(each) for each in (Operation.CONV2D, Operation.CONV3D_TRANSPOSE, Operation.BIAS_ADD_GRAD)]
    ['conv2d', 'transposes', 'bias']
    """
    if operation.is_bias:
        return "bias"
    return _BY_KIND.get(operation.kind) or _SHORT.get(operation, str(operation))


GROUPS: tuple[str, ...] = tuple(dict.fromkeys(map(group_of, Operation)))
"""The groups of operations, in the order in which they are shown."""


def _is_of(dtype: DType, case: Case) -> bool:
    return case.dtype is dtype


def _is_grouped(case: Case) -> bool:
    return not case.operation.is_depthwise and len(case.filters) > 1 and case.input[-1] != case.filters[-2]


FEATURES: Mapping[str, Callable[[Case], bool]] = {
    **{str(dtype): partial(_is_of, dtype) for dtype in DType if dtype is not DType.FLOAT32},
    "groups": _is_grouped,
    "strides": lambda case: max(case.strides, default=1) > 1,
    "dilations": lambda case: max(case.dilations, default=1) > 1,
    "SAME": lambda case: case.padding == "SAME",
    "explicit pads": lambda case: not isinstance(case.padding, str),
    "channels first": lambda case: case.channels_first,
    "nothing inside": lambda case: 0 in (*case.input, *case.filters, *case.output),
    "refusals": lambda case: bool(case.refuses),
}
"""The features, in the order in which they are shown, and whether a case has them."""


def features_of(case: Case) -> tuple[str, ...]:
    """Return the features that a case has; a call that must be refused is that alone, as its arguments may be any."""
    if case.refuses:
        return ("refusals",)
    return tuple(name for name, has in FEATURES.items() if has(case))
