"""Pictures: a case as heat maps, and times side by side. matplotlib is imported when one is drawn."""

from __future__ import annotations

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from conformance.bench import Bench
from conformance.case import Case
from conformance.data import Array
from conformance.errors import UsageError
from conformance.reports.files import check_target, write_bytes
from conformance.reports.window import Window, place_of, window_behind
from conformance.runner import Attempt, Prepared

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["check_plot", "plot_bench", "plot_case"]

_FORMATS = (".png", ".svg", ".pdf")

_SHOWN = 4
"""Channels of an image, or slices of the filters, that are drawn at most."""

_WRITTEN = 100
"""Numbers of a panel up to which they are written into it."""

_DPI = 120


def check_plot(path: Path) -> None:
    """Refuse, before anything is judged, a picture that cannot be made.

    Raises:
        UsageError: its file cannot be written, is of no known kind, or matplotlib is missing.
    """
    check_target(path, "--plot")
    if path.suffix.lower() not in _FORMATS:
        raise UsageError(f"--plot must name a file that ends in {', '.join(_FORMATS)}, but is {str(path)!r}")
    if find_spec("matplotlib") is None:
        raise UsageError("--plot needs matplotlib, which is not installed; pip install 'conformance[plot]'")


def _figure(width: float, height: float) -> Figure:
    """Return an empty figure, which needs no display."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: Figure, path: Path) -> None:
    content = BytesIO()
    figure.savefig(content, format=path.suffix[1:].lower(), dpi=_DPI)
    write_bytes(path, [content.getvalue()], "--plot")


def plot_bench(bench: Bench, path: Path) -> None:
    """Draw the times of every layer: a dot at the median, a line from quartile to quartile, a colour for each."""
    from matplotlib.ticker import LogLocator

    names = [entrant.name for entrant in bench.timed]
    figure = _figure(9, 1.6 + 0.32 * len(bench.rows))
    axes = figure.subplots()
    for place, name in enumerate(names):
        shift = 0.5 * ((place + 0.5) / len(names) - 0.5)
        axes.plot([], [], "o", color=f"C{place}", markersize=4, label=name)
        for index, row in enumerate(bench.rows):
            median, ends = row.measured[place].median, row.measured[place].quartiles
            if median is not None and ends is not None:
                axes.plot([1e3 * end for end in ends], [index + shift] * 2, "-", color=f"C{place}", alpha=0.6)
                axes.plot([1e3 * median], [index + shift], "o", color=f"C{place}", markersize=4)
    axes.set_yticks(range(len(bench.rows)), [row.layer.case.id for row in bench.rows])
    axes.set(xscale="log", xlabel="milliseconds a call: median, and middle half", ylim=(len(bench.rows) - 0.5, -0.5))
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.grid(axis="x", which="both", alpha=0.25)
    told = bench.environment
    axes.set_title(f"{told['layers']}, {told['threads']} thread{'s' * (told['threads'] != 1)} each", loc="left")
    figure.legend(loc="outside lower center", ncols=min(4, len(names)), frameon=False)
    _save(figure, path)


def plot_case(prepared: Prepared, attempt: Attempt, path: Path) -> None:
    """Draw a case as heat maps: operands, answer, right answer and difference, the worst element and its window marked.

    Of images with many channels the first are drawn, among them those that the worst element comes from.
    """
    case = prepared.case
    place = place_of(attempt.result.detail) if attempt.turn == 1 else None
    window = None if place is None else window_behind(case, prepared.operands, place)
    rows = [*_operand_rows(prepared, place, window), _output_row(prepared, attempt.answer, place)]
    rows = [row for row in rows if row]
    figure = _figure(1.5 + 2.9 * max(map(len, rows)), 0.6 + 2.9 * len(rows))
    figure.suptitle(f"{case.id}: {attempt.result.implementation}, {attempt.result.outcome}")
    grid = figure.subplots(len(rows), max(map(len, rows)), squeeze=False)
    for line, row in zip(grid, rows, strict=True):
        for axes, panel in zip(line, row, strict=False):
            panel.draw(axes)
        for axes in line[len(row) :]:
            axes.set_axis_off()
    _save(figure, path)


class _Panel:
    """One heat map: two axes of an array, with a title, and a frame round what matters in it."""

    def __init__(self, title: str, values: Array, mark: tuple[slice, slice] | None = None, **style: Any) -> None:
        self._title, self._mark, self._style = title, mark, {"cmap": "viridis"} | style
        self._values = values.astype(np.float64)

    def draw(self, axes: Axes) -> None:
        """Draw it."""
        axes.set_title(self._title, fontsize=9)
        if not self._values.size:
            axes.text(0.5, 0.5, "no elements", ha="center", va="center")
            axes.set_axis_off()
            return
        shown = axes.imshow(self._values, interpolation="nearest", **self._style)
        axes.tick_params(labelsize=7)
        axes.locator_params(integer=True, nbins=6)
        bar = axes.figure.colorbar(shown, ax=axes, shrink=0.8)
        bar.ax.tick_params(labelsize=7)
        self._write_numbers(axes, shown)
        self._frame(axes)

    def _write_numbers(self, axes: Axes, shown: Any) -> None:
        if self._values.size > _WRITTEN:
            return
        for index in np.ndindex(self._values.shape):
            value = self._values[index]
            red, green, blue, _ = shown.to_rgba(value)
            dark = 0.3 * red + 0.6 * green + 0.1 * blue < 0.5
            text = f"{value:.3g}" if abs(value) < 1e4 or not np.isfinite(value) else f"{value:.0e}"
            colour = "white" if dark else "black"
            axes.text(index[1], index[0], text, ha="center", va="center", fontsize=6, color=colour)

    def _frame(self, axes: Axes) -> None:
        if self._mark is None:
            return
        from matplotlib.patches import Rectangle

        rows, columns = self._mark
        size = columns.stop - columns.start, rows.stop - rows.start
        corner = columns.start - 0.5, rows.start - 0.5
        axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor="red", linewidth=2, clip_on=False))


def _operand_rows(prepared: Prepared, place: tuple[int, ...] | None, window: Window | None) -> list[list[_Panel]]:
    case, rows = prepared.case, []
    number = place[0] if place and case.operation.gives_image else 0
    for name in case.operation.operands:
        array = prepared.operands.given[name]
        if array.ndim != case.operation.rank + 2:  # of a call that must be refused: any shape
            continue
        if name in ("filters", "pointwise"):
            rows.append(_filter_panels(name, array, place))
        elif window and window.partner == name:
            rows.append(_image_panels(name, array, number, (int(window.choice), int(window.choice) + 1)))
        elif window and window.operand == name:
            rows.append(_image_panels(name, array, number, window.channels, window))
        else:
            rows.append(_image_panels(name, array, number, (0, array.shape[-1])))
    return rows


def _filter_panels(name: str, array: Array, place: tuple[int, ...] | None) -> list[_Panel]:
    """Return slices of the filters: those of the worst element's channel, otherwise of the first."""
    last = array.shape[-1]
    chosen = min(place[-1], last - 1) if place and last else 0
    indices = [(row, chosen) for row in range(min(_SHOWN, array.shape[-2]))] if last else []
    return [_Panel(f"{name}[…, {row}, {column}]", _flat(array[..., row, column])) for row, column in indices]


