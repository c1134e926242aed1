"""Short words in the corners of cells, as large on the screen at any zoom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen
from vispy import gloo
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual

TEXT_PIXELS = 12
"""Height of the letters' font on the screen."""

INSET = 3.0
"""Screen pixels between a letter's tile and the edges of its cell, where there is room."""

HALO = 3.0
"""Width of the dark edge that sets white letters off from any picture."""

PLATE = 6.0
"""Screen pixels between a free word and the edge of its plate."""

DARK = QColor(0, 0, 0, 190)

ABREAST = 16
"""Words in one row of the picture that holds all of them."""

Labels = npt.NDArray[np.integer[Any]]
"""(rows, columns): which word a cell bears; below nought for none."""

_VERTEX = """
attribute vec3 a_cell;
uniform float u_tile;
uniform float u_inset;
uniform vec2 u_grid;
uniform float u_free;
varying vec2 v_tile;

void main() {
    vec4 corner = $to_framebuffer(vec4(a_cell.xy, 0.0, 1.0));
    vec4 middle = $to_framebuffer(vec4(a_cell.xy + 0.5, 0.0, 1.0));
    vec2 half_cell = middle.xy / middle.w - corner.xy / corner.w;
    vec2 room = vec2(0.5 * u_tile + u_inset);
    room = u_free > 0.5 ? room : min(abs(half_cell), room);
    vec2 spot = corner.xy / corner.w + sign(half_cell) * room;
    spot = floor(spot) + 0.5 * mod(u_tile, 2.0);
    v_tile = vec2(mod(a_cell.z, u_grid.x), floor(a_cell.z / u_grid.x));
    gl_PointSize = u_tile;
    gl_Position = $to_render(vec4(spot, 0.0, 1.0));
}
"""

_FRAGMENT = """
uniform sampler2D u_words;
uniform vec2 u_grid;
varying vec2 v_tile;

void main() {
    vec4 colour = texture2D(u_words, (v_tile + gl_PointCoord) / u_grid);
    if (colour.a <= 0.0) {
        discard;
    }
    gl_FragColor = colour;
}
"""


class LettersVisual(Visual):  # type: ignore[misc]
    """A word for each cell, or beside one spot; its transform leads from cells to the world.

    Parameters
    ----------
    inset
        Screen pixels between a word and the edges of its cell, or its spot.
    """

    def __init__(self, inset: float = INSET) -> None:
        super().__init__(vcode=_VERTEX, fcode=_FRAGMENT)
        self._cells = gloo.VertexBuffer(np.zeros((1, 3), np.float32))
        self._words: tuple[str, ...] = ()
        self._inset = inset
        self._free = False
        self._ratio = 0.0
        self._tile = 1
        self._count = 0
        self.shared_program["a_cell"] = self._cells
        self._draw_mode = "points"
        self.set_gl_state("translucent", depth_test=False, cull_face=False)
        self.freeze()

    def set_words(self, labels: Labels | None, words: Sequence[str] = ()) -> None:
        """Write these.

        Parameters
        ----------
        labels
            Which of the words each cell bears; None for no words.
        words
            A few letters each.
        """
        borne = np.zeros((0, 2), np.intp) if labels is None else np.argwhere(labels >= 0)
        self._count = len(borne)
        if labels is not None and len(borne):
            which = labels[borne[:, 0], borne[:, 1]]
            cells = np.column_stack([borne[:, ::-1], which])
            self._cells.set_data(np.ascontiguousarray(cells, np.float32))
        self._take(words, free=False)

    def set_word(self, x: float, y: float, word: str) -> None:
        """Write one word, to the right and below of a spot that is told in cells."""
        self._count = 1 if word else 0
        if word:
            self._cells.set_data(np.array([(x, y, 0)], np.float32))
            self._take((word,), free=True)
        else:
            self.update()

    def _take(self, words: Sequence[str], *, free: bool) -> None:
        if (tuple(words), free) != (self._words, self._free):
            self._words, self._free, self._ratio = tuple(words), free, 0.0
        self.update()

    def _write(self, ratio: float) -> None:
        self._ratio = ratio
        picture, self._tile = words_picture(self._words, ratio, at_corner=self._free)
        program = self.shared_program
        program["u_words"] = gloo.Texture2D(picture, interpolation="nearest")
        program["u_tile"] = float(self._tile)
        program["u_inset"] = self._inset * ratio
        program["u_free"] = float(self._free)
        program["u_grid"] = picture.shape[1] / self._tile, picture.shape[0] / self._tile

    def _prepare_transforms(self, view: Any) -> None:
        shader = view.view_program.vert
        shader["to_framebuffer"] = view.get_transform("visual", "framebuffer")
        shader["to_render"] = view.get_transform("framebuffer", "render")

    def _prepare_draw(self, view: Any) -> bool | None:
        if not self._count or not self._words:
            return False
        ratio = view.transforms.pixel_scale
        if ratio != self._ratio:
            self._write(ratio)
        return None

    def _compute_bounds(self, axis: int, view: Any) -> tuple[float, float] | None:
        """Have no extent, so that nothing is laid out by what is written over it."""
        del axis, view
        return None


