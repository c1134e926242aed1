"""What says, over a picture, which of the two pictures one is looking at."""

from __future__ import annotations

from typing import Literal

from qtpy.QtCore import QEvent, QObject, Signal
from qtpy.QtWidgets import QWidget

from ssldiff_gui.viewer.curtain_handle import CurtainHandle
from ssldiff_gui.widgets.synthetic_badge import GLYPH, WORD, Plate
from ssldiff_gui.widgets.tokens import GRID

TOP = GRID + 4
BESIDE = 3 * GRID
"""Distance of the plates from the top, and from the curtain's line."""

LEFT = 8 * GRID
FREE = 0.68
"""Left of the one float the tools, right of the other, as a share of the width, the overview."""

Shown = Literal["nothing", "curtain", "original", "synthetic", "difference"]


class CompareMarks(QObject):
    """The curtain's handle and the plates over one canvas.

    Parameters
    ----------
    canvas
        The native widget of the canvas.
    legend
        What the plate says while differences are shown.
    """

    moved = Signal(float)
    """Where the curtain is, as a share of the canvas's width."""

    def __init__(self, canvas: QWidget, legend: str) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._shown: Shown = "nothing"
        self.handle = CurtainHandle(canvas)
        self.original = Plate("Original", parent=canvas)
        self.synthetic = Plate(WORD, GLYPH, synthetic=True, parent=canvas)
        self.legend = Plate(legend, parent=canvas)
        self.handle.moved.connect(self._on_moved)
        canvas.installEventFilter(self)
        self.show("nothing")

    def show(self, shown: Shown) -> None:
        """Show what fits what one is looking at."""
        self._shown = shown
        self.original.setVisible(shown in ("curtain", "original"))
        self.synthetic.setVisible(shown in ("curtain", "synthetic", "difference"))
        self.legend.setVisible(shown == "difference")
        self.handle.setVisible(shown == "curtain")
        self._place()

    def close(self) -> None:
        """Take all off the canvas."""
        self._canvas.removeEventFilter(self)
        for part in (self.handle, self.original, self.synthetic, self.legend):
            part.hide()
            part.deleteLater()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep everything in its place."""
        if watched is self._canvas and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _on_moved(self, share: float) -> None:
        self._place()
        self.moved.emit(share)

    def _place(self) -> None:
        wide = self._canvas.width()
        if self._shown == "curtain":
            self._place_beside(round(self.handle.share * wide))
        elif self._shown == "difference":
            self.synthetic.move(LEFT, TOP)
            self.legend.move(LEFT + self.synthetic.width() + GRID, TOP)
        else:
            for plate in (self.original, self.synthetic):
                plate.move((wide - plate.width()) // 2, TOP)
        for part in (self.handle, self.original, self.synthetic, self.legend):
            part.raise_()

    def _place_beside(self, line: int) -> None:
        """Put a plate on either side of the line, where nothing else floats."""
        wide, grip = self._canvas.width(), (self._canvas.height() - self.synthetic.height()) // 2
        left = line - BESIDE - self.original.width()
        right = min(line + BESIDE, wide - self.synthetic.width() - GRID)
        free = left >= LEFT and right + self.synthetic.width() <= FREE * wide
        self.original.move(max(GRID, left), TOP if free else grip)
        self.synthetic.move(right, TOP if free else grip)
