"""One call of an implementation, with the arguments that its signature can take.

A parameter that the signature lacks is left out where its value is the default. Where it is not, the case is
unsupported. So `def conv2d(x, w, strides, padding)` can be judged as it stands.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import numpy as np

from conformance.case import Case, DType, Kind, Operation
from conformance.data import Array, Operands
from conformance.errors import ConformanceError, Unsupported
from conformance.implementations.load import Implementation
from conformance.surroundings import note_error_state

__all__ = ["BadAnswer", "call", "call_arguments", "whole_call"]

_COUNTS = {1: "argument", 2: "two arguments", 3: "three arguments"}
"""Leading arguments, in words."""

Parameter = inspect.Parameter


class BadAnswer(ConformanceError):
    """The implementation cannot be called, or what it returned is no array; the message says why."""


def call(implementation: Implementation, case: Case, operands: Operands) -> Array:
    """Return what the implementation computes for `case`, bias included, as it comes: any shape, dtype and layout.

    Args:
        implementation: offers the case's operation, or not.
        case: gives the parameters.
        operands: in the case's layout; handed over as they are.

    Raises:
        Unsupported: the implementation lacks the operation or a parameter that the case needs, or says so itself.
        BadAnswer: it cannot be called with these arguments, or returns no array.
        Exception: whatever the implementation raises.
    """
    function = implementation.functions.get(case.operation)
    if function is None:
        raise Unsupported(f"{implementation.name} offers no {case.operation}")
    leading = _leading(case, operands)
    positional, keywords, takes_bias = _arguments(function, case, operands, list(leading))
    try:
        with np.errstate(all="ignore"):  # NumPy's warnings of Inf - Inf, which some cases ask for, are nobody's news
            quiet = np.geterr()
            answer = _array(function(*leading.values(), *positional, **keywords))
            note_error_state(quiet)
        _check_offered(implementation, case, answer)
        return answer if operands.bias is None or takes_bias else _biased(implementation, case, answer, operands.bias)
    except NotImplementedError as error:
        raise Unsupported(str(error) or "the implementation says that it does not support this") from error


def _biased(implementation: Implementation, case: Case, answer: Array, bias: Array) -> Array:
    """Return an answer with the bias, if it has its channels where they must be, by whoever adds it."""
    axis = 1 if case.channels_first else -1
    if answer.ndim < 2 or answer.shape[axis] != len(bias):
        return answer
    bias_add = implementation.functions.get("bias_add")
    if bias_add is None:
        return answer + (bias.reshape(-1, *(1,) * case.operation.rank) if case.channels_first else bias)
    if not case.channels_first:
        return _array(bias_add(answer, bias))
    if not _takes(bias_add, "data_format"):
        raise Unsupported(f"bias_add takes no 'data_format', and the case has data_format={case.data_format}")
    return _array(bias_add(answer, bias, data_format=case.data_format))


def _takes(function: Callable[..., Any], name: str) -> bool:
    """Tell whether a function can be given a keyword, as far as its signature tells."""
    try:
        parameters = _signature(function).parameters
    except (TypeError, ValueError):
        return True
    return name in parameters or any(each.kind is Parameter.VAR_KEYWORD for each in parameters.values())


def _check_offered(implementation: Implementation, case: Case, answer: Array) -> None:
    """Look at the dtype of the answer, which may say that the implementation does not offer what is asked.

    Raises:
        Unsupported: int8 comes back as int8, which cannot hold its sums.
    """
    if case.dtype is DType.INT8 and answer.dtype == np.int8:
        raise Unsupported(f"{implementation.name} gives int8 for int8, and no sums in {case.out_dtype}")


def call_arguments(case: Case) -> dict[str, Any]:
    """Return the keywords of tf.nn's call for `case`; arrays are not among them.

    >>> from conformance.case import Operation
    >>> shapes = {"input": (1, 5, 1), "filters": (3, 1, 1), "output": (1, 3, 1)}
    >>> call_arguments(Case("mine", Operation.CONV1D, **shapes, written={}, strides=(1,), dilations=(1,)))
    {'stride': 1, 'padding': 'VALID', 'data_format': 'NWC', 'dilations': 1}
    """
    operation = case.operation
    if operation.is_bias:
        return {"data_format": case.data_format}
    name = "stride" if operation is Operation.CONV1D else "strides"
    padding = case.padding if isinstance(case.padding, str) else _every_axis(case, map(list, case.padding), [0, 0])
    arguments = {
        name: _steps(case, case.strides),
        "padding": padding,
        "data_format": case.data_format,
        "dilations": list(case.dilations) if operation.is_depthwise else _steps(case, case.dilations),
    }
    return ({"output_shape": list(case.in_layout(case.output))} if operation.kind is Kind.TRANSPOSE else {}) | arguments


def _steps(case: Case, steps: tuple[int, ...]) -> int | list[int]:
    """Return strides or dilations as tf.nn takes them: a number in one dimension, otherwise one for every axis."""
    return steps[0] if len(steps) == 1 else _every_axis(case, steps, 1)


def _every_axis(case: Case, spatial: Iterable[Any], other: Any) -> list[Any]:
    """Return what is given for the spatial axes with `other` for batch and channels, in the order of the layout.

    What is given for all axes, as only a call that must be refused does, stays as it is.
    """
    given = list(spatial)
    if len(given) == case.operation.rank + 2:
        return given
    return [other, other, *given] if case.channels_first else [other, *given, other]


def whole_call(case: Case, operands: Operands) -> dict[str, Any]:
    """Return everything that a call gets, by the names of tf.nn, whatever a function's signature takes of it."""
    given = {"out_backprop": operands.out_backprop, "bias": operands.bias}
    arrays = {name: part for name, part in given.items() if part is not None}
    return _leading(case, operands) | call_arguments(case) | arrays


