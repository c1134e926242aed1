"""Which versions this is, and whose work is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QGuiApplication, QPixmap
from qtpy.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import Segments, label, push_button
from ssldiff_gui.widgets.tokens import GRID

MARK = 8 * GRID


@dataclass(frozen=True, slots=True)
class LicencedPart:
    """Something that is in the program: a library, a typeface, a model.

    Parameters
    ----------
    name
        What it is called.
    licence
        SPDX identifier, or what its owners call it.
    version
        Empty when it has none.
    """

    name: str
    licence: str
    version: str = ""


class AboutDialog(QDialog):
    """Name and versions, and the licences of the parts.

    Parameters
    ----------
    title
        "SSLDiff Studio 0.1.0".
    text
        What it is, in a sentence.
    versions
        Pairs of what and which.
    parts
        What is in it.
    mark
        The program's icon.
    """

    copied = Signal(str)
    """What was put on the clipboard."""

    def __init__(
        self,
        title: str,
        text: str,
        versions: Sequence[tuple[str, str]],
        parts: Sequence[LicencedPart] = (),
        *,
        mark: QPixmap | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("About")
        self.setAccessibleName("About")
        self._title, self._versions = title, tuple(versions)
        self.pages = Segments(("Versions", "Licences"))
        self._stack = [self._facts([(name, value) for name, value in versions])]
        rows = [(f"{part.name} {part.version}".strip(), part.licence) for part in parts]
        self._stack.append(self._facts(rows))
        self.pages.chosen.connect(self._choose)
        self.copy_button = push_button("Copy versions", glyph="content-copy")
        self.copy_button.clicked.connect(self._copy)
        self.close_button = push_button("Close", "primary")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.accept)
        self._lay_out(title, text, mark)
        self._choose(0)

    def _lay_out(self, title: str, text: str, mark: QPixmap | None) -> None:
        head = QHBoxLayout()
        head.setSpacing(2 * GRID)
        if mark is not None:
            picture = QLabel()
            picture.setFixedSize(MARK, MARK)
            picture.setScaledContents(True)
            picture.setPixmap(mark)
            head.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(label(title, "title"))
        words.addWidget(label(text, "muted", wrap=True))
        words.addStretch(1)
        head.addLayout(words, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self.copy_button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        column.setSpacing(2 * GRID)
        column.addLayout(head)
        column.addWidget(self.pages)
        for page in self._stack:
            column.addWidget(page, 1)
        column.addLayout(buttons)
        self.resize(60 * GRID, 62 * GRID)

    def _facts(self, rows: Sequence[tuple[str, str]]) -> QScrollArea:
        page = QWidget()
        page.setObjectName("page")
        grid = QGridLayout(page)
        grid.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        grid.setHorizontalSpacing(3 * GRID)
        grid.setVerticalSpacing(GRID)
        for row, (name, value) in enumerate(rows):
            grid.addWidget(label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            shown = label(value, wrap=True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(shown, row, 1)
        grid.setRowStretch(len(rows), 1)
        grid.setColumnStretch(1, 1)
        area = QScrollArea()
        area.setObjectName("facts")
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        return area

    def _choose(self, page: int) -> None:
        for place, area in enumerate(self._stack):
            area.setVisible(place == page)

    @property
    def words(self) -> str:
        """What is copied: what a report of a problem needs."""
        return "\n".join([self._title, *(f"{name}: {value}" for name, value in self._versions)])

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.words)
        self.copy_button.setText("Copied")
        self.copied.emit(self.words)
