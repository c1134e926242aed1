"""The list of annotations: swatch, name, class and size of each; thousands are no burden."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from qtpy.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from qtpy.QtGui import QColor, QFont, QPainter, QPalette, QPen
from qtpy.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ssldiff_gui.core.annotations import READ_ONLY_KINDS, Annotation
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.state.editor import AnnotationEditor, Change
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.tokens import GRID, SMALL
from ssldiff_gui.widgets.tones import tone

ROW = 48

_Index = QModelIndex | QPersistentModelIndex
SizeText = Callable[[Annotation], str]


def no_size(_: Annotation) -> str:
    """Say nothing about a size."""
    return ""


class AnnotationModel(QAbstractListModel):
    """Rows of what a person drew or imported; detections by the thousand are only counted."""

    failed = Signal(object)
    """A UserError: the name could not be changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._editor: AnnotationEditor | None = None
        self._size_text: SizeText = no_size
        self.rows: list[Annotation] = []
        self._places: dict[UUID, int] = {}
        self.detections = 0

    def show(self, editor: AnnotationEditor | None, size_text: SizeText = no_size) -> None:
        """Show the annotations of another scene, or none."""
        if self._editor is not None:
            self._editor.changed.disconnect(self.follow)
        self._editor, self._size_text = editor, size_text
        if editor is not None:
            editor.changed.connect(self.follow)
        self._reload()

    def follow(self, change: Change) -> None:
        """Show what became different."""
        if change.added or change.removed or change.classes or change.scale:
            self._reload()
            return
        assert self._editor is not None  # noqa: S101
        for identity in change.replaced:
            row, now = self._places.get(identity), self._editor.get(identity)
            if row is not None and now is not None:
                self.rows[row] = now
                self.dataChanged.emit(self.index(row), self.index(row))

    def _reload(self) -> None:
        self.beginResetModel()
        everything = () if self._editor is None else self._editor.annotations
        self.rows = [a for a in everything if a.kind not in READ_ONLY_KINDS]
        self.detections = len(everything) - len(self.rows)
        self._places = {annotation.id: row for row, annotation in enumerate(self.rows)}
        self.endResetModel()

    def row_of(self, identity: UUID) -> int | None:
        """Return the row of an annotation, or None."""
        return self._places.get(identity)

    def colour(self, annotation: Annotation) -> QColor:
        """Return the colour an annotation is shown in."""
        assert self._editor is not None  # noqa: S101
        return QColor(*self._editor.colour_of(annotation))

    def caption(self, annotation: Annotation) -> str:
        """Return the second line: class and size."""
        # Of a size in pixels, on the specimen and as an area, the second says most in a line.
        sizes = self._size_text(annotation).split(" · ")
        size = sizes[1] if len(sizes) > 2 else sizes[0]
        parts = (annotation.class_name if annotation.name else "", size)
        return " · ".join(part for part in parts if part)

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return how many annotations are listed."""
        return len(self.rows)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Let names be changed in place."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return what Qt asks of an annotation."""
        if not 0 <= index.row() < len(self.rows):
            return None
        annotation = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return annotation.title
        if role == Qt.ItemDataRole.EditRole:
            return annotation.name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            locked = ", locked" if annotation.locked else ""
            return f"{annotation.title}{locked}\n{self.caption(annotation)}".strip()
        return annotation if role == Qt.ItemDataRole.UserRole else None

    def setData(self, index: _Index, value: object, role: int = 2) -> bool:
        """Rename an annotation, as one step that can be undone."""
        if role != Qt.ItemDataRole.EditRole or self._editor is None:
            return False
        annotation = self.rows[index.row()]
        try:
            self._editor.rename(annotation.id, str(value).strip())
        except UserError as error:
            self.failed.emit(error)
            return False
        self._editor.history.seal()
        return True


class AnnotationDelegate(QStyledItemDelegate):
    """Draws one annotation in two lines."""

    def __init__(self, model: AnnotationModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return one row's height."""
        return QSize(10 * GRID, ROW)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        """Return the field in which a name is changed."""
        field = QLineEdit(parent)
        field.setAccessibleName("Name of the annotation")
        field.setPlaceholderText("Name")
        return field

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        """Lay the field over the name."""
        box: QRect = option.rect
        editor.setGeometry(box.x() + 32, box.y() + 8, box.width() - 40, 32)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        """Hand the new name on."""
        if isinstance(editor, QLineEdit) and editor.text() != index.data(Qt.ItemDataRole.EditRole):
            model.setData(self._model.index(index.row()), editor.text(), Qt.ItemDataRole.EditRole)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one annotation."""
        annotation: Annotation = index.data(Qt.ItemDataRole.UserRole)
        box: QRect = option.rect
        palette: QPalette = option.palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.setBrush(self._model.colour(annotation))
        painter.drawRoundedRect(QRectF(box.x() + 10.5, box.y() + 9.5, 13, 13), 4, 4)
        words = box.adjusted(34, 6, -(32 if annotation.locked else GRID), 0)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.Medium)
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        self._line(painter, QRect(words.x(), words.y(), words.width(), 19), annotation.title)
        font = QFont(option.font)
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(tone(palette, "muted"))
        second = QRect(words.x(), words.y() + 19, words.width(), 17)
        self._line(painter, second, self._model.caption(annotation))
        if annotation.locked:
            place = QRect(box.right() - 26, box.y() + (ROW - 16) // 2, 16, 16)
            icon("lock", QPalette.ColorRole.PlaceholderText).paint(painter, place)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if not (selected or hovered):
            return
        role = QPalette.ColorRole.Midlight if selected else QPalette.ColorRole.Light
        painter.setPen(Qt.PenStyle.NoPen)
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Highlight), 2))
        painter.setBrush(option.palette.color(role))
        painter.drawRoundedRect(QRectF(option.rect).adjusted(1, 1, -1, -1), 6, 6)

    def _line(self, painter: QPainter, box: QRect, text: str) -> None:
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), shown)
