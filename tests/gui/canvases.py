"""A canvas on the screen, a scene whose every pixel is known, and a hand on the mouse."""

from __future__ import annotations

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


class Hand:
    """Works a canvas with real events, told in level-0 pixels."""

    def __init__(self, view: SceneView, native) -> None:
        self.view = view
        self.native = native

    def at(self, x: float, y: float) -> QPoint:
        left, top, right, bottom = self.view.viewport
        height, width = self.view.model.canvas.size
        across = (x - left) / (right - left) * width
        return QPoint(round(across), round((y - top) / (bottom - top) * height))

    def move(self, x: float, y: float) -> None:
        QTest.mouseMove(self.native, self.at(x, y))
        QTest.qWait(12)

    def drag(self, places: Iterable[tuple[float, float]], button=Qt.MouseButton.LeftButton) -> None:
        points = [self.at(*place) for place in places]
        QTest.mouseMove(self.native, points[0])
        QTest.qWait(12)
        QTest.mousePress(self.native, button, Qt.KeyboardModifier.NoModifier, points[0])
        for start, end in zip(points, points[1:], strict=False):
            for part in (0.5, 1.0):
                QTest.mouseMove(self.native, start + (end - start) * part)
                QTest.qWait(12)
        QTest.qWait(40)  # napari throttles moves; the last one comes late
        QTest.mouseRelease(self.native, button, Qt.KeyboardModifier.NoModifier, points[-1])
        QTest.qWait(30)

    def click(self, x: float, y: float) -> None:
        self.move(x, y)
        place = self.at(x, y)
        QTest.mouseClick(
            self.native, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place
        )
        QTest.qWait(12)

    def double_click(self, x: float, y: float) -> None:
        self.click(x, y)
        place = self.at(x, y)
        QTest.mouseDClick(
            self.native, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place
        )
        QTest.qWait(30)

    def press_key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.native, key)
        QTest.qWait(30)
