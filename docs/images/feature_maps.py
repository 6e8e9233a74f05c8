"""Draw what five filters see in forty handwritten digits: docs/images/feature_maps.png.

    python docs/images/feature_maps.py [FILE.png]

The digits are the first forty that scikit-learn ships (extra `benchmark`), 8x8 pixels each; the maps are one call of
`reference.conv2d`, padded `SAME`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import reference

ROWS, COLUMNS = 2, 20
"""The forty digits, as they are laid out."""

FILTERS = {
    "horizontal edges": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "vertical edges": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "outline": ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
    "sharper": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "blurred": ((1, 2, 1), (2, 4, 2), (1, 2, 1)),
}

Array = NDArray[Any]


def digits() -> Array:
    """Return forty images (batch, height, width, 1)."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise SystemExit("the digits come with scikit-learn: pip install -e '.[benchmark]'") from error
    images: Array = load_digits().images[: ROWS * COLUMNS, ..., None].astype(np.float32)
    return images


def sheet(images: Array) -> Array:
    """Return images (batch, height, width) as one, in rows and columns, with a gap between two of them."""
    gapped = np.pad(images, ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    lines = gapped.reshape(ROWS, COLUMNS, *gapped.shape[1:])
    joined: Array = np.vstack([np.hstack(line) for line in lines])
    return joined[:-1, :-1]


def main() -> None:
    """Convolve once, and draw a row for the digits and one for each filter."""
    from matplotlib.figure import Figure

    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_suffix(".png")
    images = digits()
    filters = np.stack([np.array(each, np.float32) for each in FILTERS.values()], axis=-1)[:, :, None]
    maps = reference.conv2d(images, filters, padding="SAME")
    figure = Figure(figsize=(13, 8.6), layout="constrained")
    grid = figure.subplots(len(FILTERS) + 1, 2, width_ratios=(1, 10))
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
        axes.set_frame_on(False)
    grid[0, 1].imshow(sheet(images[..., 0]), cmap="gray_r")
    grid[0, 1].set_ylabel("the digits", rotation=0, ha="right", va="center")
    for row, name in enumerate(FILTERS):
        small, wide = grid[row + 1]
        small.imshow(filters[..., 0, row], cmap="RdBu", vmin=-8, vmax=8)
        for place in np.ndindex(3, 3):
            value = filters[place][0, row]
            colour = "white" if value > 4 else "black"
            small.text(place[1], place[0], f"{value:g}", ha="center", va="center", fontsize=9, color=colour)
        limit = np.abs(maps[..., row]).max()
        colours = {"cmap": "gray_r", "vmin": 0} if maps[..., row].min() >= 0 else {"cmap": "RdBu", "vmin": -limit}
        wide.imshow(sheet(maps[..., row]), vmax=limit, **colours)
        wide.set_ylabel(name, rotation=0, ha="right", va="center")
    figure.savefig(path, dpi=100)


if __name__ == "__main__":
    main()