def _leading(case: Case, operands: Operands) -> dict[str, Any]:
    """Return the arguments that are given by place: operands, or the shape of what a gradient is asked for."""
    if case.operation is Operation.BIAS_ADD:
        return {"value": operands.input, "bias": operands.bias}
    if case.operation is Operation.BIAS_ADD_GRAD:
        return {"out_backprop": operands.out_backprop}
    if case.operation is Operation.SEPARABLE_CONV2D:
        filters = {"depthwise_filter": operands.filters, "pointwise_filter": operands.pointwise}
        return {"input": operands.input, **filters}
    if case.operation.kind is Kind.INPUT_GRADIENT:
        return {"input_sizes": list(case.in_layout(case.input)), "filters": operands.filters}
    if case.operation.kind is Kind.FILTER_GRADIENT:
        return {"input": operands.input, "filter_sizes": list(case.filters)}
    return {"input": operands.input, "filters": operands.filters}


def _arguments(
    function: Callable[..., Any], case: Case, operands: Operands, leading: list[str]
) -> tuple[list[Any], dict[str, Any], bool]:
    """Return what follows the leading arguments, by place and by keyword, and whether the bias is among all of them."""
    wanted = call_arguments(case)
    if operands.out_backprop is not None and "out_backprop" not in leading:
        wanted["out_backprop"] = operands.out_backprop
    try:
        signature = _signature(function)
    except (TypeError, ValueError):
        return [], wanted, "bias" in leading
    parameters = list(signature.parameters.values())
    _check_signature(parameters, signature, leading, list(wanted))
    named = {parameter.name: parameter for parameter in parameters if parameter.kind is not Parameter.VAR_KEYWORD}
    takes_bias = "bias" in named or "bias" in leading
    asks_for_bias = "bias" in named and "bias" not in leading
    if asks_for_bias and (operands.bias is not None or named["bias"].default is Parameter.empty):
        wanted["bias"] = operands.bias
    open_ended = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters)
    for name in list(wanted):
        if name in named or open_ended:
            continue
        if name in ("output_shape", "out_backprop"):
            raise BadAnswer(f"must take {name!r}, but its signature is {signature}")
        if wanted[name] != _default(case, name):
            near = get_close_matches(name, named.keys() - wanted.keys(), n=1)
            hint = f" (its {near[0]!r} must be named so)" if near else ""
            raise Unsupported(f"takes no {name!r}{hint}, and the case has {name}={wanted[name]}")
        del wanted[name]
    places = [parameter.name for parameter in parameters[len(leading) :] if parameter.kind is Parameter.POSITIONAL_ONLY]
    return [wanted.pop(name, named[name].default) for name in places], wanted, takes_bias


def _default(case: Case, name: str) -> Any:
    """Return what a parameter stands for where a function lacks it."""
    ones = (1,) * case.operation.rank
    plain = replace(case, padding="VALID", strides=ones, dilations=ones, data_format=case.operation.data_formats[0])
    return call_arguments(plain)[name]


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature, remembered: to find it out takes as long as a small convolution.

    Raises:
        TypeError, ValueError: it has none.
    """
    try:
        return _remembered_signature(function)
    except TypeError:  # it has none, or it cannot be remembered because it cannot be hashed
        return inspect.signature(function)


_remembered_signature = lru_cache(maxsize=64)(inspect.signature)


def _check_signature(
    parameters: list[Parameter], signature: inspect.Signature, leading: list[str], given: list[str]
) -> None:
    """Refuse a function that cannot be called with the leading arguments and `given`, and say how it can."""
    count = len(leading)
    by_place = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    room = sum(parameter.kind in by_place for parameter in parameters)
    if room < count and all(parameter.kind is not Parameter.VAR_POSITIONAL for parameter in parameters):
        names = f"{' and '.join(leading)} as its first {_COUNTS[count]}"
        raise BadAnswer(f"must take {names}, but its signature is {signature}")
    plain = (*by_place, Parameter.KEYWORD_ONLY)
    unknown = [
        parameter.name
        for index, parameter in enumerate(parameters)
        if parameter.kind in plain and parameter.default is Parameter.empty and parameter.name not in {*given, "bias"}
        if index >= count or parameter.kind is Parameter.KEYWORD_ONLY
    ]
    if unknown:
        expected = f"the call gives it {', '.join([*leading, *given])}{'' if 'bias' in leading else ' and bias'}"
        names = ", ".join(_with_near(name, given) for name in unknown)
        raise BadAnswer(f"requires {names}; {expected}; its signature is {signature}")


def _with_near(name: str, given: list[str]) -> str:
    """Return the name of a parameter, and the one that may be meant."""
    near = get_close_matches(name, given, n=1)
    return f"{name!r} (did you mean {near[0]!r}?)" if near else repr(name)


_READ_BY_NUMPY = ("__array__", "__array_interface__", "__array_struct__", "__buffer__")
"""What NumPy asks an object for; one that has none of these it takes for a number, or for a sequence of some."""


def _array(answer: Any) -> Array:
    """Return what an implementation returned as an array, through NumPy or DLPack."""
    if answer is None:
        raise BadAnswer("returned None; is a return statement missing?")
    by_dlpack = hasattr(answer, "__dlpack__")
    try:
        read = np.from_dlpack if by_dlpack and not any(hasattr(answer, name) for name in _READ_BY_NUMPY) else np.asarray
        array = read(answer)
    except Exception:
        if not by_dlpack:
            raise
        array = np.from_dlpack(answer)
    if array.dtype.kind in "OSUMm":
        raise BadAnswer(f"returned {type(answer).__name__} of dtype {array.dtype}, which is no array of numbers")
    return array
