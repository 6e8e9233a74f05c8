"""Mistakes with portions: of the products of a sum, of what is divided among threads, of a vector at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Defect, Finish
from conformance.defects.operands import altered, filter_gradient, forward, has_image, parts, products, spreading
from conformance.defects.steps import contract

__all__ = ["DEFECTS"]

_SUMS, _TAILS, _SHARES = "blocks of products", "vectors moved back", "shares of the work"


def _last_products(size: int) -> Callable[[Call], Call]:
    """Return the change by which a block of products replaces the sum of those before."""

    def changed(call: Call) -> Call:
        start = (prod(call.filters_shape[:-1]) - 1) // size * size
        return products(call, lambda number: number >= start)

    return changed


def _bias_per_block(size: int) -> Finish:
    def added(output: Array, call: Call) -> Array:
        return output if call.bias is None else output + call.bias * max(1, -(-prod(call.filters_shape[:-1]) // size))

    return added


def _last_positions(size: int) -> Callable[[Call], Call]:
    """Return the change by which a block of output positions replaces the sum of those before."""

    def changed(call: Call) -> Call:
        assert call.arriving is not None
        rows = call.arriving.reshape(prod(call.arriving.shape[:-1]), call.arriving.shape[-1]).copy()
        rows[: max(0, len(rows) - 1) // size * size] = 0
        return replace(call, arriving=rows.reshape(call.arriving.shape))

    return changed


def _first_images(count: int) -> Callable[[Call], Call]:
    def changed(call: Call) -> Call:
        assert call.arriving is not None
        keep = np.arange(call.batch).reshape(-1, *(1,) * (call.rank + 1)) < count
        return replace(call, arriving=np.where(keep, call.arriving, 0))

    return changed


def _rounded_after_each_image(call: Call) -> Array:
    """Sum in float16 from image to image, and in full within each."""
    if call.operand_dtype != np.float16:
        return contract(call)
    total = np.zeros((), np.float16)
    for part in parts(call):
        total = np.asarray(total + contract(part)).astype(np.float16)
    return np.asarray(total, np.float64).reshape(call.filters_shape)


def _shared_twice(step: int, axis: int) -> Finish:
    """Return the result that has twice what the last vector, moved back, shares with the one before."""

    def finished(output: Array, call: Call) -> Array:
        if -axis > output.ndim - (axis < -1) or output.shape[axis] <= step or not output.shape[axis] % step:
            return output
        place = np.arange(output.shape[axis]).reshape(-1, *(1,) * (-axis - 1))
        shared = (place >= output.shape[axis] - step) & (place < output.shape[axis] // step * step)
        return np.where(shared, output * 2, output)

    return finished


def _halves(call: Call) -> Array:
    """Let the second half of the rows overwrite what the first half added to the rows that both reach."""
    rows, axis = call.out_sizes[0], -call.rank
    if rows < 4:
        return contract(call)
    assert call.arriving is not None
    place = np.arange(rows).reshape(-1, *(1,) * call.rank)
    first, second = (
        contract(altered(call, arriving=np.where(half, call.arriving, 0)))
        for half in (place < rows // 2, place >= rows // 2)
    )
    top = rows // 2 * call.strides[0] - call.pads[0][0]
    reached = np.arange(call.in_sizes[0]).reshape(-1, *(1,) * -axis) >= max(0, top)
    return np.where(reached, second, first + second)


def _tail_of_channels(step: int) -> Finish:
    """Return the result of a depthwise convolution without the outputs of the channels that `step` leaves over."""

    def finished(output: Array, call: Call) -> Array:
        channels, rest = call.in_channels, call.in_channels % step
        if call.depth != 1 or call.groups < 2 or channels <= step or not rest:
            return output
        multiplier = call.out_channels // channels
        return np.where(np.arange(output.shape[-1]) < (channels - rest) * multiplier, output, 0)

    return finished


def _bias_tail(step: int) -> Finish:
    def added(output: Array, call: Call) -> Array:
        if call.bias is None:
            return output
        size = len(call.bias)
        keep = np.arange(size) < (size // step * step if size > step else size)
        return output + np.where(keep, call.bias, 0)

    return added


def _one_before_last_image(output: Array, call: Call) -> Array:
    return output[[*range(len(output) - 1), len(output) - 2]] if len(output) > 2 else output


def _first_biases_again(output: Array, call: Call) -> Array:
    return output if call.bias is None else output + call.bias[np.arange(len(call.bias)) % 16]


def _first_32_images(output: Array, call: Call) -> Array:
    place = np.arange(len(output)).reshape(-1, *(1,) * (output.ndim - 1))
    return np.where(place < 32, output, 0)


def _unsigned_but_padding(call: Call) -> Array:
    """Sum int8 as unsigned, 128 more, and take that off as if it were in the padding too."""
    if call.operand_dtype != np.int8 or call.input is None or call.filters is None:
        return contract(call)
    surplus = 128 * call.filters.sum(axis=tuple(range(call.filters.ndim - 1)))
    return np.asarray(contract(replace(call, input=call.input + 128)) - surplus)


DEFECTS: tuple[Defect, ...] = (
    *(
        Defect(
            f"products-overwritten-{size}",
            _SUMS,
            f"overwrites the sum of the first products with that of the next {size} instead of adding them",
            forward,
            asked=_last_products(size),
        )
        for size in (32, 64, 128, 256)
    ),
    *(
        Defect(
            f"products-bias-each-{size}",
            _SUMS,
            f"adds the bias again with every block of {size} products",
            forward,
            add_bias=_bias_per_block(size),
        )
        for size in (32, 64)
    ),
    *(
        Defect(
            f"dw-positions-overwritten-{size}",
            _SUMS,
            f"overwrites the filters' gradient with that of the next {size} output positions instead of adding it",
            filter_gradient,
            asked=_last_positions(size),
        )
        for size in (64, 256)
    ),
    *(
        Defect(
            f"dw-first-{count}-images",
            _SHARES,
            f"takes the first {count} images only into the filters' gradient",
            filter_gradient,
            asked=_first_images(count),
        )
        for count in (2, 4)
    ),
    Defect(
        "dw-float16-images",
        _SUMS,
        "rounds the filters' gradient to float16 after each image",
        filter_gradient,
        contract=_rounded_after_each_image,
    ),
    *(
        Defect(
            f"tail-column-twice-{step}",
            _TAILS,
            f"adds the columns twice that the last vector of {step} shares with the one before: it moves that back",
            has_image,
            finished=_shared_twice(step, -2),
        )
        for step in (4, 8)
    ),
    *(
        Defect(
            f"tail-depthwise-zero-{step}",
            _TAILS,
            f"leaves the last channels of depthwise convolutions zero where their number is no multiple of {step}",
            forward,
            summed=_tail_of_channels(step),
        )
        for step in (4, 8)
    ),
    *(
        Defect(
            f"tail-bias-{step}",
            _TAILS,
            f"adds no bias to the last channels where their number is no multiple of {step}",
            forward,
            add_bias=_bias_tail(step),
        )
        for step in (4, 8)
    ),
    Defect(
        "halves-overwritten",
        _SHARES,
        "overwrites where the windows of two halves of the rows overlap, in transposes and the input's gradient",
        spreading,
        contract=_halves,
    ),
    Defect(
        "batch-last-repeated",
        _SHARES,
        "repeats the image before the last one in place of it",
        has_image,
        finished=_one_before_last_image,
    ),
    Defect(
        "block-offset-missing-bias-16",
        _SHARES,
        "adds the first 16 biases again in place of those that follow: their block's offset is missing",
        forward,
        add_bias=_first_biases_again,
    ),
    Defect(
        "batch-beyond-32-zero",
        _SHARES,
        "computes 32 images and leaves the output of further ones zero",
        forward,
        finished=_first_32_images,
    ),
    Defect(
        "int8-padding-not-shifted",
        "int8",
        "adds 128 to int8 images but not to their padding, and takes it off everywhere",
        forward,
        contract=_unsigned_but_padding,
    ),
)
