"""The word that no synthetic picture is shown without, on the host's canvas."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget

from ssldiff_gui.widgets.synthetic_badge import SyntheticBadge
from ssldiff_gui.widgets.tokens import GRID


class CanvasBadge(QObject):
    """Keeps the badge in the upper right corner, where the synthetic picture is.

    Parameters
    ----------
    canvas
        The widget of the host's canvas; None where there is none.
    """

    def __init__(self, canvas: QWidget | None) -> None:
        super().__init__()
        self._canvas = canvas
        self.badge: SyntheticBadge | None = None
        if canvas is not None:
            canvas.installEventFilter(self)

    def show(self, *, wanted: bool) -> None:
        """Show the badge while something synthetic is in the viewer."""
        if not wanted:
            badge, self.badge = self.badge, None
            if badge is not None:
                badge.setParent(None)
                badge.deleteLater()
        elif self.badge is None and self._canvas is not None:
            self.badge = SyntheticBadge(self._canvas)
            self._place()
            self.badge.show()

    def close(self) -> None:
        """Take it away."""
        try:
            self.show(wanted=False)
            if self._canvas is not None:
                self._canvas.removeEventFilter(self)
        except RuntimeError:  # the canvas is gone, and the badge with it
            self.badge = None
        self._canvas = None

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Follow the canvas's size."""
        del watched
        if event is not None and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        if self.badge is not None and self._canvas is not None:
            self.badge.move(self._canvas.width() - self.badge.width() - GRID, GRID)
