"""A small panel that opens beside what was pressed, and goes at a press elsewhere."""

from __future__ import annotations

from typing import Literal

from qtpy.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from qtpy.QtGui import QKeyEvent, QMouseEvent, QPaintEvent
from qtpy.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from ssldiff_gui.widgets.overlay import Overlay
from ssldiff_gui.widgets.tokens import GRID

Side = Literal["above", "below"]


class Popover(Overlay):
    """Holds one widget in a frame at the edge of another.

    Esc and a press beside it close it; Tab stays within; the focus goes back where it was.

    Parameters
    ----------
    window
        What it may cover.
    content
        What it shows.
    side
        On which side of its anchor it opens.
    """

    closed = Signal()

    def __init__(self, window: QWidget, content: QWidget, side: Side = "below") -> None:
        super().__init__(window)
        self.content = content
        self._side: Side = side
        self._anchor: QWidget | None = None
        self._focus: QWidget | None = None
        self.frame = QFrame(self)
        self.frame.setObjectName("popover")
        self.frame.installEventFilter(self)
        column = QVBoxLayout(self.frame)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.addWidget(content)
        content.show()  # with the popover; it may have been hidden until now
        self.setAccessibleName(content.accessibleName())

    def open_at(self, anchor: QWidget) -> None:
        """Show it beside a widget, or close it when it is open."""
        if self.isVisible():
            self.dismiss()
            return
        self._anchor, self._focus = anchor, QApplication.focusWidget()
        self.cover()
        fields = self._fields()
        (fields[0] if fields else self).setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Hide it and give the focus back."""
        if not self.isVisible():
            return
        self.hide()
        if self._focus is not None and self._focus.isVisible():
            self._focus.setFocus(Qt.FocusReason.PopupFocusReason)
        self._focus = None
        self.closed.emit()

    def place(self) -> None:
        """Lie beside the anchor, wholly within the window."""
        if self._anchor is None:
            return
        layout = self.frame.layout()
        assert layout is not None  # noqa: S101
        layout.invalidate()
        width = min(layout.sizeHint().width(), self.width() - 2 * GRID)
        wraps = layout.hasHeightForWidth()
        height = layout.totalHeightForWidth(width) if wraps else layout.sizeHint().height()
        height = min(height, self.height() - 2 * GRID)
        box = QRect(self._anchor.mapTo(self._below, QPoint(0, 0)), self._anchor.size())
        y = box.bottom() + GRID // 2 if self._side == "below" else box.top() - GRID // 2 - height
        right = max(GRID, self.width() - GRID - width)
        x = box.left() if box.left() + width <= self.width() - GRID else box.right() - width + 1
        bottom = max(GRID, self.height() - GRID - height)
        self.frame.setGeometry(min(max(x, GRID), right), min(max(y, GRID), bottom), width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow what it shows when that grows."""
        if watched is self.frame and event.type() == QEvent.Type.LayoutRequest:
            self.place()
        return super().eventFilter(watched, event)

    def _fields(self) -> list[QWidget]:
        """Return what Tab goes through, in order."""
        start: QWidget = self.frame
        found, widget = [], start.nextInFocusChain()
        while widget is not None and widget is not start:
            takes = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isEnabled()
            if takes and self.frame.isAncestorOf(widget) and widget.isVisibleTo(self.frame):
                found.append(widget)
            widget = widget.nextInFocusChain()
        return found

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Keep Tab within what is shown."""
        fields, now = self._fields(), QApplication.focusWidget()
        if not fields:
            return True
        place = fields.index(now) if now in fields else (-1 if forward else 0)
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        fields[(place + (1 if forward else -1)) % len(fields)].setFocus(reason)
        return True

    def event(self, event: QEvent) -> bool:
        """Keep the window's shortcuts away while it is open."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Esc; keep all other keys from what lies below."""
        event.accept()
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close when the press is beside it."""
        if not self.frame.geometry().contains(event.position().toPoint()):
            self.dismiss()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Leave what lies below as it is."""
