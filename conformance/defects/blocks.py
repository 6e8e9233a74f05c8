"""Mistakes of kernels that walk in blocks: tiles of the output, and sums made a block of channels at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from conformance.data import Array
from conformance.defects.call import Call
from conformance.defects.defect import Defect, Finish
from conformance.defects.operands import blocks, forward, has_image, on_operands, products, summed_channels
from conformance.defects.steps import contract

__all__ = ["DEFECTS"]

Combine = Callable[[list[Array]], Array]


def _in_blocks(size: int, combine: Combine) -> Callable[[Call], Array]:
    """Return a contraction that makes sums from those of blocks of channels, wrongly; right where one block is all."""

    def computed(call: Call) -> Array:
        if summed_channels(call)[1] <= size:
            return contract(call)
        return combine([contract(block) for block in blocks(call, size)])

    return computed


def _last(sums: list[Array]) -> Array:
    return sums[-1]


def _without_second(sums: list[Array]) -> Array:
    return np.asarray(sum(sums) - sums[1])


def _without_last(sums: list[Array]) -> Array:
    return np.asarray(sum(sums[:-1]))


def _never_cleared(sums: list[Array]) -> Array:
    """Add up the accumulator after each block, which holds those before."""
    return np.asarray(sum(part * (len(sums) - number) for number, part in enumerate(sums)))


def _one_ahead(operand: Array, call: Call) -> Array:
    """Move the channels of a group on by a block of 8, round to the first."""
    width = summed_channels(call)[1]
    if width <= 8:
        return operand
    grouped = operand.reshape(*operand.shape[:-1], -1, width)
    return np.roll(grouped, -8, axis=-1).reshape(operand.shape)


def _bias_per_block(output: Array, call: Call) -> Array:
    return output if call.bias is None else output + call.bias * -(-call.depth // 16)


def _added_to_next_channels(output: Array, call: Call) -> Array:
    result = output.copy()
    result[..., 8:] += output[..., :-8]
    return result


def _products_until(last: int) -> Callable[[Call], Call]:
    return lambda call: products(call, lambda number: number < last)


def _tile_again(size: int, axis: int) -> Finish:
    """Return the result with its first tile in place of the others along an axis."""

    def finished(output: Array, call: Call) -> Array:
        if -axis > output.ndim - (axis < -1):
            return output
        return output.take(np.arange(output.shape[axis]) % size, axis=axis)

    return finished


def _nothing_behind(size: int, axis: int) -> Finish:
    def finished(output: Array, call: Call) -> Array:
        place = np.arange(output.shape[axis]).reshape(-1, *(1,) * (-axis - 1))
        return np.where(place < size, output, 0)

    return finished


def _without_halo(size: int) -> Callable[[Call], Call]:
    """Return tables in which a window sees nothing of the input beyond its tile of `size` output columns."""

    def tabled(call: Call) -> Call:
        met, step, before = call.tables[-1], call.strides[-1], call.pads[-1][0]
        behind = (np.arange(len(met))[:, None] // size + 1) * size * step - before
        inner = behind < len(met) * step - before
        return replace(call, tables=(*call.tables[:-1], np.where(inner & (met >= behind), -1, met)))

    return tabled


def _pixel(output: Array, call: Call) -> Array:
    flat = output.reshape(len(output), prod(output.shape[1:-1]), output.shape[-1]).copy()
    if flat.shape[1] > 41:
        flat[:, 40] = flat[:, 41]
    return flat.reshape(output.shape)


def _borders_of_tiles(output: Array, call: Call) -> Array:
    """Leave the first column of each tile but the first as it is in the column before."""
    place = np.arange(output.shape[-2])
    return output.take(np.where((place > 0) & (place % 4 == 0), place - 1, place), axis=-2)


def _block_again(size: int, name: str) -> Callable[[Call], Call]:
    return on_operands(lambda part, call: part.take(np.arange(part.shape[-1]) % size, axis=-1), name)


def _batch_until(last: int) -> Finish:
    """Return the result without the images behind the last one that an index of few bits reaches."""
    return lambda output, call: np.concatenate([output[:last], np.zeros_like(output[last:])])


def _elements_again(count: int) -> Finish:
    """Return the result whose flat index wraps round after `count` elements."""
    return lambda output, call: output.ravel()[np.arange(output.size) % count].reshape(output.shape)


_SUMS = "blocked sums"
_TILES = "tiles"
_INDEX = "narrow indices"

DEFECTS: tuple[Defect, ...] = (
    *(
        Defect(
            f"blocks-overwritten-{size}",
            _SUMS,
            f"overwrites the sum of the first channels with that of the next {size} instead of adding them",
            has_image,
            contract=_in_blocks(size, _last),
        )
        for size in (4, 8, 16, 32, 64)
    ),
    *(
        Defect(
            f"blocks-never-cleared-{size}",
            _SUMS,
            f"adds the sums of earlier channels again with every block of {size} channels: it never clears them",
            has_image,
            contract=_in_blocks(size, _never_cleared),
        )
        for size in (4, 16)
    ),
    Defect(
        "blocks-second-skipped",
        _SUMS,
        "skips the second block of 8 channels in each sum",
        has_image,
        contract=_in_blocks(8, _without_second),
    ),
    Defect(
        "blocks-last-dropped",
        _SUMS,
        "drops the last block of 16 channels of each sum, full or not",
        has_image,
        contract=_in_blocks(16, _without_last),
    ),
    Defect(
        "blocks-one-ahead",
        _SUMS,
        "multiplies the filters of each 8 channels with the next 8 channels",
        has_image,
        asked=lambda call: on_operands(_one_ahead, summed_channels(call)[0])(call),
    ),
    Defect(
        "blocks-bias-each",
        _SUMS,
        "adds the bias again with every block of 16 channels",
        forward,
        add_bias=_bias_per_block,
    ),
    Defect(
        "blocks-sums-carried-over",
        _SUMS,
        "starts the sums of 8 channels of the result from those of the 8 before: it never clears its registers",
        has_image,
        summed=_added_to_next_channels,
    ),
    *(
        Defect(
            f"products-until-{last}",
            _SUMS,
            f"sums the first {last} products of a window and no more",
            forward,
            asked=_products_until(last),
        )
        for last in (64, 128, 256, 512, 1024)
    ),
    *(
        Defect(
            f"columns-until-{size}",
            _TILES,
            f"leaves all columns of the result behind the first {size} zero",
            has_image,
            finished=_nothing_behind(size, -2),
        )
        for size in (8, 16, 32, 64)
    ),
    *(
        Defect(
            f"out-channels-until-{size}",
            _TILES,
            f"leaves all channels of the result behind the first {size} zero",
            finished=_nothing_behind(size, -1),
        )
        for size in (16, 32, 64)
    ),
    *(
        Defect(
            f"tile-of-{size}-again-{name}",
            _TILES,
            f"gives the first {size} {name} again in place of those that follow",
            has_image,
            finished=_tile_again(size, axis),
        )
        for name, axis, size in (("columns", -2, 8), ("columns", -2, 16), ("rows", -3, 8), ("rows", -3, 16))
    ),
    Defect(
        "tile-without-halo-4",
        _TILES,
        "takes what lies right of each tile of 4 output columns for padding",
        tabled=_without_halo(4),
    ),
    Defect(
        "tile-without-halo-16",
        _TILES,
        "takes what lies right of each tile of 16 output columns for padding",
        tabled=_without_halo(16),
    ),
    Defect("tile-pixel-40", _TILES, "gives pixel 41 of each image in place of pixel 40", has_image, finished=_pixel),
    Defect(
        "tile-borders",
        _TILES,
        "repeats the last column of each tile of 4 columns as the first of the next",
        has_image,
        finished=_borders_of_tiles,
    ),
    *(
        Defect(
            f"block-offset-missing-{name}-{size}",
            _TILES,
            f"uses the first {size} {words} again in place of those that follow: their block's offset is missing",
            forward,
            asked=_block_again(size, name),
        )
        for name, words, size in (
            ("filters", "filters", 16),
            ("filters", "filters", 64),
            ("input", "input channels", 16),
            ("input", "input channels", 64),
        )
    ),
    Defect(
        "index-8-bits",
        _INDEX,
        "reads input channel c - 256 for c from 256 on: its index has 8 bits",
        forward,
        asked=_block_again(256, "input"),
    ),
    Defect(
        "index-16-bits-batch",
        _INDEX,
        "leaves images from the 65,536th on zero: its index has 16 bits",
        has_image,
        finished=_batch_until(65_535),
    ),
    Defect(
        "index-16-bits",
        _INDEX,
        "gives the first elements of the result again from the 65,536th on: its index has 16 bits",
        finished=_elements_again(65_536),
    ),
)
