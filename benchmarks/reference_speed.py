"""How fast `reference.conv2d` is: against `tf.nn.conv2d`, and against what articles and SciPy offer for one filter.

    python benchmarks/reference_speed.py                      # both tables, some minutes
    python benchmarks/reference_speed.py --plot algorithms.png

One process, one thread count for everybody, float32. The subjects of a line take turns, call by call, so that whatever
slows the machine slows all of them, in another order each round, and each is timed at the second of two calls, so that
it meets the caches that it leaves itself; a line tells medians. Slow subjects take part in fewer rounds, at least in
three.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from itertools import product
from math import exp, log, prod
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
THREADS = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ[_name] = THREADS
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import scipy.signal  # noqa: E402
from numpy.lib.stride_tricks import as_strided  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

import reference  # noqa: E402

Array = NDArray[Any]
Call = Callable[[], object]

LAYERS = {
    "3x3, 64 to 64, 56x56": ((56, 56, 64), (3, 3, 64, 64), 1),
    "1x1, 64 to 256, 56x56": ((56, 56, 64), (1, 1, 64, 256), 1),
    "7x7 stride 2, 3 to 64, 224x224": ((224, 224, 3), (7, 7, 3, 64), 2),
    "depthwise 3x3, 128, 56x56": ((56, 56, 128), (3, 3, 1, 128), 1),
}
"""Image (height, width, channels), filters and stride of four layers of convolutional networks, padded `SAME`."""

SIZES, CHANNELS, FILTERS = (28, 56, 112, 224), (1, 3, 16), (1, 3, 5, 7, 11, 21, 0)
"""Images, channels and filters of the articles' comparison; filter 0 is as large as the image."""

CURVES = 112
"""The image of which times are drawn over the size of the filter."""

ROUNDS, SECONDS, LEAST = 41, 0.4, 3
"""Rounds of a line; what a subject may take in all of them; in how many it takes part anyhow."""

DIRECT_LIMIT = 30_000_000
"""Products above which `scipy.signal.correlate(method="direct")` is left out: it would take 100 ms and more."""


def medians(subjects: dict[str, Call]) -> dict[str, float]:
    """Return the median seconds of a call of each subject, all taking turns."""
    times: dict[str, list[float]] = {name: [] for name in subjects}
    turns, random = list(subjects), np.random.default_rng(0)
    for call in subjects.values():
        call()
    for _ in range(ROUNDS):
        for name in random.permutation(turns):
            if sum(times[name]) > SECONDS and len(times[name]) >= LEAST:
                continue
            subjects[name]()
            start = time.perf_counter()
            subjects[name]()
            times[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in times.items()}


def geometric_mean(values: list[float]) -> float:
    """Return the geometric mean of positive numbers."""
    return exp(sum(map(log, values)) / len(values))


def compare_with_tensorflow() -> None:
    """Print the time of `reference.conv2d` over that of `tf.nn.conv2d`, eager."""
    import tensorflow as tf

    print(f"TensorFlow {tf.__version__} eager, NumPy {np.__version__}, {THREADS} threads each, medians in ms")
    print(f"{'layer':34}{'batch':>5}{'reference':>11}{'tf':>9}{'ratio':>7}")
    ratios = []
    random = np.random.default_rng(0)
    for (layer, (image_shape, filters_shape, stride)), batch in product(LAYERS.items(), (1, 8)):
        image = random.standard_normal((batch, *image_shape), dtype=np.float32)
        filters = random.standard_normal(filters_shape, dtype=np.float32)
        image_tensor, filters_tensor = tf.constant(image), tf.constant(filters)
        times = medians(
            {
                "reference": lambda x=image, w=filters, s=stride: reference.conv2d(x, w, s, "SAME"),
                "tf": lambda x=image_tensor, w=filters_tensor, s=stride: tf.nn.conv2d(x, w, s, "SAME"),
            }
        )
        ratios.append(times["reference"] / times["tf"])
        ours, theirs = 1e3 * times["reference"], 1e3 * times["tf"]
        print(f"{layer:34}{batch:5}{ours:11.3f}{theirs:9.3f}{ratios[-1]:7.2f}", flush=True)
    print(f"geometric mean {geometric_mean(ratios):.2f} (goal 1.25), largest {max(ratios):.2f} (goal 2)\n")


