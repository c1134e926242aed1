"""A canvas from nothing: how large, and of what: words, a class, or an embedding."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QListWidget,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import ElidedLabel, Segments, label, push_button, tool_button
from ssldiff_gui.widgets.page import Section
from ssldiff_gui.widgets.palette_choice import PaletteChoice
from ssldiff_gui.widgets.shown import PaletteItem
from ssldiff_gui.widgets.tokens import GRID
from ssldiff_gui.widgets.word_field import WordField

Origin = Literal["text", "class", "palette", "blank"]

ORIGINS: tuple[Origin, ...] = ("text", "class", "palette", "blank")
MOST_CELLS = 1024
"""Most rows and most columns."""
MOST_SEED = 2**31 - 1
WIDTH = 68 * GRID


@dataclass(frozen=True, slots=True)
class CanvasOffer:
    """What one model draws.

    Parameters
    ----------
    id, title
        What a choice names it by, and what people call it.
    words
        Those its text may be made of; empty when it reads none.
    example
        A text it understands.
    classes
        Key and title of each class it knows.
    palette
        Embeddings that a canvas can be filled with.
    cell
        Side of a cell, in pixels of the canvas.
    pixel, unit
        Size of a pixel: 0.5 "µm"; None when there is no scale.
    guidance
        What suits it.
    blank
        What to do on an empty canvas of it; "" when there is nothing to do.
    """

    id: str
    title: str
    words: tuple[str, ...] = ()
    example: str = ""
    classes: tuple[tuple[str, str], ...] = ()
    palette: tuple[PaletteItem, ...] = ()
    cell: int = 32
    pixel: float | None = None
    unit: Literal["µm", "m"] = "µm"
    guidance: float = 1.5
    blank: str = ""


@dataclass(frozen=True, slots=True)
class CanvasChoice:
    """What is to be drawn."""

    model: str
    rows: int
    columns: int
    origin: Origin
    text: str = ""
    label: str = ""
    palette: str = ""
    seed: int = 0
    guidance: float = 1.5


def extent_words(offer: CanvasOffer, rows: int, columns: int) -> str:
    """Return how large a canvas becomes, in pixels and on the specimen or the ground."""
    width, height = columns * offer.cell, rows * offer.cell
    pixels = f"{width:,} × {height:,} px"
    if offer.pixel is None:
        return pixels
    return f"{pixels} · {_length(width * offer.pixel, height * offer.pixel, offer.unit)}"


def _length(width: float, height: float, unit: str) -> str:
    step, name = (1000.0, "mm" if unit == "µm" else "km")
    if max(width, height) < step:
        return f"{width:.0f} × {height:.0f} {unit}"
    return f"{width / step:.2f} × {height / step:.2f} {name}"


class NewCanvasDialog(QDialog):
    """Asks what a new canvas shows; says each change, so that its cost can be told."""

    changed = Signal(object)
    """A CanvasChoice: whoever knows answers with `show_cost`."""
    decided = Signal(object)
    """A CanvasChoice to draw."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New canvas")
        self.setAccessibleName("New canvas")
        self._offers: tuple[CanvasOffer, ...] = ()
        self._problem = ""
        self._build()
        self.show_offers(())

    def _build(self) -> None:
        self.models = QComboBox()
        self.models.setAccessibleName("Model")
        shrinks = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.models.setSizeAdjustPolicy(shrinks)  # a long title is cut
        self.models.setMinimumContentsLength(GRID)
        self.models.currentIndexChanged.connect(lambda _: self._show_offer())
        self._model_title = label("Model", "heading")
        self.origins = Segments(("From text", "From a class", "From the palette", "Blank"))
        self.origins.chosen.connect(self._choose_origin)
        self.words = WordField()
        self.words.changed.connect(self._say_change)
        self.words.accepted.connect(self._decide)
        self.classes = QListWidget()
        self.classes.setAccessibleName("Class")
        self.classes.currentRowChanged.connect(self._say_change)
        self.classes.itemDoubleClicked.connect(self._decide)
        self.palette_ = PaletteChoice()
        self.palette_.chosen.connect(self._say_change)
        self._pages = QStackedWidget()
        self.blank = label("", "muted", wrap=True)
        self.blank.setAlignment(Qt.AlignmentFlag.AlignTop)
        for page in (self.words, self.classes, self.palette_, self.blank):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        column.setSpacing(2 * GRID)
        column.addWidget(label("New canvas", "title"))
        column.addLayout(_group(self._model_title, self.models))
        column.addLayout(_group(label("What it shows", "heading"), self.origins, self._pages))
        column.addLayout(_group(label("Size", "heading"), self._size_row()))
        column.addWidget(self._more())
        column.addStretch(1)
        column.addLayout(self._buttons())
        self.setFixedWidth(WIDTH)

    def _size_row(self) -> QWidget:
        self.rows, self.columns = QSpinBox(), QSpinBox()
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for box, name in ((self.columns, "Columns"), (self.rows, "Rows")):
            box.setRange(1, MOST_CELLS)
            box.setValue(32)
            box.setAccessibleName(name)
            box.setFixedWidth(9 * GRID)
            box.setAlignment(Qt.AlignmentFlag.AlignCenter)
            box.valueChanged.connect(self._say_change)
        row.addWidget(self.columns)
        row.addWidget(label("columns ×", "muted"))
        row.addWidget(self.rows)
        row.addWidget(label("rows", "muted"))
        self.extent = label("", "muted")
        row.addStretch(1)
        row.addWidget(self.extent)
        holder = QWidget()
        holder.setLayout(row)
        return holder

    def _more(self) -> Section:
        self.more = Section("More", unfolded=False)
        self.seed = QLineEdit("0")
        self.seed.setAccessibleName("Seed")
        self.seed.setFixedWidth(16 * GRID)
        self.seed.textChanged.connect(self._say_change)
        self.dice = tool_button("dice-multiple-outline", "Another seed")
        self.dice.clicked.connect(lambda: self.seed.setText(str(secrets.randbelow(MOST_SEED))))
        self.guidance = QDoubleSpinBox()
        self.guidance.setRange(0, 20)
        self.guidance.setSingleStep(0.5)
        self.guidance.setDecimals(1)
        self.guidance.setAccessibleName("Guidance")
        self.guidance.setFixedWidth(9 * GRID)
        self.guidance.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.guidance.valueChanged.connect(self._say_change)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        seeds = QHBoxLayout()
        seeds.setSpacing(4)
        seeds.addWidget(self.seed)
        seeds.addWidget(self.dice)
        seeds.addStretch(1)
        grid.addWidget(label("Seed"), 0, 0)
        grid.addLayout(seeds, 0, 1)
        grid.addWidget(label("The same seed draws the same canvas.", "small"), 0, 2)
        grid.addWidget(label("Guidance"), 1, 0)
        grid.addWidget(self.guidance, 1, 1, Qt.AlignmentFlag.AlignLeft)
        told = label("Higher keeps closer to what is asked, with less variety.", "small", wrap=True)
        grid.addWidget(told, 1, 2)
        grid.setColumnStretch(2, 1)
        self.more.column.addLayout(grid)
        self.more.toggled.connect(lambda _: self.adjustSize())
        return self.more

    def _buttons(self) -> QHBoxLayout:
        self.cost = ElidedLabel("muted")
        cancel = push_button("Cancel")
        cancel.clicked.connect(self.reject)
        self.draw_button = push_button("Draw", "primary")
        self.draw_button.setDefault(True)
        self.draw_button.clicked.connect(self._decide)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.cost, 1)
        row.addWidget(cancel)
        row.addWidget(self.draw_button)
        return row

    # -- what is shown ---------------------------------------------------------------------------

    def show_offers(self, offers: Sequence[CanvasOffer], chosen: str = "") -> None:
        """Offer these models; the first is taken when none is named."""
        self._offers = tuple(offers)
        with QSignalBlocker(self.models):
            self.models.clear()
            self.models.addItems([offer.title for offer in offers])
            names = [offer.id for offer in offers]
            self.models.setCurrentIndex(names.index(chosen) if chosen in names else 0)
        for part in (self._model_title, self.models):
            part.setVisible(len(offers) > 1)
        self._show_offer()

    def show_cost(self, words: str, problem: str = "") -> None:
        """Say what drawing takes, or why it cannot be done."""
        self._problem = problem
        self.cost.setProperty("type", "danger" if problem else "muted")
        self.cost.style().unpolish(self.cost)
        self.cost.style().polish(self.cost)
        self.cost.setText(problem or words)
        self._enable()

    @property
    def offer(self) -> CanvasOffer | None:
        """The model that is taken."""
        place = self.models.currentIndex()
        return self._offers[place] if 0 <= place < len(self._offers) else None

    @property
    def origin(self) -> Origin:
        """Where the canvas comes from."""
        return ORIGINS[self._pages.currentIndex()]

    @property
    def choice(self) -> CanvasChoice | None:
        """What would be drawn now; None while something is missing."""
        offer, origin = self.offer, self.origin
        if offer is None:
            return None
        text = self.words.text if origin == "text" else ""
        place = self.classes.currentRow()
        known = origin == "class" and 0 <= place < len(offer.classes)
        name = offer.classes[place][0] if known else ""
        taken = self.palette_.id if origin == "palette" else ""
        seed = self.seed.text().strip()
        if not (text or name or taken or origin == "blank") or not (
            seed.isascii() and seed.isdigit()
        ):
            return None
        return CanvasChoice(
            offer.id, self.rows.value(), self.columns.value(), origin, text, name, taken,
            min(int(seed), 2**63 - 1), self.guidance.value(),
        )  # fmt: skip

    def _show_offer(self) -> None:
        offer = self.offer
        possible = (
            bool(offer and offer.words), bool(offer and offer.classes),
            bool(offer and offer.palette), bool(offer and offer.blank),
        )  # fmt: skip
        for place, there in enumerate(possible):
            self.origins.button(place).setEnabled(there)
        if not possible[self._pages.currentIndex()] and any(possible):
            self._set_origin(possible.index(True))
        with QSignalBlocker(self.classes), QSignalBlocker(self.guidance):
            self.classes.clear()
            self.classes.addItems([title for _, title in offer.classes] if offer else [])
            self.classes.setCurrentRow(0)
            self.guidance.setValue(offer.guidance if offer else 1.5)
        example = f"For example: {offer.example}" if offer and offer.example else "A few words"
        self.words.show_words(offer.words if offer else (), example)
        self.palette_.show_items(offer.palette if offer else ())
        self.blank.setText(offer.blank if offer else "")
        self._say_change()

    def _set_origin(self, place: int) -> None:
        self.origins.choose(place)
        self._pages.setCurrentIndex(place)

    def _choose_origin(self, place: int) -> None:
        self._pages.setCurrentIndex(place)
        self._say_change()

    def _say_change(self, *_: object) -> None:
        offer, choice = self.offer, self.choice
        words = extent_words(offer, self.rows.value(), self.columns.value()) if offer else ""
        self.extent.setText(words)
        self.show_cost("")
        if choice is not None:
            self.changed.emit(choice)

    def _enable(self) -> None:
        self.draw_button.setEnabled(self.choice is not None and not self._problem)

    def _decide(self) -> None:
        choice = self.choice
        if choice is not None and not self._problem:
            self.accept()
            self.decided.emit(choice)


def _group(*parts: QWidget) -> QLayout:
    """Return a heading with what belongs to it."""
    column = QVBoxLayout()
    column.setSpacing(GRID)
    for part in parts:
        column.addWidget(part)
    return column
