"""Short text over a picture: where the cursor is, how large a drawing is."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QWidget


class Readout(QLabel):
    """A line of text on a small plate; gone when there is nothing to say.

    Parameters
    ----------
    look
        "readout" for what is quiet, "measure" for what matters now.
    name
        What a screen reader calls it.
    """

    def __init__(self, look: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(look)
        self.setAccessibleName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def say(self, text: str) -> None:
        """Show a text, or go."""
        if text != self.text():
            self.setText(text)
            self.adjustSize()
        self.setVisible(bool(text))
