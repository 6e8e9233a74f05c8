"""Mistakes at the end of a row of vectors: what is left over where a size is no multiple of a register's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Change, Defect, Finish
from conformance.defects.operands import (
    altered,
    filter_gradient,
    forward,
    has_image,
    products,
    summed_channels,
)
from conformance.defects.steps import contract

__all__ = ["DEFECTS"]


def _rest(size: int, step: int) -> int:
    """Return how many are left over; none where there is no full vector, as that is other code."""
    return size % step if size > step else 0


def _summed(step: int, change: Callable[[Array, int], Array]) -> Change:
    """Return the change of the summed channels, a group each, where `step` leaves some over."""

    def changed(call: Call) -> Call:
        name, width = summed_channels(call)
        rest = _rest(width, step)
        if not rest:
            return call
        operand: Array = getattr(call, name)
        groups = operand.reshape(*operand.shape[:-1], operand.shape[-1] // width, width).copy()
        return altered(call, **{name: change(groups, rest).reshape(operand.shape)})

    return changed


def _cleared(groups: Array, rest: int) -> Array:
    groups[..., -rest:] = 0
    return groups


def _of_the_next_pixel(groups: Array, rest: int) -> Array:
    pixels = groups.reshape(-1, *groups.shape[-2:])
    pixels[..., -rest:] = np.roll(pixels, -1, axis=0)[..., :rest]
    return pixels.reshape(groups.shape)


def _moved_back(step: int) -> Callable[[Array, int], Array]:
    """Return the change that counts twice what the last vector shares with the one before, being moved back."""

    def changed(groups: Array, rest: int) -> Array:
        groups[..., -step:-rest] *= 2
        return groups

    return changed


def _along(axis: int, step: int, change: Callable[[Array, int], Array]) -> Finish:
    """Return the change of a result along an axis, given with this axis first, where `step` leaves some over."""

    def finished(output: Array, call: Call) -> Array:
        if -axis > output.ndim - (axis < -1):
            return output
        rest = _rest(output.shape[axis], step)
        return np.moveaxis(change(np.moveaxis(output, axis, 0).copy(), rest), 0, axis) if rest else output

    return finished


def _left_zero(lanes: Array, rest: int) -> Array:
    lanes[-rest:] = 0
    return lanes


def _first_again(lanes: Array, rest: int) -> Array:
    lanes[-rest:] = lanes[:rest]
    return lanes


def _one_before(lanes: Array, rest: int) -> Array:
    lanes[-rest:] = lanes[-rest - 1]
    return lanes


def _misplaced(step: int) -> Callable[[Array, int], Array]:
    """Return the change that computes the last vector moved back, and writes it where it would begin unmoved."""

    def changed(lanes: Array, rest: int) -> Array:
        lanes[-rest:] = lanes[len(lanes) - step :][:rest].copy()
        return lanes

    return changed


def _narrow(output: Array, call: Call) -> Array:
    return np.zeros_like(output) if output.shape[-2] < 4 else output


def _pixels(output: Array, call: Call) -> Array:
    positions = prod(output.shape[1:-1])
    flat = output.reshape(len(output), positions, output.shape[-1]).copy()
    rest = _rest(positions, 8)
    flat[:, positions - rest :] = 0
    return flat.reshape(output.shape)


def _without_last_products(step: int) -> Change:
    def changed(call: Call) -> Call:
        total = prod(call.filters_shape[:-1])
        return products(call, lambda number: number < total - _rest(total, step))

    return changed


def _rounded_up(step: int) -> Callable[[Call], Array]:
    """Return the sum with the next window's first products, times the next filter's, up to a multiple of `step`."""

    def computed(call: Call) -> Array:
        missing = -prod(call.filters_shape[:-1]) % step
        if not missing or call.groups > 1:
            return contract(call)
        first = products(call, lambda number: number < missing)
        assert first.filters is not None
        extra = contract(replace(call, filters=np.roll(first.filters, -1, axis=-1)))
        return contract(call) + _next_window(extra)

    return computed


def _times_zero(call: Call) -> Array:
    """Return the sum with the next window's first elements times 0, up to a multiple of 8."""
    missing = -prod(call.filters_shape[:-1]) % 8
    assert call.input is not None and call.filters is not None
    if not missing or call.groups > 1 or np.isfinite(call.input).all():
        return contract(call)
    wild = (~np.isfinite(call.input)).astype(np.float64)
    first = products(replace(call, input=wild, filters=np.ones_like(call.filters)), lambda number: number < missing)
    return np.where(_next_window(contract(first)) > 0, np.nan, contract(call))


