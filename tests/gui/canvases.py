"""A canvas on the screen, a scene whose every pixel is known, and a hand on the mouse."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from ssldiff_gui.core.geometry import Box, Georeference, Scale
from ssldiff_gui.slides.scene import Pixels, Scene, levels_of
from ssldiff_gui.slides.slide import Slide
from ssldiff_gui.state.document import Document
from ssldiff_gui.viewer.scene_view import SceneView
from ssldiff_gui.viewer.viewport import viewport_of
from ssldiff_gui.viewer.world import World

LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier

SETTLE_MS = 40
"""napari throttles moves of the mouse; the last one comes late."""

SIZES = ((8192, 6144), (2048, 1536), (512, 384))
SQUARE = Box(2048, 1024, 2048, 2048)
"""Red on white; aligned to every level."""


class SquareSource:
    """White with one red square, at every level."""

    def read(self, level: int, box: Box) -> Pixels:
        step = 4**level
        columns = np.arange(box.x, box.x2) * step
        rows = np.arange(box.y, box.y2) * step
        across = (columns >= SQUARE.x) & (columns < SQUARE.x2)
        down = (rows >= SQUARE.y) & (rows < SQUARE.y2)
        values = np.full((box.height, box.width, 3), 255, dtype=np.uint8)
        values[down[:, None] & across[None, :]] = (255, 0, 0)
        return Pixels(values)

    def close(self) -> None:
        """Nothing is held."""


def square_document(
    folder: Path,
    *,
    scale: Scale | None = Scale(0.5, 0.5, "µm"),  # noqa: B008 - frozen
    georeference: Georeference | None = None,
    name: str = "square.tif",
) -> Document:
    path = folder / name
    path.write_bytes(b"a square")
    scene = Scene(
        path, name, SquareSource(), levels_of(SIZES),
        dtype=np.uint8, bands=("red", "green", "blue"), scale=scale, georeference=georeference,
    )  # fmt: skip
    return Document(Slide(path, "Fake", [scene]))


def place_of(model, world: World, x: float, y: float) -> QPoint:
    """Where a level-0 pixel coordinate lies on a canvas."""
    left, top, right, bottom = viewport_of(model, world)
    height, width = model.canvas.size
    across = (x - left) / (right - left) * width
    return QPoint(round(across), round((y - top) / (bottom - top) * height))


def drag(model, native, world: World, places: Iterable[tuple[float, float]], button=LEFT) -> None:
    """Press at the first place, move through the others, release at the last."""
    points = [place_of(model, world, *place) for place in places]
    QTest.mouseMove(native, points[0])
    QTest.qWait(12)
    QTest.mousePress(native, button, NO_KEYS, points[0])
    for start, end in itertools.pairwise(points):
        for part in (0.5, 1.0):
            QTest.mouseMove(native, start + (end - start) * part)
            QTest.qWait(12)
    QTest.qWait(SETTLE_MS)
    QTest.mouseRelease(native, button, NO_KEYS, points[-1])
    QTest.qWait(30)


class Hand:
    """Works a view's canvas with real events, told in level-0 pixels."""

    def __init__(self, view: SceneView, native) -> None:
        self.view = view
        self.native = native

    def at(self, x: float, y: float) -> QPoint:
        return place_of(self.view.model, self.view.world, x, y)

    def move(self, x: float, y: float) -> None:
        """Move the mouse and wait until the viewer knows: the X server may take its time."""
        QTest.mouseMove(self.native, self.at(x, y))
        for _ in range(50):
            QTest.qWait(SETTLE_MS)
            if self._is_at(x, y):
                return

    def _is_at(self, x: float, y: float) -> bool:
        row, column = self.view.model.cursor.position[-2:]
        known = self.view.world
        return (self.at(column / known.x, row / known.y) - self.at(x, y)).manhattanLength() <= 2

    def drag(self, places: Iterable[tuple[float, float]], button=LEFT) -> None:
        drag(self.view.model, self.native, self.view.world, places, button)

    def click(self, x: float, y: float) -> None:
        self.move(x, y)
        QTest.mouseClick(self.native, LEFT, NO_KEYS, self.at(x, y))
        QTest.qWait(SETTLE_MS)

    def double_click(self, x: float, y: float) -> None:
        self.click(x, y)
        QTest.mouseDClick(self.native, LEFT, NO_KEYS, self.at(x, y))
        QTest.qWait(30)

    def press_key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.native, key)
        QTest.qWait(30)
