"""Draws a result's card: picture, words, what it is and how far."""

from __future__ import annotations

from qtpy.QtCore import QAbstractItemModel, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPainterPath, QPalette, QPen, QPixmap
from qtpy.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.result_card import (
    Index,
    ResultCard,
    ResultModel,
    likeness_text,
    second_line,
    third_line,
)
from ssldiff_gui.widgets.tokens import DARK, GRID, SMALL
from ssldiff_gui.widgets.tones import muted, tone

WORDS = 16 * GRID
"""Room for words beside the picture."""
LEAST_PICTURE = 12 * GRID
GAP = GRID
"""Between two cards."""
ENOUGH = 0.75
"""A likeness below this is said in the warning colour."""

_Role = QPalette.ColorRole
_MIDDLE = int(Qt.AlignmentFlag.AlignVCenter)


def card_size(height: int) -> QSize:
    """Return how large a card is in a row of some height."""
    side = max(LEAST_PICTURE, height - 2 * GRID)
    return QSize(GRID + side + GRID + WORDS + GRID + GAP, side + 2 * GRID)


class ResultDelegate(QStyledItemDelegate):
    """Draws cards, and lets their names be changed in place."""

    def __init__(self, model: ResultModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.height = LEAST_PICTURE + 2 * GRID

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return one size for all."""
        return card_size(self.height)

    def picture_box(self, card: QRect) -> QRect:
        """Return where a card's picture is."""
        side = card_size(self.height).height() - 2 * GRID
        return QRect(card.x() + GRID, card.y() + GRID, side, side)

    def star_box(self, card: QRect) -> QRect:
        """Return where a card's star is pressed: at its lower right."""
        side = 4 * GRID
        right, bottom = card.right() + 1 - GAP, card.y() + card_size(self.height).height()
        return QRect(right - side, bottom - side, side, side)

    def name_box(self, card: QRect) -> QRect:
        """Return where a card's name is."""
        picture = self.picture_box(card)
        left = picture.right() + 1 + GRID
        return QRect(left, card.y() + GRID, WORDS, 20)

    # -- changing a name -------------------------------------------------------------------------

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Return the field in which a name is changed."""
        field = QLineEdit(parent)
        field.setAccessibleName("Name of the result")
        return field

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Lay the field over the name."""
        box = self.name_box(option.rect)
        editor.setGeometry(box.adjusted(-GRID, -5, GRID // 2, 5))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Hand the new name on."""
        if isinstance(editor, QLineEdit):
            found = self._model.index(index.row())
            self._model.setData(found, editor.text(), Qt.ItemDataRole.EditRole)

    # -- drawing ---------------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one card."""
        card: ResultCard | None = index.data(Qt.ItemDataRole.UserRole)
        if card is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._ground(painter, option, card)
        self._picture(painter, option, card)
        self._words(painter, option, card)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, card: ResultCard) -> None:
        palette = option.palette
        box = QRectF(option.rect).adjusted(1, 1, -1 - GAP, -1)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        ground = "selection" if selected else "hover" if hovered else "raised"
        painter.setBrush(tone(palette, ground))
        pen = QPen(tone(palette, "line"), 1)
        if card.id == self._model.current:
            pen = QPen(palette.color(_Role.Highlight), 2)
        elif card.id == self._model.compared:
            pen = QPen(palette.color(_Role.Highlight), 2, Qt.PenStyle.DashLine)
        elif selected and option.state & QStyle.StateFlag.State_HasFocus:
            pen = QPen(palette.color(_Role.WindowText), 2)
        painter.setPen(pen)
        painter.drawRoundedRect(box, 8, 8)

    def _picture(self, painter: QPainter, option: QStyleOptionViewItem, card: ResultCard) -> None:
        frame = self.picture_box(option.rect)
        path = QPainterPath()
        path.addRoundedRect(QRectF(frame), 5, 5)
        painter.fillPath(path, option.palette.color(_Role.AlternateBase))
        pixmap = self._model.pixmap(card.id)
        if card.status == "failed":
            self._glyph(painter, frame, "alert-circle-outline", _Role.BrightText)
        elif pixmap is None:
            self._glyph(painter, frame, "image-outline", _Role.Mid)
        else:
            painter.save()
            painter.setClipPath(path)
            painter.drawPixmap(frame, pixmap, _middle_square(pixmap))
            painter.restore()
        if card.status != "failed":
            self._badge(painter, frame)
        if card.status in ("rendering", "partial"):
            self._progress(painter, option, frame, card)
        self._letter(painter, option, frame, card)

    def _glyph(self, painter: QPainter, frame: QRect, name: str, role: QPalette.ColorRole) -> None:
        place = QRect(0, 0, 32, 32)
        place.moveCenter(frame.center())
        icon(name, role).paint(painter, place)

    def _badge(self, painter: QPainter, frame: QRect) -> None:
        """Say on the picture itself that it is synthetic; one look on every theme."""
        box = QRect(frame.x() + 4, frame.y() + 4, 22, 22)
        ground = QColor(DARK.canvas)
        ground.setAlpha(225)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(box), 5, 5)
        icon("flag-variant", colour=DARK.synthetic).paint(painter, box.adjusted(4, 4, -4, -4))

    def _letter(
        self, painter: QPainter, option: QStyleOptionViewItem, frame: QRect, card: ResultCard
    ) -> None:
        """Mark the two that are compared as A and B."""
        model = self._model
        if not model.compared or card.id not in (model.current, model.compared):
            return
        box = QRect(frame.right() - 25, frame.y() + 4, 22, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(option.palette.color(_Role.Highlight))
        painter.drawRoundedRect(QRectF(box), 5, 5)
        painter.setFont(_font(option, SMALL, QFont.Weight.DemiBold))
        painter.setPen(option.palette.color(_Role.HighlightedText))
        letter = "A" if card.id == model.current else "B"
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), letter)

    def _progress(
        self, painter: QPainter, option: QStyleOptionViewItem, frame: QRect, card: ResultCard
    ) -> None:
        track = QRectF(frame.x() + 6, frame.bottom() - 9, frame.width() - 12, 4)
        ground = QColor(DARK.canvas)
        ground.setAlpha(225)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(track.adjusted(-2, -2, 2, 2), 4, 4)
        part = min(max(card.progress or 0.0, 0.0), 1.0)
        done = QRectF(track.x(), track.y(), max(4.0, track.width() * part), track.height())
        painter.setBrush(QColor(DARK.accent if card.status == "rendering" else DARK.muted))
        painter.drawRoundedRect(done, 2, 2)

    def _words(self, painter: QPainter, option: QStyleOptionViewItem, card: ResultCard) -> None:
        box, name = option.rect, self.name_box(option.rect)
        painter.setFont(_font(option, option.font.pixelSize(), QFont.Weight.DemiBold))
        painter.setPen(option.palette.color(_Role.WindowText))
        _line(painter, name, card.name)
        self._star(painter, option, card)
        painter.setFont(_font(option, SMALL, QFont.Weight.Normal))
        width = name.width()
        if card.status == "failed":
            painter.setPen(option.palette.color(_Role.BrightText))
            lines = QRect(
                name.x(), name.bottom() + 4, width, box.bottom() - name.bottom() - 2 * GRID
            )
            flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop
            painter.drawText(lines, int(flags), _clipped(painter, second_line(card), lines))
            return
        painter.setPen(muted(option.palette))
        _line(painter, QRect(name.x(), name.bottom() + 3, width, 18), second_line(card))
        _line(painter, QRect(name.x(), name.bottom() + 22, width, 18), third_line(card))
        self._likeness(painter, option, card, QRect(name.x(), name.bottom() + 42, width, 18))

    def _star(self, painter: QPainter, option: QStyleOptionViewItem, card: ResultCard) -> None:
        box = self.star_box(option.rect).adjusted(7, 7, -7, -7)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if card.starred:
            icon("star", _Role.Link).paint(painter, box)
        elif hovered or selected:
            icon("star-outline", _Role.PlaceholderText).paint(painter, box)

    def _likeness(
        self, painter: QPainter, option: QStyleOptionViewItem, card: ResultCard, box: QRect
    ) -> None:
        text = likeness_text(card)
        if not text or card.likeness is None:
            return
        enough = card.likeness >= ENOUGH
        colour = tone(option.palette, "good" if enough else "danger")
        glyph = "check-circle-outline" if enough else "alert-circle-outline"
        icon(glyph, colour=colour).paint(painter, QRect(box.x(), box.y() + 1, 16, 16))
        painter.setPen(option.palette.color(_Role.WindowText))
        _line(painter, box.adjusted(20, 0, 0, 0), text)


def _font(option: QStyleOptionViewItem, size: int, weight: QFont.Weight) -> QFont:
    font = QFont(option.font)
    font.setPixelSize(size if size > 0 else 13)
    font.setWeight(weight)
    return font


def _line(painter: QPainter, box: QRect, text: str) -> None:
    mode = Qt.TextElideMode.ElideRight
    painter.drawText(box, _MIDDLE, painter.fontMetrics().elidedText(text, mode, box.width()))


def _clipped(painter: QPainter, text: str, box: QRect) -> str:
    """Return as much of a text as some lines hold."""
    lines = max(1, box.height() // painter.fontMetrics().lineSpacing())
    room = (box.width() - GRID) * lines
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)


def _middle_square(pixmap: QPixmap) -> QRect:
    """Return the largest square in the middle, so that every card is filled."""
    side = min(pixmap.width(), pixmap.height())
    return QRect((pixmap.width() - side) // 2, (pixmap.height() - side) // 2, side, side)
