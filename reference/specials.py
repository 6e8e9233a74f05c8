"""Special values: where NaN and infinity come from when a convolution has factors that are not finite.

Infinite products are counted, all of them and by sign, with the signs of their factors; so are those that are NaN. A
count is a convolution of zeros and ones, exact in any order, and does not rely on a matrix product's way with Inf · 0.
"""

from __future__ import annotations

import math

import numpy as np

from reference.arguments import Array, Problem
from reference.blocks import Box, crop, dot, filter_matrix

__all__ = ["special_values"]


def special_values(problem: Problem, bias: Array | None, box: Box) -> Array:
    """Return NaN, Inf or -Inf, (positions, out_channels), where factors that are not finite make it so; 0 elsewhere.

    Infinite products are counted, all of them and by sign, with the signs of their factors; so are those that are NaN.
    """
    image = crop(problem, problem.input, box).astype(np.float64)
    inside = crop(problem, np.broadcast_to(1.0, problem.input.shape), box)
    matrix = filter_matrix(problem, problem.filters).astype(np.float64)
    left, right = (np.nan_to_num(np.sign(values)) for values in (image, matrix))
    left_inf, right_inf = left * np.isinf(image), right * np.isinf(matrix)
    signed = dot(problem, left_inf, right) + dot(problem, left, right_inf)
    infinite = dot(problem, np.abs(left_inf), np.abs(right)) + dot(problem, np.abs(left), np.abs(right_inf))
    undefined = dot(problem, np.isnan(image) * 1.0, np.ones_like(matrix)) + dot(problem, inside, np.isnan(matrix) * 1.0)
    undefined += dot(problem, np.abs(left_inf), (matrix == 0) * 1.0)
    undefined += dot(problem, inside * (image == 0), np.abs(right_inf))
    if bias is not None:
        added = bias.astype(np.float64)
        undefined, infinite = undefined + np.isnan(added), infinite + np.isinf(added)
        signed = signed + np.nan_to_num(np.sign(added)) * np.isinf(added)
    signed = np.where(np.abs(signed) < infinite, math.nan, np.copysign(math.inf, signed))
    return np.where(undefined > 0, math.nan, np.where(infinite > 0, signed, 0.0))
