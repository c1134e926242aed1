"""A result as a card: what it says, and the model behind a row of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from qtpy.QtGui import QPixmap

from ssldiff_gui.widgets.slide_list import image_of

Index = QModelIndex | QPersistentModelIndex

ResultStatus = Literal["rendering", "done", "partial", "failed"]

MOST_PIXMAPS = 400
"""Thumbnails that are kept; those seen longest ago are asked for again when they are needed."""
MOST_SIDE = 384
"""Longest side of a kept thumbnail, in pixels."""


@dataclass(frozen=True, slots=True)
class ResultCard:
    """One rendered, or half rendered, canvas.

    Parameters
    ----------
    id
        What signals carry.
    name
        What people call it.
    seed
        Of the noise.
    seconds
        How long the rendering took, or has taken.
    made
        When, in words: "10:42", "yesterday".
    likeness
        How well it shows what was asked, 0–1; None while nobody has checked.
    low
        Share of its cells that do not show what was asked, 0–1.
    starred
        Whether it was marked as a good one.
    status
        How far it is.
    progress
        Part that is rendered, 0–1.
    left
        Time left in words: "0:41 left".
    reason
        Why it failed.
    settings
        How it was made, in a line, for the tooltip.
    """

    id: str
    name: str
    seed: int | None = None
    seconds: float | None = None
    made: str = ""
    likeness: float | None = None
    low: float | None = None
    starred: bool = False
    status: ResultStatus = "done"
    progress: float | None = None
    left: str = ""
    reason: str = ""
    settings: str = ""


def in_time(seconds: float) -> str:
    """Return a length of time as people read it: "8 s", "2:41", "1:02:05"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def percent(part: float) -> str:
    """Return a part as people read it; what is not whole is never said to be."""
    return f"{int(100 * min(max(part, 0.0), 1.0) + 1e-9)} %"


def second_line(card: ResultCard) -> str:
    """Return what is said below the name."""
    if card.status == "failed":
        return card.reason or "It failed."
    if card.status == "rendering":
        done = "" if card.progress is None else percent(card.progress)
        return " · ".join(part for part in (done, card.left) if part) or "Starting…"
    if card.status == "partial":
        done = "" if card.progress is None else f", {percent(card.progress)}"
        return f"Not finished{done}"
    return "" if card.seed is None else f"Seed {card.seed}"


def third_line(card: ResultCard) -> str:
    """Return when it was made, and how long that took."""
    if card.status == "failed":
        return ""
    took = "" if card.seconds is None else in_time(card.seconds)
    if card.status != "done" and card.seed is not None:
        return f"Seed {card.seed}"
    return " · ".join(part for part in (card.made, took) if part)


def likeness_text(card: ResultCard) -> str:
    """Return how well it shows what was asked, in words."""
    if card.likeness is None or card.status in ("failed", "rendering"):
        return ""
    return f"{percent(card.likeness)} alike"


def spoken(card: ResultCard) -> str:
    """Return what a screen reader says, and a tooltip."""
    lines = [
        f"{card.name}, synthetic{', starred' if card.starred else ''}",
        " · ".join(part for part in (second_line(card), third_line(card)) if part),
        likeness_text(card),
        card.settings,
    ]
    return "\n".join(line for line in lines if line)


class ResultModel(QAbstractListModel):
    """The cards that are shown, newest first, and their thumbnails as they come."""

    renamed = Signal(str, str)
    """Id and the new name that was typed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cards: list[ResultCard] = []
        self.shown: list[ResultCard] = []
        self.only_starred = False
        self.current = ""
        self.compared = ""
        self._places: dict[str, int] = {}
        self._pixmaps: OrderedDict[str, QPixmap] = OrderedDict()

    def show(self, cards: Sequence[ResultCard]) -> None:
        """Show these cards; only what is different is drawn again.

        Parameters
        ----------
        cards
            All of them, in the order in which they are shown.
        """
        self.cards = list(cards)
        wanted = [card for card in self.cards if card.starred or not self.only_starred]
        if [card.id for card in wanted] == [card.id for card in self.shown]:
            before, self.shown = self.shown, wanted
            for row, (old, new) in enumerate(zip(before, wanted, strict=True)):
                if old != new:
                    self._changed(row)
            return
        self.beginResetModel()
        self.shown = wanted
        self._places = {card.id: row for row, card in enumerate(wanted)}
        kept = {card.id for card in self.cards}
        for gone in [identity for identity in self._pixmaps if identity not in kept]:
            del self._pixmaps[gone]
        self.endResetModel()

    def filter_starred(self, only: bool) -> None:
        """Show only what is starred, or everything."""
        self.only_starred = only
        self.show(self.cards)

    def mark(self, current: str, compared: str) -> None:
        """Mark which result the view shows, and which one it is compared with."""
        rows = {self._places.get(i) for i in (self.current, self.compared, current, compared)}
        self.current, self.compared = current, compared
        for row in rows:
            if row is not None:
                self._changed(row)

    def set_thumbnail(self, identity: str, rgb: npt.NDArray[np.uint8]) -> None:
        """Show a picture when its card is still here.

        Parameters
        ----------
        identity
            Whose it is.
        rgb
            (height, width, 3) uint8.
        """
        if not any(card.id == identity for card in self.cards):
            return
        pixmap = QPixmap.fromImage(image_of(rgb))
        if max(pixmap.width(), pixmap.height()) > MOST_SIDE:
            pixmap = pixmap.scaled(
                MOST_SIDE,
                MOST_SIDE,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        self._pixmaps[identity] = pixmap
        self._pixmaps.move_to_end(identity)
        while len(self._pixmaps) > MOST_PIXMAPS:
            self._pixmaps.popitem(last=False)
        row = self._places.get(identity)
        if row is not None:
            self._changed(row)

    def without_thumbnail(self, rows: Iterable[int]) -> list[str]:
        """Return the cards among these rows whose picture is missing."""
        cards = (self.shown[row] for row in rows if 0 <= row < len(self.shown))
        return [c.id for c in cards if c.id not in self._pixmaps and c.status != "failed"]

    def row_of(self, identity: str) -> int | None:
        """Return the row of a card, or None."""
        return self._places.get(identity)

    def card(self, identity: str) -> ResultCard | None:
        """Return a card that is shown, or None."""
        row = self._places.get(identity)
        return None if row is None else self.shown[row]

    def pixmap(self, identity: str) -> QPixmap | None:
        """Return a card's picture, which then is the one seen last."""
        found = self._pixmaps.get(identity)
        if found is not None:
            self._pixmaps.move_to_end(identity)
        return found

    def _changed(self, row: int) -> None:
        self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: Index | None = None) -> int:
        """Return how many cards are shown."""
        return len(self.shown)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let names be changed in place."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return what Qt asks of a card."""
        if not 0 <= index.row() < len(self.shown):
            return None
        card = self.shown[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return card.name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return spoken(card)
        return card if role == Qt.ItemDataRole.UserRole else None

    def setData(self, index: Index, value: object, role: int = 2) -> bool:
        """Say which name was typed; who keeps it shows the card anew."""
        name = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or not 0 <= index.row() < len(self.shown):
            return False
        card = self.shown[index.row()]
        if name and name != card.name:
            self.renamed.emit(card.id, name)
        return True
