"""A picture with small things floating over its corners."""

from __future__ import annotations

from typing import Literal

from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QFrame, QWidget

from ssldiff_gui.widgets.tokens import GRID

Corner = Literal[
    "top left",
    "top centre",
    "top right",
    "bottom left",
    "bottom right",
    "above left",
    "above right",
]

MARGIN = GRID + 4
ABOVE = 6 * GRID


class Surface(QFrame):
    """Gives one widget all its room and lets others float over it.

    What floats has the size it asks for.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self._ground: QWidget | None = None
        self._floating: dict[QWidget, Corner] = {}

    def set_ground(self, widget: QWidget) -> None:
        """Put the picture in place."""
        self._ground = widget
        widget.setParent(self)
        widget.setGeometry(self.rect())
        widget.lower()
        widget.show()

    def add_floating(self, widget: QWidget, corner: Corner) -> None:
        """Let something float over a corner."""
        widget.setParent(self)
        self._floating[widget] = corner
        widget.installEventFilter(self)
        widget.raise_()
        self._place(widget)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep everything in its corner."""
        super().resizeEvent(event)
        if self._ground is not None:
            self._ground.setGeometry(self.rect())
        for widget in self._floating:
            self._place(widget)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow a floating part that grew or came into view."""
        kinds = (QEvent.Type.Show, QEvent.Type.LayoutRequest, QEvent.Type.Resize)
        if event.type() in kinds and isinstance(watched, QWidget) and watched in self._floating:
            self._place(watched)
        return super().eventFilter(watched, event)

    def _place(self, widget: QWidget) -> None:
        corner = self._floating[widget]
        hint = widget.sizeHint()
        fixed = widget.minimumSize() == widget.maximumSize()
        size = widget.size() if fixed else hint
        if widget.size() != size:
            widget.resize(size)
        right, bottom = self.width() - size.width() - MARGIN, self.height() - size.height() - MARGIN
        place = {
            "top left": (MARGIN, MARGIN),
            "top centre": ((self.width() - size.width()) // 2, MARGIN),
            "top right": (right, MARGIN),
            "bottom left": (MARGIN, bottom),
            "bottom right": (right, bottom),
            "above left": (MARGIN, bottom - ABOVE),
            "above right": (right, bottom - ABOVE),
        }[corner]
        widget.move(*place)
