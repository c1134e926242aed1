"""Many points as a picture, without a painter's call for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QImage, QPainter, QPolygonF

Points = npt.NDArray[np.float32]
Colours = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

FAINT = 0.3
"""How much of its colour a point keeps that is not selected while others are."""


def fitted(points: Points) -> Points:
    """Return points moved and sized into 0–1, far outliers at the edge; (n, 2) float32."""
    if not len(points):
        return np.zeros((0, 2), np.float32)
    low, high = np.percentile(points, (0.5, 99.5), axis=0)
    size = float(max((high - low).max(), 1e-6))
    middle = (low + high) / 2
    found = (points - middle) / size + 0.5
    return np.asarray(np.clip(found, 0, 1), np.float32)


def points_picture(
    places: Ints,
    colours: Colours,
    chosen: Bools | None,
    size: tuple[int, int],
    *,
    radius: int,
    ground: tuple[int, int, int],
) -> QImage:
    """Return all points as one picture.

    Parameters
    ----------
    places
        (n, 2) int: column and row of each in the picture.
    colours
        (n, 3) uint8.
    chosen
        (n,) bool: the others are faint; None when nothing is chosen.
    size
        Width and height of the picture.
    radius
        Of a point, in pixels.
    ground
        What the picture is filled with.
    """
    width, height = size
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[:] = (*ground, 255)
    if chosen is None:
        _stamp(pixels, places, colours, radius)
    else:
        faint = FAINT * colours[~chosen] + (1 - FAINT) * np.asarray(ground, np.float32)
        _stamp(pixels, places[~chosen], faint.astype(np.uint8), radius)
        _stamp(pixels, places[chosen], colours[chosen], radius)
    made = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)
    return made.copy()


def _stamp(pixels: Colours, places: Ints, colours: Colours, radius: int) -> None:
    """Draw a disc at each place."""
    height, width, _ = pixels.shape
    reach = np.arange(-radius, radius + 1)
    rows, columns = np.meshgrid(reach, reach, indexing="ij")
    disc = rows**2 + columns**2 <= (radius + 0.35) ** 2
    for row, column in zip(rows[disc], columns[disc], strict=True):
        y = np.clip(places[:, 1] + row, 0, height - 1)
        x = np.clip(places[:, 0] + column, 0, width - 1)
        pixels[y, x, :3] = colours


def inside(points: npt.NDArray[Any], outline: Sequence[QPointF], size: tuple[int, int]) -> Ints:
    """Return the indices of the points within an outline, to a pixel.

    Parameters
    ----------
    points
        (n, 2): x and y in pixels.
    outline
        Its corners in order; the last one is joined to the first.
    size
        Width and height of what the points lie in.
    """
    width, height = size
    drawn = QImage(width, height, QImage.Format.Format_Grayscale8)
    drawn.fill(0)
    painter = QPainter(drawn)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.GlobalColor.white)
    painter.drawPolygon(QPolygonF(list(outline)))
    painter.end()
    raw = np.frombuffer(drawn.constBits(), np.uint8)
    mask = raw.reshape(height, drawn.bytesPerLine())[:, :width] > 0
    x, y = points.astype(np.int64).T
    within = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    within[within] = mask[y[within], x[within]]
    return np.flatnonzero(within).astype(np.int64)


def nearest_towards(points: Points, index: int, direction: tuple[int, int]) -> int:
    """Return the point to which an arrow key leads: near, and rather that way than aside."""
    step = np.asarray(points, np.float64) - np.asarray(points[index], np.float64)
    along = step @ np.asarray(direction, np.float64)
    across = np.abs(step @ np.asarray(direction[::-1], np.float64))
    ahead = (along > 1e-9) & (across <= 2 * along)
    if not ahead.any():
        return index
    return int(np.where(ahead, along + 2 * across, np.inf).argmin())