def by_fftconvolve(image: Array, filters: Array) -> Array:
    """The article's transform: full linear convolution by `fftconvolve`, the filter flipped, a channel at a time."""
    flipped = filters[::-1, ::-1]
    output: Array = scipy.signal.fftconvolve(image, flipped, mode="valid", axes=(0, 1)).sum(axis=-1)
    return output


def by_submatrices(image: Array, filters: Array) -> Array:
    """The article's sub-matrices: one shifted part of the image per filter offset, added up."""
    height, width = (size - window + 1 for size, window in zip(image.shape[:2], filters.shape[:2], strict=True))
    total = np.zeros((height, width, image.shape[2]), image.dtype)
    for row, column in np.ndindex(*filters.shape[:2]):
        total += image[row : row + height, column : column + width] * filters[row, column]
    output: Array = total.sum(axis=-1)
    return output


def by_strided_view(image: Array, filters: Array) -> Array:
    """The article's `as_strided`: a view of all windows, contracted by `einsum`."""
    height, width = (size - window + 1 for size, window in zip(image.shape[:2], filters.shape[:2], strict=True))
    windows = as_strided(image, (height, width, *filters.shape), image.strides[:2] + image.strides)
    output: Array = np.einsum("pqrsc,rsc->pq", windows, filters)
    return output


def by_correlate(image: Array, filters: Array) -> Array:
    """SciPy's direct correlation of three axes."""
    output: Array = scipy.signal.correlate(image, filters, mode="valid", method="direct")[:, :, 0]
    return output


METHODS = {
    "fftconvolve": by_fftconvolve,
    "sub-matrix": by_submatrices,
    "strided view": by_strided_view,
    "correlate": by_correlate,
}
Line = tuple[int, int, int, dict[str, float]]


def compare_with_articles() -> list[Line]:
    """Print, and return, the times of `reference.conv2d`, the articles' methods and SciPy, for one filter."""
    print(f"one filter, VALID, {THREADS} threads, medians in µs; the ratio is reference / the fastest of the others")
    print(
        f"{'image':>5}{'c':>4}{'filter':>7}{'reference':>11}" + "".join(f"{name:>14}" for name in METHODS) + "  ratio"
    )
    lines = []
    random = np.random.default_rng(0)
    for size, channels, window in product(SIZES, CHANNELS, FILTERS):
        window = window or size
        image = random.standard_normal((size, size, channels), dtype=np.float32)
        filters = random.standard_normal((window, window, channels), dtype=np.float32)
        work = (size - window + 1) ** 2 * prod(filters.shape)
        names = [name for name in METHODS if name != "correlate" or work <= DIRECT_LIMIT]
        subjects: dict[str, Call] = {"reference": lambda x=image, w=filters: reference.conv2d(x, w)}
        subjects |= {name: lambda f=METHODS[name], x=image, w=filters: f(x, w) for name in names}
        check(image, filters, names)
        times = medians(subjects)
        lines.append((size, channels, window, times))
        shown = "".join(f"{1e6 * times[name]:14.1f}" if name in times else f"{'–':>14}" for name in METHODS)
        print(f"{size:5}{channels:4}{window:7}{1e6 * times['reference']:11.1f}{shown}{ratio(times):7.2f}", flush=True)
    return lines


def check(image: Array, filters: Array, names: list[str]) -> None:
    """Raise where a method computes something else than the reference."""
    expected = reference.conv2d(image.astype(np.float64), filters.astype(np.float64))
    scale = float(np.linalg.norm(image) * np.linalg.norm(filters))
    for name in names:
        if np.abs(METHODS[name](image, filters) - expected).max() > np.finfo(np.float32).eps * scale:
            raise ValueError(f"{name} differs from the reference")


def ratio(times: dict[str, float]) -> float:
    """Return the time of the reference over that of the fastest of the others."""
    return times["reference"] / min(value for name, value in times.items() if name != "reference")