def _image_panels(
    name: str, array: Array, number: int, channels: tuple[int, int], window: Window | None = None
) -> list[_Panel]:
    """Return channels of an image, the first of a range, with what the window sees of them."""
    first, last = channels
    depth = _middle(window.places[0]) if window and len(window.places) == 3 else None
    mark = _mark(window) if window else None
    return [
        _Panel(f"{name}, image {number}, channel {each}", _flat(array[number, ..., each], depth), mark)
        for each in (range(first, min(first + _SHOWN, last)) if number < len(array) else ())
    ]


def _middle(line: tuple[int, ...]) -> int | None:
    return line[len(line) // 2] if line else None


def _mark(window: Window) -> tuple[slice, slice]:
    """Return the rows and columns from the first place to the last, those on padding too."""
    ends = [slice(min(line), max(line) + 1) if line else slice(0, 0) for line in window.places]
    return (slice(0, 1), ends[0]) if len(ends) == 1 else (ends[-2], ends[-1])


def _output_row(prepared: Prepared, answer: Array | None, place: tuple[int, ...] | None) -> list[_Panel]:
    """Return answer, right answer and difference, as far as they can be compared."""
    case, expected = prepared.case, prepared.expected
    if expected is None:
        return []
    at = place or (0,) * expected.value.ndim
    if not expected.value.size:
        return [_Panel("expected output", expected.value.reshape(0, 0))]
    where = f"image {at[0]}, channel {at[-1]}" if case.operation.gives_image else f"[…, {at[-2]}, {at[-1]}]"
    depth = at[1] if case.operation.rank == 3 and case.operation.gives_image else None
    right = _flat(_slice(case, expected.value, at), depth)
    if answer is None or answer.shape != expected.value.shape:
        return [_Panel(f"expected, {where}", right)]
    got = _flat(_slice(case, answer.astype(np.float64), at), depth)
    spots = at[1:-1] if case.operation.gives_image else at[:-2]
    row = 0 if len(spots) == 1 else spots[-2]
    mark = (slice(row, row + 1), slice(spots[-1], spots[-1] + 1)) if place else None
    finite = np.concatenate([part[np.isfinite(part)] for part in (got, right)])
    scale = {"vmin": finite.min(), "vmax": finite.max()} if finite.size else {}
    with np.errstate(invalid="ignore"):
        difference = np.where(got == right, 0.0, got - right)
    sizes = np.abs(difference[np.isfinite(difference)])
    largest = sizes.max(initial=0.0) or 1.0
    return [
        _Panel(f"output, {where}", got, mark, **scale),
        _Panel(f"expected, {where}", right, mark, **scale),
        _Panel("output - expected", difference, mark, cmap="RdBu", vmin=-largest, vmax=largest),
    ]


def _slice(case: Case, array: Array, at: tuple[int, ...]) -> Array:
    picked: Array = array[at[0], ..., at[-1]] if case.operation.gives_image else array[..., at[-2], at[-1]]
    return picked


def _flat(array: Array, depth: int | None = None) -> Array:
    """Return two axes of what has one to three; of three, those at a depth, the middle where none is given."""
    if array.ndim == 1:
        return array[None]
    if array.ndim == 3:
        middle = len(array) // 2 if depth is None else min(max(depth, 0), len(array) - 1)
        flat: Array = array[middle] if len(array) else array.reshape(0, 0)
        return flat
    return array
