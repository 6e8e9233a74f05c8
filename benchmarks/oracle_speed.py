"""Print how many times longer the oracle takes than TensorFlow's float32 convolution, on four real layers.

One process, interleaved runs, medians. Goal: at most 20 times, on normal data and on integers.

    python benchmarks/oracle_speed.py

Both have as many threads as OPENBLAS_NUM_THREADS says, or as the machine has cores.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ratios import ratio_of

from reference import oracle

REPEATS = 31
GOAL = 20.0


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of a real network: shapes as in `tf.nn.conv2d`, padding `SAME`."""

    name: str
    input: tuple[int, int, int, int]
    filters: tuple[int, int, int, int]
    stride: int = 1


LAYERS = (
    Layer("3x3 64→64 at 56²", (1, 56, 56, 64), (3, 3, 64, 64)),
    Layer("1x1 64→256 at 56²", (1, 56, 56, 64), (1, 1, 64, 256)),
    Layer("7x7 stride 2 3→64 at 224²", (1, 224, 224, 3), (7, 7, 3, 64), 2),
    Layer("depthwise 3x3 128 at 56²", (1, 56, 56, 128), (3, 3, 1, 128)),
)


def normal(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return standard normal data."""
    return generator.standard_normal(shape, np.float32)


def integers(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return integers of up to 5 bits, as float32."""
    return generator.integers(-31, 32, shape).astype(np.float32)


def measure(calls: list[Callable[[], Any]]) -> list[float]:
    """Return the median time of each call in seconds, the calls taking turns, after one turn for warming up."""
    times: list[list[float]] = [[] for _ in calls]
    for turn in range(REPEATS + 1):
        for call, record in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            if turn:
                record.append(time.perf_counter() - start)
    return [statistics.median(record) for record in times]


def compare(layer: Layer, data: Callable[..., np.ndarray[Any, Any]]) -> tuple[float, float, bool]:
    """Return TensorFlow's time and the oracle's in seconds, and whether equality is provable for the data."""
    import tensorflow as tf

    generator = np.random.default_rng(1)
    image, filters = data(generator, layer.input), data(generator, layer.filters)
    tensors = tf.constant(image), tf.constant(filters)
    depthwise = layer.filters[2] != layer.input[3]
    transposed = tf.constant(np.moveaxis(filters, 2, 3))
    strides = [1, layer.stride, layer.stride, 1]

    def judged() -> Any:
        if depthwise:
            return tf.nn.depthwise_conv2d(tensors[0], transposed, strides, "SAME").numpy()
        return tf.nn.conv2d(*tensors, strides, "SAME").numpy()

    def exact() -> oracle.Exact:
        return oracle.conv2d(image, filters, layer.stride, "SAME")

    return *measure([judged, exact]), exact().is_exact


def main() -> None:
    """Print one line for each layer and kind of data."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    threads = int(os.environ.get("OPENBLAS_NUM_THREADS", os.cpu_count() or 1))
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    print(f"medians of {REPEATS} interleaved runs, {threads} threads; goal: ratio at most {GOAL:g}")
    print(f"{'layer':27} {'data':9} {'tensorflow':>10} {'oracle':>10} {'ratio':>6}  provable")
    ours_of, theirs_of = [], []
    for layer in LAYERS:
        for data in (normal, integers):
            theirs, ours, provable = compare(layer, data)
            times = f"{theirs * 1e3:7.2f} ms {ours * 1e3:7.2f} ms {ours / theirs:6.1f}"
            print(f"{layer.name:27} {data.__name__:9} {times}  {'yes' if provable else 'no'}")
            ours_of.append(ours)
            theirs_of.append(theirs)
    print(ratio_of("oracle", ours_of, theirs_of))


if __name__ == "__main__":
    main()
