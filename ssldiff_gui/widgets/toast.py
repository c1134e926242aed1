"""Short messages in the window's corner: what happened, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from qtpy.QtCore import QEvent, QObject, Qt, QTimer, Signal
from qtpy.QtGui import QAccessible, QAccessibleEvent, QEnterEvent, QGuiApplication, QPalette
from qtpy.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import label, push_button, tool_button
from ssldiff_gui.widgets.icons import Glyph
from ssldiff_gui.widgets.tokens import GRID

WIDTH, MOST = 360, 4
STAY_MS = {"error": 0, "info": 6000, "done": 4000}
"""How long a message stays; errors stay until they are dismissed."""

Level = Literal["error", "info", "done"]

_GLYPHS = {
    "error": ("alert-circle-outline", QPalette.ColorRole.BrightText),
    "info": ("information-outline", QPalette.ColorRole.Link),
    "done": ("check-circle-outline", QPalette.ColorRole.Link),
}


@dataclass(frozen=True, slots=True)
class Message:
    """What a toast says.

    Parameters
    ----------
    text
        What happened, in one sentence.
    hint
        What to do next.
    level
        How much it matters.
    details
        What "Copy details" puts on the clipboard; no button when empty.
    act
        Words of a button and what it does.
    """

    text: str
    hint: str = ""
    level: Level = "info"
    details: str = ""
    act: tuple[str, Callable[[], None]] | None = None


class Toast(QFrame):
    """One message; goes by itself unless it is an error or the pointer is on it."""

    gone = Signal(object)

    def __init__(self, message: Message, parent: QWidget) -> None:
        super().__init__(parent)
        self.message = message
        self.setObjectName("toast")
        self.setProperty("level", message.level)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(message.text)
        self.setAccessibleDescription(message.hint)
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self._count_down()

    def _build(self) -> None:
        glyph, role = _GLYPHS[self.message.level]
        mark = Glyph(glyph, 20, role)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(label(self.message.text, "heading", wrap=True))
        if self.message.hint:
            words.addWidget(label(self.message.hint, "muted", wrap=True))
        buttons = self._buttons()
        if buttons is not None:
            words.addLayout(buttons)
        self.close_button = tool_button("close", "Dismiss this message", size=16)
        self.close_button.setObjectName("dismiss")
        self.close_button.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID + 4, GRID + 4, GRID, GRID + 4)
        row.setSpacing(GRID + 4)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)

    def _buttons(self) -> QHBoxLayout | None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(GRID)
        if self.message.act is not None:
            words, act = self.message.act
            button = push_button(words)
            button.clicked.connect(self.dismiss)
            button.clicked.connect(act)
            row.addWidget(button)
        if self.message.details:
            self.copy_button = push_button("Copy details", glyph="content-copy")
            self.copy_button.clicked.connect(self._copy)
            row.addWidget(self.copy_button)
        row.addStretch(1)
        return row if row.count() > 1 else None

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.message.details)
        self.copy_button.setText("Copied")

    def dismiss(self) -> None:
        """Take the message away."""
        self._timer.stop()
        self.hide()
        self.gone.emit(self)

    def _count_down(self) -> None:
        stay = STAY_MS[self.message.level]
        if stay:
            self._timer.start(stay)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Wait while the pointer is here."""
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Count again."""
        self._count_down()
        super().leaveEvent(event)


class ToastStack(QObject):
    """Keeps messages one above the other in the lower right corner of a window.

    Parameters
    ----------
    window
        Where they are shown.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.shown: list[Toast] = []
        window.installEventFilter(self)

    def say(self, message: Message) -> Toast:
        """Show a message; the same one is not shown twice, and the oldest makes room."""
        for toast in self.shown:
            if (toast.message.text, toast.message.hint) == (message.text, message.hint):
                toast.raise_()
                return toast
        if len(self.shown) >= MOST:
            self.shown[0].dismiss()
        toast = Toast(message, self._window)
        shadow = QGraphicsDropShadowEffect(toast)
        shadow.setBlurRadius(24)
        shadow.setOffset(0, 4)
        toast.setGraphicsEffect(shadow)
        toast.gone.connect(self._on_gone)
        self.shown.append(toast)
        self._place()  # before it is seen: it must not flash in another corner
        toast.show()
        self._place()
        QAccessible.updateAccessibility(QAccessibleEvent(toast, QAccessible.Event.Alert))
        return toast

    def clear(self) -> None:
        """Dismiss all of them."""
        for toast in tuple(self.shown):
            toast.dismiss()

    def _on_gone(self, toast: Toast) -> None:
        if toast in self.shown:
            self.shown.remove(toast)
            toast.deleteLater()
            self._place()

    def _place(self) -> None:
        bottom = self._window.height() - 2 * GRID
        for toast in reversed(self.shown):
            height = toast.heightForWidth(WIDTH)
            toast.resize(WIDTH, height if height > 0 else toast.sizeHint().height())
            bottom -= toast.height()
            toast.move(self._window.width() - WIDTH - 2 * GRID, bottom)
            toast.raise_()
            bottom -= GRID

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner when the window changes its size."""
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)
