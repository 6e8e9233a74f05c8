"""The exact answer to a case: each operation posed to the oracle as what it is of a convolution.

| operation                       | posed as                                                                       |
|---------------------------------|--------------------------------------------------------------------------------|
| convolutions                    | themselves; depthwise ones as grouped ones                                     |
| transposes, input gradients     | the input gradient of their convolution                                        |
| input gradients of transposes   | the convolution that is transposed, of what arrives                            |
| filter gradients                | the filter gradient; of a transpose, with the two images exchanged             |
| `bias_add`                      | a depthwise convolution with filters of one 1, and the bias                    |
| `bias_add_grad`                 | the filter gradient of a 1×1 convolution of ones                               |
| `separable_conv2d`              | two convolutions; see below                                                    |

**Separable convolutions** are asked for with whole numbers only, and so small that everything is exact. The image
between the two steps must be exact in the dtype, to which some round it and others do not. And as the sum of all
|input·filters·pointwise| and |bias| must be at most 2^p, p being the significant bits in which sums are made, no order
of summation rounds, not even that of who multiplies the filters with each other first.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from conformance.case import Case, Map, Operation, Shape, numpy_dtype
from conformance.data import Array, Operands
from conformance.judgement.formats import ACCUMULATOR
from reference import oracle
from reference.arguments import Problem, prepare
from reference.oracle_gradients import filter_gradient, input_gradient

__all__ = ["Unprovable", "exact_answer"]


class Unprovable(Exception):
    """The data of a separable convolution are such that its answer depends on how it is computed; the text says why."""


def exact_answer(case: Case, operands: Operands) -> oracle.Exact:
    """Return the exact answer to `case` for `operands`, rounded once.

    Raises:
        OverflowError: integers whose sum does not fit the dtype.
        Unprovable: a separable convolution of data for which equality cannot be proved.
    """
    operation = case.operation
    if operation is Operation.SEPARABLE_CONV2D:
        return _separable(case, operands)
    if operation is Operation.BIAS_ADD_GRAD:
        return _bias_gradient(case, operands)
    large, small = _images(case, operands)
    filters = np.ones((1, 1, case.input[-1], 1), operands.input.dtype) if operation.is_bias else operands.filters
    if operation.map is Map.TO_OUTPUT:
        return oracle.convolve(_problem(case, large, filters), operands.bias, _budget(filters))
    gradient = filter_gradient if operation.map is Map.TO_FILTERS else input_gradient
    return gradient(_problem(case, large, filters), small)


def _budget(filters: Array) -> int:
    """Return the bytes that the oracle may take: where filters are so large that little is left, half of the usual."""
    return max(oracle.BUDGET, oracle.BUDGET // 2 + 8 * oracle.FILTER_COPIES * filters.size)


def _images(case: Case, operands: Operands) -> tuple[Array, Array]:
    """Return the images before and behind the convolution, with zeros for one that is asked for."""
    asked = _blank(case, case.output)
    arriving = asked if operands.out_backprop is None else operands.out_backprop
    return (arriving, operands.input) if case.operation.is_transposed else (operands.input, arriving)


def _blank(case: Case, shape: Shape) -> Array:
    return np.broadcast_to(np.zeros((), numpy_dtype(case.dtype)), shape)


def _problem(case: Case, image: Array, filters: Array) -> Problem:
    if case.operation.is_depthwise or case.operation.is_bias:
        filters = filters.reshape(*filters.shape[:-2], min(1, filters.shape[-2]), filters.shape[-2] * filters.shape[-1])
    problem = prepare(case.operation.convolution, image, filters, case.strides, case.padding, None, case.dilations)
    return replace(problem, dtype=numpy_dtype(case.out_dtype))


def _bias_gradient(case: Case, operands: Operands) -> oracle.Exact:
    arriving = operands.out_backprop
    assert arriving is not None
    ones = np.broadcast_to(np.ones((), arriving.dtype), (*arriving.shape[:-1], 1))
    problem = prepare("conv2d", ones, _blank(case, (1, 1, 1, arriving.shape[-1])), 1, "VALID", None, 1)
    return filter_gradient(replace(problem, dtype=numpy_dtype(case.out_dtype)), arriving)


def _separable(case: Case, operands: Operands) -> oracle.Exact:
    dtype, pointwise = numpy_dtype(case.out_dtype), operands.pointwise
    assert pointwise is not None
    if not all(_is_whole(part) for part in operands.taken_by(case.operation).values()):
        raise Unprovable("its data must be whole numbers, as the image between its two steps may be rounded or not")
    between = oracle.convolve(_problem(case, operands.input, operands.filters))
    mixing = prepare("conv2d", between.value, pointwise, 1, "VALID", None, 1)
    answer = oracle.convolve(replace(mixing, dtype=dtype), operands.bias)
    sizes, added = np.abs(pointwise.astype(np.float64)), operands.bias
    bounds = prepare("conv2d", between.magnitude, sizes, 1, "VALID", None, 1)
    total = oracle.convolve(bounds, None if added is None else np.abs(added.astype(np.float64))).value
    terms = between.terms * pointwise.shape[-2] + (added is not None)
    answer = replace(answer, magnitude=total, terms=terms, quantum=1.0, peak=float(total.max(initial=0)))
    style = case.out_dtype if added is not None else ACCUMULATOR[case.out_dtype]
    if dtype.kind != "i" and not (between.is_exact_in(dtype) and answer.is_exact_in(numpy_dtype(style))):
        largest = f"{between.peak:,.10g} between its two steps and {answer.peak:,.10g} behind them"
        raise Unprovable(f"its sums must be whole numbers that {case.out_dtype} holds, but go up to {largest}")
    return answer


def _is_whole(part: Array) -> bool:
    numbers = part.astype(np.float64)
    return bool(np.all(np.isfinite(numbers) & (numbers == np.rint(numbers))))
