"""What lies over a whole window for a moment."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QColor, QPainter, QPaintEvent
from qtpy.QtWidgets import QWidget


class Overlay(QWidget):
    """A widget as large as the one below it, hidden until it covers it.

    Parameters
    ----------
    below
        What it lies over.
    """

    shade = 110
    """How much what lies below is darkened, 0–255."""

    def __init__(self, below: QWidget) -> None:
        super().__init__(below)
        self._below = below
        below.installEventFilter(self)
        self.hide()

    def cover(self) -> None:
        """Show it, above everything else."""
        self.setGeometry(self._below.rect())
        self.place()
        self.show()
        self.raise_()

    def place(self) -> None:
        """Arrange what it holds after a change of size."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Darken what lies below, so that the eye stays on what lies above."""
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, self.shade))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as what lies below."""
        if watched is self._below and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._below.rect())
            self.place()
        return super().eventFilter(watched, event)
