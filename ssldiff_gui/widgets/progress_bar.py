"""A progress bar that waits its turn to be painted."""

from __future__ import annotations

from qtpy.QtWidgets import QProgressBar


class ProgressBar(QProgressBar):
    """A QProgressBar without text that never paints in the middle of an act.

    Qt's own repaints at once with each value, and in a window with OpenGL views that is a whole
    frame of all of them, for every word about the progress.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setTextVisible(False)

    def setValue(self, value: int) -> None:
        """Show a value with the next frame."""
        self.setUpdatesEnabled(False)
        super().setValue(value)
        self.setUpdatesEnabled(True)
