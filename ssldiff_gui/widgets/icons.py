"""Icons of one family (Material Design Icons 6) that follow the palette by themselves."""

from __future__ import annotations

from functools import cache
from typing import cast

import qtawesome
from qtpy.QtCore import QPoint, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QIcon, QIconEngine, QPainter, QPaintEvent, QPalette, QPixmap
from qtpy.QtWidgets import QApplication, QWidget

FAMILY = "mdi6"


@cache
def _glyph(name: str) -> str:
    return cast("str", qtawesome.charmap(f"{FAMILY}.{name}"))


_palette: QPalette | None = None


def use_palette(palette: QPalette | None) -> None:
    """Draw icons in the colours of another palette than the application's.

    Parameters
    ----------
    palette
        That of a host which styles its windows without setting the application's palette, as
        napari does; None goes back to the application's.
    """
    global _palette  # noqa: PLW0603
    _palette = palette


class _Engine(QIconEngine):
    """Draws one glyph in the colour the palette has when it is drawn, so themes need no reload."""

    def __init__(self, name: str, role: QPalette.ColorRole | None, colour: QColor | None) -> None:
        super().__init__()
        self._name = name
        self._role = role
        self._colour = colour

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._role, self._colour)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        painter.save()
        font = qtawesome.font(FAMILY, max(1, round(rect.height() * 0.96)))
        painter.setFont(font)
        painter.setPen(self._ink(mode, state))
        painter.drawText(QRectF(rect), Qt.AlignmentFlag.AlignCenter, _glyph(self._name))
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def _ink(self, mode: QIcon.Mode, state: QIcon.State) -> QColor:
        if self._colour is not None:
            return self._colour
        palette = _palette if _palette is not None else QApplication.palette()
        if mode == QIcon.Mode.Disabled:
            return palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
        if self._role is not None:
            return palette.color(self._role)
        on = state == QIcon.State.On
        return palette.color(
            QPalette.ColorRole.HighlightedText if on else QPalette.ColorRole.ButtonText
        )


def icon(
    name: str,
    role: QPalette.ColorRole | None = None,
    colour: QColor | str | None = None,
) -> QIcon:
    """Return an icon that takes its colour from the palette each time it is drawn.

    Parameters
    ----------
    name
        Name within the family: "folder-open-outline".
    role
        Palette colour to use; the buttons' text when None.
    colour
        A fixed colour, for icons that stand for one (a class, a warning).
    """
    _glyph(name)  # an unknown name is a mistake that shows at once, not when it is painted
    return QIcon(_Engine(name, role, QColor(colour) if colour is not None else None))


class Glyph(QWidget):
    """An icon that only shows; it takes its colour from the palette whenever it is drawn.

    Parameters
    ----------
    name
        Name within the family.
    size
        Width and height in device-independent pixels.
    role
        Palette colour.
    """

    def __init__(
        self, name: str, size: int, role: QPalette.ColorRole, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon = icon(name, role)
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the icon."""
        self._icon.paint(QPainter(self), self.rect())