def conclude(lines: list[Line]) -> None:
    """Print how often the goal is met, and whether the article's three conclusions hold."""
    ratios = [ratio(times) for *_, times in lines]
    missed = [line[:3] for line, value in zip(lines, ratios, strict=True) if value > 1.1]
    print(f"\nreference.conv2d: geometric mean {geometric_mean(ratios):.2f}, largest {max(ratios):.2f}")
    print(f"slower than the fastest of the others by more than 10 % in {len(missed)} of {len(lines)}: {missed}")
    claims = {
        "FFT is the fastest in general": ("fftconvolve", lines),
        "the sub-matrix form is best below about 5x5": ("sub-matrix", [line for line in lines if line[2] < 5]),
        "the strided view is best as the filter approaches the image": (
            "strided view",
            [line for line in lines if 4 * line[2] >= 3 * line[0]],
        ),
    }
    for claim, (method, where) in claims.items():
        wins = sum(fastest(times) == method for *_, times in where)
        verdict = "holds" if 2 * wins > len(where) else "does not hold"
        print(f"{claim}: {verdict}, {method} wins {wins} of {len(where)} among the three")


def fastest(times: dict[str, float]) -> str:
    """Return the fastest of the article's three methods."""
    return min(list(METHODS)[:3], key=lambda name: times[name])


def plot(lines: list[Line], path: Path) -> None:
    """Draw which of the article's methods wins where, with the reference's speed, and their times over filter sizes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    colours = dict(zip(list(METHODS)[:3], ("tab:blue", "tab:orange", "tab:green"), strict=True))
    figure, axes = plt.subplots(2, len(CHANNELS), figsize=(13, 8.2), sharey="row", layout="constrained")
    for panel, curves, channels in zip(*axes, CHANNELS, strict=True):
        here = [line for line in lines if line[1] == channels]
        draw_times(curves, [line for line in here if line[0] == CURVES], colours)
        for index, (size, _, window, times) in enumerate(here):
            row, column = divmod(index, len(FILTERS))
            winner = fastest(times)
            panel.add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, color=colours[winner], alpha=0.75))
            panel.text(column, row, f"{times[winner] / times['reference']:.1f}×", ha="center", va="center")
            assert (SIZES[row], FILTERS[column] or size) == (size, window)
        panel.set(xlim=(-0.5, len(FILTERS) - 0.5), ylim=(-0.5, len(SIZES) - 0.5), xlabel="filter size")
        panel.set_xticks(range(len(FILTERS)), [str(window or "image") for window in FILTERS])
        panel.set_yticks(range(len(SIZES)), [f"{size}²" for size in SIZES])
        panel.set_title(f"{channels} channel{'s' * (channels > 1)}")
    axes[0, 0].set_ylabel("image size")
    axes[1, 0].set_ylabel(f"ms a call, image {CURVES}²")
    handles = [plt.Line2D([], [], color=colour, marker="s") for colour in (*colours.values(), "black")]
    figure.legend(handles, [*colours, "reference.conv2d"], loc="outside lower center", ncols=4)
    figure.suptitle("The fastest of the articles' methods, how many times faster reference.conv2d is, and their times")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def draw_times(panel: Any, lines: list[Line], colours: dict[str, str]) -> None:
    """Draw times over the size of the filter, a line for each method and one for the reference."""
    for name, colour in {**colours, "reference": "black"}.items():
        sizes, times = [line[2] for line in lines], [1e3 * line[3][name] for line in lines]
        panel.plot(sizes, times, "o-", color=colour, markersize=4, linewidth=2 if name == "reference" else 1.2)
    panel.set(xscale="log", yscale="log", xlabel="filter size")
    panel.set_xticks([line[2] for line in lines], [str(line[2]) for line in lines])
    panel.minorticks_off()
    panel.grid(alpha=0.25)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["tensorflow", "articles"], help="one of the two comparisons")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw which method wins where (needs matplotlib)")
    arguments = parser.parse_args()
    if arguments.only != "articles":
        compare_with_tensorflow()
    if arguments.only != "tensorflow":
        lines = compare_with_articles()
        conclude(lines)
        if arguments.plot:
            plot(lines, arguments.plot)


if __name__ == "__main__":
    main()
