"""Exporting: what, as which file, how large; synthetic is always said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import label, push_button
from ssldiff_gui.widgets.option_card import OptionCard
from ssldiff_gui.widgets.synthetic_note import SyntheticNote
from ssldiff_gui.widgets.tokens import GRID

ExportWhat = Literal["region", "canvas", "figure", "grid", "annotations"]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A kind of file.

    Parameters
    ----------
    key
        What a choice names it by: "ome-tiff".
    title
        What people call it.
    suffix
        With its dot: ".ome.tif".
    text
        Who reads it and what it keeps, in a sentence.
    levels
        Whether a resolution can be chosen.
    """

    key: str
    title: str
    suffix: str
    text: str
    levels: bool = True


@dataclass(frozen=True, slots=True)
class ExportLevel:
    """A resolution: how large the picture is then, and a pixel of it ("0.5 µm per pixel")."""

    level: int
    width: int
    height: int
    pixel: str = ""


@dataclass(frozen=True, slots=True)
class ExportOffer:
    """One thing that can be exported.

    Parameters
    ----------
    what
        Its kind.
    title
        What people call it.
    note
        Its size or name, in a line: "4,096 × 3,072 px".
    formats
        Files it can become, the most useful first.
    levels
        Resolutions; empty when there is no choice.
    name
        A file name without suffix.
    missing
        Why it cannot be exported now; empty when it can.
    synthetic
        How it is marked, in a sentence; empty for what is not synthetic.
    """

    what: ExportWhat
    title: str
    note: str = ""
    formats: tuple[ExportFormat, ...] = ()
    levels: tuple[ExportLevel, ...] = ()
    name: str = "export"
    missing: str = ""
    synthetic: str = ""


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What is to be written, and where; no path while it is still being chosen."""

    what: ExportWhat
    format: str
    suffix: str
    level: int = 0
    path: Path | None = None


AskPath = Callable[[Path, ExportFormat], Path | None]
"""Asks where to, given a suggestion; None when the person thinks better of it."""

GLYPHS: dict[ExportWhat, str] = {
    "region": "crop",
    "canvas": "image-outline",
    "figure": "compare",
    "grid": "view-grid-outline",
    "annotations": "shape-outline",
}
WIDTH = 88 * GRID


class ExportDialog(QDialog):
    """Offers what there is; stays beside the work until a file is chosen.

    Parameters
    ----------
    ask
        Asks for the file.
    folder
        Where files are suggested.
    """

    changed = Signal(object)
    """An ExportChoice without path: whoever knows answers with `show_estimate`."""
    decided = Signal(object)
    """An ExportChoice with its path."""

    def __init__(self, ask: AskPath, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setAccessibleName("Export")
        self._ask, self._folder = ask, folder
        self._offers: tuple[ExportOffer, ...] = ()
        self.cards: dict[ExportWhat, OptionCard] = {}
        self._group = QButtonGroup(self)
        self._group.buttonClicked.connect(lambda _: self._show_offer())
        self._build()

    def _build(self) -> None:
        self._list = QVBoxLayout()
        self._list.setSpacing(GRID)
        left = QVBoxLayout()
        left.setSpacing(GRID)
        left.addLayout(self._list)
        left.addStretch(1)
        body = QHBoxLayout()
        body.setSpacing(3 * GRID)
        body.addLayout(left, 5)
        body.addWidget(self._details(), 6)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        column.setSpacing(2 * GRID)
        column.addWidget(label("Export", "title"))
        column.addLayout(body, 1)
        column.addLayout(self._buttons())
        self.setMinimumWidth(WIDTH)

    def _details(self) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        self.formats = QComboBox()
        self.formats.setAccessibleName("Format")
        _let_shrink(self.formats)
        self.formats.currentIndexChanged.connect(self._show_format)
        self.format_text = label("", "muted", wrap=True)
        self.format_text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.format_text.setMinimumHeight(5 * GRID)
        self.levels = QComboBox()
        self.levels.setAccessibleName("Resolution")
        _let_shrink(self.levels)
        self.levels.currentIndexChanged.connect(self._say_change)
        self._level_title = label("Resolution", "heading")
        self.mark = SyntheticNote()
        column = QVBoxLayout(card)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(label("Format", "heading"))
        column.addWidget(self.formats)
        column.addWidget(self.format_text)
        column.addSpacing(GRID)
        column.addWidget(self._level_title)
        column.addWidget(self.levels)
        column.addStretch(1)
        column.addWidget(self.mark)
        return card

    def _buttons(self) -> QHBoxLayout:
        self.estimate = label("", "muted")
        cancel = push_button("Cancel")
        cancel.clicked.connect(self.reject)
        self.export_button = push_button("Export…", "primary")
        self.export_button.setDefault(True)
        self.export_button.clicked.connect(self._decide)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.estimate, 1)
        row.addWidget(cancel)
        row.addWidget(self.export_button)
        return row

    def showEvent(self, event: QShowEvent) -> None:
        """Let the arrow keys go through what can be exported."""
        super().showEvent(event)
        taken = self._group.checkedButton()
        if taken is not None:
            taken.setFocus()

    # -- what is shown ---------------------------------------------------------------------------

    def show_offers(self, offers: Sequence[ExportOffer], chosen: ExportWhat | None = None) -> None:
        """Offer these.

        Parameters
        ----------
        offers
            In the order in which they are listed.
        chosen
            Which one is taken first; the first that is possible when None.
        """
        self._offers = tuple(offers)
        for card in self.cards.values():
            self._group.removeButton(card)
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = {}
        for offer in self._offers:
            card = OptionCard(GLYPHS[offer.what], offer.title, offer.missing or offer.note)
            card.setEnabled(not offer.missing)
            self._group.addButton(card)
            self._list.addWidget(card)
            self.cards[offer.what] = card
        possible = [offer.what for offer in self._offers if not offer.missing]
        taken = chosen if chosen in possible else next(iter(possible), None)
        if taken is not None:
            self.cards[taken].setChecked(True)
        self._show_offer()

    def show_estimate(self, words: str) -> None:
        """Say how large the file becomes: "about 38 MB"."""
        self.estimate.setText(words)

    @property
    def offer(self) -> ExportOffer | None:
        """What is taken."""
        taken = (o for o in self._offers if self.cards[o.what].isChecked())
        return next(taken, None)

    @property
    def format(self) -> ExportFormat | None:
        """The format that is taken."""
        offer, place = self.offer, self.formats.currentIndex()
        inside = offer is not None and 0 <= place < len(offer.formats)
        return offer.formats[place] if offer is not None and inside else None

    @property
    def choice(self) -> ExportChoice | None:
        """What would be exported now, without a path."""
        offer, kind = self.offer, self.format
        if offer is None or kind is None:
            return None
        place = self.levels.currentIndex() if kind.levels else -1
        level = offer.levels[place].level if 0 <= place < len(offer.levels) else 0
        return ExportChoice(offer.what, kind.key, kind.suffix, level)

    def _show_offer(self) -> None:
        offer = self.offer
        with QSignalBlocker(self.formats), QSignalBlocker(self.levels):
            self.formats.clear()
            self.levels.clear()
            for kind in offer.formats if offer else ():
                self.formats.addItem(f"{kind.title}  ({kind.suffix})")
            for level in offer.levels if offer else ():
                size = f"{level.width:,} × {level.height:,} px"
                self.levels.addItem(f"{size} · {level.pixel}" if level.pixel else size)
        self.mark.say(offer.synthetic if offer else "")
        self.export_button.setEnabled(offer is not None)
        self._show_format()

    def _show_format(self) -> None:
        offer, kind = self.offer, self.format
        self.format_text.setText(kind.text if kind else "")
        resolved = bool(offer and kind and kind.levels and offer.levels)
        self.levels.setVisible(resolved)
        self._level_title.setVisible(resolved)
        self._say_change()

    def _say_change(self) -> None:
        self.estimate.setText("")
        choice = self.choice
        if choice is not None:
            self.changed.emit(choice)

    def _decide(self) -> None:
        offer, kind, choice = self.offer, self.format, self.choice
        if offer is None or kind is None or choice is None:
            return
        path = self._ask(self._folder / f"{offer.name}{kind.suffix}", kind)
        if path is None:
            return
        self._folder = path.parent
        self.accept()
        self.decided.emit(replace(choice, path=path))


def _let_shrink(box: QComboBox) -> None:
    """Let a long title be cut rather than make the dialog wider."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(GRID)