def words_picture(
    words: Sequence[str], ratio: float, *, at_corner: bool = False
) -> tuple[npt.NDArray[np.uint8], int]:
    """Write words into equal squares.

    Parameters
    ----------
    words
        At least one.
    ratio
        Pixels of the picture for one of the screen's.
    at_corner
        Whether they stand on a dark plate in the upper left corner of their square, not free in
        its middle.

    Returns
    -------
    array
        (height, width, 4) uint8 RGBA, not premultiplied.
    int
        Side of a square.
    """
    font = QFont()
    font.setPixelSize(round(TEXT_PIXELS * ratio))
    font.setBold(True)
    metrics = QFontMetricsF(font)
    margin = (PLATE if at_corner else HALO) * ratio
    widest = max(metrics.horizontalAdvance(word) for word in words)
    below = max(metrics.tightBoundingRect(word).bottom() for word in words)  # the tail of a Q
    tall = metrics.capHeight()
    side = int(np.ceil(max(widest, tall + 2 * max(0.0, below)) + 2 * margin))
    rows = -(-len(words) // ABREAST)
    image = QImage(min(len(words), ABREAST) * side, rows * side, QImage.Format.Format_RGBA8888)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for index, word in enumerate(words):
        row, column = divmod(index, ABREAST)
        width = metrics.horizontalAdvance(word)
        left = margin if at_corner else (side - width) / 2
        foot = tall + (margin if at_corner else (side - tall) / 2)
        path = QPainterPath()
        path.addText(QPointF(column * side + round(left), row * side + round(foot)), font, word)
        if at_corner:
            plate = QRectF(column * side, row * side, width + 2 * margin, tall + 2 * margin)
            _set_on_plate(painter, plate, ratio)
        else:
            _set_off(painter, path, ratio)
        painter.fillPath(path, QColor(255, 255, 255))
    painter.end()
    return _pixels(image), side


def _set_off(painter: QPainter, path: QPainterPath, ratio: float) -> None:
    """Draw a dark edge around letters."""
    edge = QPen(DARK, HALO * ratio)
    edge.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, edge)


def _set_on_plate(painter: QPainter, plate: QRectF, ratio: float) -> None:
    """Draw a dark plate under letters."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(DARK)
    painter.drawRoundedRect(plate, 4 * ratio, 4 * ratio)


def _pixels(image: QImage) -> npt.NDArray[np.uint8]:
    raw = np.frombuffer(image.constBits(), np.uint8, image.sizeInBytes())
    lines = raw.reshape(image.height(), image.bytesPerLine())[:, : 4 * image.width()]
    return lines.reshape(image.height(), image.width(), 4).copy()


LettersNode: Any = create_visual_node(LettersVisual)
"""The same, with a place in a scene."""