def _next_window(output: Array) -> Array:
    return np.roll(output.reshape(-1, output.shape[-1]), -1, axis=0).reshape(output.shape)


def _last_positions(call: Call) -> Call:
    assert call.arriving is not None
    rows = call.arriving.reshape(-1, call.arriving.shape[-1]).copy()
    rows[len(rows) - _rest(len(rows), 8) :] = 0
    return replace(call, arriving=rows.reshape(call.arriving.shape))


def _of_sums(step: int) -> tuple[Defect, ...]:
    """Return the mistakes with summed channels that are left over by vectors of `step`."""
    where = f"where they are no multiple of {step}"
    return (
        Defect(
            f"tail-summed-channels-lost-{step}",
            "channel tails",
            f"leaves the last channels out of each sum {where}",
            has_image,
            asked=_summed(step, _cleared),
        ),
        Defect(
            f"tail-summed-channels-twice-{step}",
            "channel tails",
            f"counts channels before the last ones twice {where}: it moves the last vector back",
            has_image,
            asked=_summed(step, _moved_back(step)),
        ),
    )


def _of_results(name: str, axis: int, step: int, words: str) -> tuple[Defect, ...]:
    """Return the mistakes along one axis of what comes out."""
    group, where = f"{name} tails", f"where their number is no multiple of {step}"
    operations = forward if axis == 0 else has_image
    return (
        Defect(
            f"tail-{name}-zero-{step}",
            group,
            f"leaves the last {words} of the result zero {where}",
            operations,
            finished=_along(axis, step, _left_zero),
        ),
        Defect(
            f"tail-{name}-repeated-{step}",
            group,
            f"gives the first {words} of the result again as the last ones {where}",
            operations,
            finished=_along(axis, step, _first_again),
        ),
    )


DEFECTS: tuple[Defect, ...] = (
    *(defect for step in (4, 8, 16, 32) for defect in _of_sums(step)),
    Defect(
        "tail-summed-channels-next-pixel",
        "channel tails",
        "reads the last channels from the next pixel where they are no multiple of 4",
        has_image,
        asked=_summed(4, _of_the_next_pixel),
    ),
    *(defect for step in (4, 8, 16, 32) for defect in _of_results("out-channel", -1, step, "channels")),
    *(defect for step in (4, 8, 16) for defect in _of_results("column", -2, step, "columns")),
    *(defect for step in (2, 4) for defect in _of_results("row", -3, step, "rows")),
    *(defect for step in (2, 4, 16, 32) for defect in _of_results("batch", 0, step, "images of the batch")),
    Defect(
        "tail-column-misplaced",
        "column tails",
        "moves the last vector of 4 columns back, and writes it to where it would begin unmoved",
        has_image,
        finished=_along(-2, 4, _misplaced(4)),
    ),
    Defect(
        "tail-out-channel-copied",
        "out-channel tails",
        "copies a channel of the result to those behind the last multiple of 8",
        has_image,
        finished=_along(-1, 8, _one_before),
    ),
    Defect(
        "tail-narrow-rows",
        "column tails",
        "computes nothing where the result has fewer columns than a vector of 4",
        has_image,
        finished=_narrow,
    ),
    Defect(
        "tail-pixels-zero",
        "column tails",
        "leaves the last pixels of each image zero where height times width is no multiple of 8",
        has_image,
        finished=_pixels,
    ),
    *(
        Defect(
            f"tail-products-lost-{step}",
            "product tails",
            f"leaves the last products out of each sum where taps times channels are no multiple of {step}",
            forward,
            asked=_without_last_products(step),
        )
        for step in (4, 8, 16, 32)
    ),
    Defect(
        "tail-products-rounded-up",
        "product tails",
        "rounds taps times channels up to a multiple of 32, and multiplies what lies behind window and filter",
        forward,
        contract=_rounded_up(32),
    ),
    Defect(
        "tail-products-times-zero",
        "product tails",
        "rounds taps times channels up to a multiple of 8, and multiplies the next window by 0: NaN leaks in",
        forward,
        contract=_times_zero,
    ),
    Defect(
        "tail-gradient-positions",
        "product tails",
        "leaves the last positions out of the filters' gradient where batch times positions are no multiple of 8",
        filter_gradient,
        asked=_last_positions,
    ),
)
