"""Cards of slides and rows of folders, with thumbnails as they come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from qtpy.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPalette, QPen, QPixmap
from qtpy.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import tone

FOLDER_ROW = 40
WORDS = 48
"""Height of a card's two lines."""

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the browser.

    Parameters
    ----------
    path
        What is opened, or entered.
    folder
        Whether it is a folder to enter.
    caption
        Second line: "SVS · 1.2 GB".
    problem
        Why it cannot be opened; empty when nothing is known against it.
    opened
        Whether it is open now.
    """

    path: Path
    folder: bool = False
    caption: str = ""
    problem: str = ""
    opened: bool = False


def image_of(rgb: npt.NDArray[np.uint8]) -> QImage:
    """Return a picture as Qt's, which keeps its own copy of the pixels."""
    pixels = np.ascontiguousarray(rgb)
    height, width, _ = pixels.shape
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return image.copy()


class SlideModel(QAbstractListModel):
    """The entries that are shown and the thumbnails that came."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self._pictures: dict[Path, QPixmap] = {}

    def show(self, entries: Sequence[Entry]) -> None:
        """Show these entries; thumbnails of others are let go."""
        self.beginResetModel()
        self.entries = list(entries)
        kept = {entry.path for entry in entries}
        self._pictures = {path: p for path, p in self._pictures.items() if path in kept}
        self.endResetModel()

    def set_thumbnail(self, path: Path, rgb: npt.NDArray[np.uint8]) -> None:
        """Show a thumbnail when its entry is still here."""
        row = self.row_of(path)
        if row is not None:
            self._pictures[path] = QPixmap.fromImage(image_of(rgb))
            self._changed(row)

    def mark(self, opened: Iterable[Path], problems: Mapping[Path, str]) -> None:
        """Mark what is open and what failed to open."""
        paths = set(opened)
        for row, entry in enumerate(self.entries):
            wanted = replace(
                entry, opened=entry.path in paths, problem=problems.get(entry.path, "")
            )
            if wanted != entry:
                self.entries[row] = wanted
                self._changed(row)

    def row_of(self, path: Path) -> int | None:
        """Return the row of an entry, or None."""
        found = (row for row, entry in enumerate(self.entries) if entry.path == path)
        return next(found, None)

    def without_thumbnail(self, rows: Iterable[int]) -> list[Path]:
        """Return the slides among these rows that have no thumbnail yet."""
        entries = [self.entries[row] for row in rows]
        return [e.path for e in entries if not e.folder and e.path not in self._pictures]

    def _changed(self, row: int) -> None:
        self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return how many entries there are."""
        return len(self.entries)

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return what Qt asks of an entry."""
        entry = self.entries[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry.path.name or str(entry.path)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{entry.path}\n{entry.problem}".strip()
        if role == Qt.ItemDataRole.DecorationRole:
            return self._pictures.get(entry.path)
        return entry if role == Qt.ItemDataRole.UserRole else None


class SlideDelegate(QStyledItemDelegate):
    """Draws a slide as a card and a folder as a row."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return the whole width; cards are as high as their picture needs."""
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        viewport = option.widget.viewport() if hasattr(option.widget, "viewport") else None
        width = viewport.width() if viewport is not None else 29 * GRID
        height = FOLDER_ROW if entry.folder else round(width * 0.56) + WORDS + GRID
        return QSize(width, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one entry."""
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._ground(painter, option)
        if entry.folder:
            self._folder(painter, option, entry)
        else:
            self._card(painter, option, entry, index.data(Qt.ItemDataRole.DecorationRole))
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if not (selected or hovered):
            return
        role = QPalette.ColorRole.Midlight if selected else QPalette.ColorRole.Light
        painter.setBrush(option.palette.color(role))
        focused = selected and bool(option.state & QStyle.StateFlag.State_HasFocus)
        accent = option.palette.color(QPalette.ColorRole.Highlight)
        painter.setPen(QPen(accent, 2) if focused else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(option.rect).adjusted(1, 1, -1, -1), 8, 8)

    def _folder(self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry) -> None:
        box: QRect = option.rect
        place = QRect(box.x() + GRID, box.y() + (box.height() - 20) // 2, 20, 20)
        icon("folder-outline", QPalette.ColorRole.PlaceholderText).paint(painter, place)
        painter.setPen(option.palette.color(QPalette.ColorRole.WindowText))
        words = box.adjusted(GRID + 28, 0, -GRID, 0)
        elided = painter.fontMetrics().elidedText(
            entry.path.name, Qt.TextElideMode.ElideMiddle, words.width()
        )
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), elided)

    def _card(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        entry: Entry,
        picture: QPixmap | None,
    ) -> None:
        box: QRect = option.rect.adjusted(GRID, GRID, -GRID, 0)
        frame = QRect(box.x(), box.y(), box.width(), box.height() - WORDS)
        path = QPainterPath()
        path.addRoundedRect(QRectF(frame), 6, 6)
        painter.fillPath(path, option.palette.color(QPalette.ColorRole.AlternateBase))
        if picture is not None:
            painter.save()
            painter.setClipPath(path)
            size = picture.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(0, 0, size.width(), size.height())
            place.moveCenter(frame.center())
            painter.drawPixmap(place, picture)
            painter.restore()
        else:
            glyph = "image-broken-variant" if entry.problem else "image-outline"
            centre = QRect(0, 0, 32, 32)
            centre.moveCenter(frame.center())
            icon(glyph, QPalette.ColorRole.Mid).paint(painter, centre)
        self._words(painter, option, entry, box)

    def _words(
        self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry, box: QRect
    ) -> None:
        palette = option.palette
        top = box.bottom() - WORDS + 6
        indent = 0
        if entry.opened:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(palette.color(QPalette.ColorRole.Highlight)))
            painter.drawEllipse(QRectF(box.x(), top + 6, 7, 7))
            indent = 14
        font = QFont(option.font)
        font.setWeight(QFont.Weight.Medium)
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        name = painter.fontMetrics().elidedText(
            entry.path.name, Qt.TextElideMode.ElideMiddle, box.width() - indent
        )
        painter.drawText(QRect(box.x() + indent, top, box.width() - indent, 18), 0, name)
        font = QFont(option.font)
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(tone(palette, "danger" if entry.problem else "muted"))
        caption = painter.fontMetrics().elidedText(
            entry.problem or entry.caption, Qt.TextElideMode.ElideRight, box.width()
        )
        painter.drawText(QRect(box.x(), top + 20, box.width(), 16), 0, caption)
