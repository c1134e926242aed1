"""Pictures as widgets: tiles to click, previews that grow with their place."""

from __future__ import annotations

from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import (
    QFont,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from qtpy.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ssldiff_gui.widgets.shown import RGB
from ssldiff_gui.widgets.slide_list import image_of
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import tone

CORNER = 6


def pixmap_of(rgb: RGB | None) -> QPixmap | None:
    """Return a picture as Qt draws it, or None."""
    return None if rgb is None else QPixmap.fromImage(image_of(rgb))


def paint_picture(
    painter: QPainter, box: QRectF, picture: QPixmap | None, palette: QPalette, *, fill: bool = True
) -> None:
    """Draw a picture with round corners, or the ground of one that is not there yet.

    Parameters
    ----------
    painter, box
        Where.
    picture
        What.
    palette
        The theme in which it is drawn.
    fill
        Whether the whole box is covered; otherwise the whole picture is seen.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    path = QPainterPath()
    path.addRoundedRect(box, CORNER, CORNER)
    painter.fillPath(path, tone(palette, "canvas"))
    if picture is not None:
        painter.setClipPath(path)
        mode = Qt.AspectRatioMode
        how = mode.KeepAspectRatioByExpanding if fill else mode.KeepAspectRatio
        size = picture.size().scaled(box.size().toSize(), how)
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(box.center())
        painter.drawPixmap(place, picture, QRectF(picture.rect()))
    painter.restore()


class Preview(QWidget):
    """A picture with round corners.

    Parameters
    ----------
    size
        Width and height; None takes the width there is, and the height that suits the picture.
    """

    def __init__(self, size: QSize | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: QPixmap | None = None
        self._fixed = size is not None
        if size is not None:
            self.setFixedSize(size)

    def show_picture(self, rgb: RGB | None) -> None:
        """Show a picture, or its empty place."""
        self._picture = pixmap_of(rgb)
        self._fit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the picture's proportions."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._fixed or self._picture is None or self.width() < GRID:
            return
        wanted = self.width() * self._picture.height() / max(1, self._picture.width())
        height = min(round(wanted), 28 * GRID)
        if height != self.height():
            self.setFixedHeight(height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        paint_picture(painter, QRectF(self.rect()), self._picture, self.palette(), fill=self._fixed)


class Tile(QAbstractButton):
    """A square picture to click, with a line of small text below it."""

    CAPTION = 18

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: QPixmap | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_tile(self, rgb: RGB | None, caption: str) -> None:
        """Show a picture, or its empty place, and its caption."""
        self._picture = pixmap_of(rgb)
        self.setText(caption)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the least size at which a tile can be judged."""
        return QSize(7 * GRID, max(7 * GRID, self.width()) + self.CAPTION)

    def minimumSizeHint(self) -> QSize:
        """Return the same."""
        return QSize(6 * GRID, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stay square."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, the caption and a ring for the focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height() - self.CAPTION)
        box = QRectF((self.width() - side) / 2, 0, side, side)
        paint_picture(painter, box.adjusted(1, 1, -1, -1), self._picture, self.palette())
        if self.hasFocus() or self.underMouse():
            ring = "accent" if self.hasFocus() else "outline"
            painter.setPen(QPen(tone(self.palette(), ring), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), CORNER, CORNER)
        font = QFont(self.font())
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(tone(self.palette(), "muted"))
        words = QRectF(0, side, self.width(), self.CAPTION)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter), self.text())
