"""Tables and headline numbers of a report."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ssldiff_gui.state.lab_reports import Headline, Table
from ssldiff_gui.widgets.controls import ElidedLabel, LabelType, hairline, label
from ssldiff_gui.widgets.tokens import GRID

MOST_ROWS = 60
NARROWEST = 22 * GRID
SENTENCE = 32
"""Longer texts than these are wrapped, not cut."""


class HeadlineCard(QFrame):
    """One number, large, with its interval and what it is."""

    def __init__(self, headline: Headline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        name = ElidedLabel("small")
        name.setText(headline.name)
        value = ElidedLabel("title")
        value.setText(headline.text)
        rest = ElidedLabel("small")
        interval = f"95 %: {headline.interval}" if headline.interval else ""
        rest.setText(" · ".join(part for part in (interval, headline.note) if part))
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID + 4, GRID, GRID + 4, GRID)
        column.setSpacing(0)
        for part in (name, value, rest):
            column.addWidget(part)
        self.setToolTip(headline.note)
        self.setAccessibleName(f"{headline.name}: {headline.text} {interval}".strip())


class Headlines(QWidget):
    """Headline numbers side by side, as many in a row as there is room for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Headline, ...] = ()
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GRID)
        self.cards: list[HeadlineCard] = []

    def show_headlines(self, headlines: Sequence[Headline]) -> None:
        """Show other numbers."""
        if tuple(headlines) == self._shown:
            return
        self._shown = tuple(headlines)
        for card in self.cards:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = [HeadlineCard(headline, self) for headline in headlines]
        self.setVisible(bool(headlines))
        self._columns = 0
        self._arrange()

    def resizeEvent(self, event: object) -> None:
        """Take as many in a row as fit."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._arrange()

    def _arrange(self) -> None:
        fit = max(1, (self.width() + GRID) // (NARROWEST + GRID))
        columns = max(1, min(fit, len(self.cards)))
        if columns == self._columns:
            return
        for column in range(max(columns, self._columns)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._columns = columns
        for place, card in enumerate(self.cards):
            self._grid.addWidget(card, place // columns, place % columns)
            card.show()


class TableCard(QFrame):
    """A table: words to the left, numbers to the right."""

    def __init__(self, table: Table, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName(table.title or "Table")
        self._words = [column for column in range(1, _width(table)) if _is_words(table, column)]
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(4)
        row = 0
        if any(table.columns):
            for column, title in enumerate(table.columns):
                grid.addWidget(self._cell(title, "small", column), row, column)
            grid.addWidget(hairline(), row + 1, 0, 1, max(1, len(table.columns)))
            row += 2
        for cells in table.rows[:MOST_ROWS]:
            for column, text in enumerate(cells):
                grid.addWidget(self._cell(text, "body", column), row, column)
            row += 1
        grid.setColumnStretch(0, 2)
        for column in range(1, _width(table)):
            grid.setColumnStretch(column, 4 if column in self._words else 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(2 * GRID, GRID + 4, 2 * GRID, GRID + 4)
        outer.setSpacing(GRID)
        if table.title:
            outer.addWidget(label(table.title, "heading", wrap=True))
        outer.addLayout(grid)
        if table.note:
            outer.addWidget(label(table.note, "small", wrap=True))
        if len(table.rows) > MOST_ROWS:
            rest = len(table.rows) - MOST_ROWS
            outer.addWidget(label(f"And {rest:,} more rows in the file.", "small"))

    def _cell(self, text: str, kind: LabelType, column: int) -> QLabel:
        if column in self._words:
            return label(text, "small", wrap=True)
        made = ElidedLabel(kind)
        made.setText(text)
        side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
        top = Qt.AlignmentFlag.AlignTop if self._words else Qt.AlignmentFlag.AlignVCenter
        made.setAlignment(side | top)
        return made


def _width(table: Table) -> int:
    return max([len(table.columns), *map(len, table.rows)], default=1)


def _is_words(table: Table, column: int) -> bool:
    """Whether a column holds sentences."""
    return any(len(row) > column and len(row[column]) > SENTENCE for row in table.rows)
