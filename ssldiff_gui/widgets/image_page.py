"""The inspector's page about the picture: facts, bands, label and macro."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QPixmap, QResizeEvent
from qtpy.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.band_choice import BandChoice
from ssldiff_gui.widgets.controls import label, push_button
from ssldiff_gui.widgets.empty_hint import EmptyHint
from ssldiff_gui.widgets.slide_list import image_of
from ssldiff_gui.widgets.tokens import GRID


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to know about a picture: its name and what it is."""

    name: str
    value: str


class Picture(QLabel):
    """A picture as wide as its place."""

    def __init__(self, rgb: npt.NDArray[np.uint8], name: str) -> None:
        super().__init__()
        self._whole = QPixmap.fromImage(image_of(rgb))
        self.setAccessibleName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumWidth(1)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        width = max(self.width(), 20 * GRID)
        height = min(round(width * self._whole.height() / self._whole.width()), 30 * GRID)
        self.setFixedHeight(height)
        ratio = self.devicePixelRatioF()
        wanted = QSize(round(width * ratio), round(height * ratio))
        shown = self._whole.scaled(
            wanted,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        shown.setDevicePixelRatio(ratio)
        self.setPixmap(shown)


class ImagePage(QWidget):
    """Facts about the scene in view; what costs a read waits for a click."""

    associated_requested = Signal(str)
    """Name of an associated image to show."""
    scale_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bands = BandChoice()
        self.empty = EmptyHint("image-outline", "No picture", "Open a slide or a scene first.")
        self._page = QWidget()
        self._page.setObjectName("page")
        self._column = QVBoxLayout(self._page)
        self._column.setContentsMargins(0, 0, GRID, 0)
        self._column.setSpacing(2 * GRID)
        self._facts = QVBoxLayout()
        self._facts.setSpacing(2 * GRID)
        self._associated = QVBoxLayout()
        self._associated.setSpacing(GRID)
        self._column.addLayout(self._facts)
        self._column.addWidget(self.bands)
        self._column.addLayout(self._associated)
        self._column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._page)
        self._names: dict[str, QHBoxLayout] = {}
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._scroll)
        outer.addWidget(self.empty)
        self.show_facts((), ())

    def show_facts(
        self,
        sections: Sequence[tuple[str, Sequence[Fact]]],
        associated: Sequence[str],
        *,
        scale_unknown: bool = False,
    ) -> None:
        """Show another picture's facts.

        Parameters
        ----------
        sections
            Titles and their facts.
        associated
            Names of label, macro, thumbnail.
        scale_unknown
            Whether to offer setting the scale.
        """
        _clear(self._facts)
        _clear(self._associated)
        self._names.clear()
        self._scroll.setVisible(bool(sections))
        self.empty.setVisible(not sections)
        for title, facts in sections:
            self._facts.addWidget(_section(title, facts))
        if scale_unknown:
            button = push_button("Set scale…", glyph="ruler")
            button.clicked.connect(self.scale_requested)
            self._facts.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        if associated:
            self._associated.addWidget(label("Associated images", "heading"))
            row = QHBoxLayout()
            row.setSpacing(GRID)
            for name in associated:
                button = push_button(name.capitalize())
                button.setAccessibleName(f"Show the {name} image")
                button.clicked.connect(lambda _=False, n=name: self.associated_requested.emit(n))
                row.addWidget(button)
            row.addStretch(1)
            self._associated.addLayout(row)

    def show_associated(self, name: str, rgb: npt.NDArray[np.uint8]) -> None:
        """Show an associated image below the buttons; another one takes its place."""
        last = self._associated.itemAt(self._associated.count() - 1)
        old = None if last is None else last.widget()
        if isinstance(old, Picture):
            self._associated.removeWidget(old)
            old.deleteLater()
        self._associated.addWidget(Picture(rgb, f"{name} image"))


def _section(title: str, facts: Sequence[Fact]) -> QWidget:
    section = QWidget()
    grid = QGridLayout(section)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(2 * GRID)
    grid.setVerticalSpacing(6)
    grid.addWidget(label(title, "heading"), 0, 0, 1, 2)
    top = Qt.AlignmentFlag.AlignTop
    for row, fact in enumerate(facts, 1):
        grid.addWidget(label(fact.name, "muted"), row, 0, top)
        value = label(fact.value, wrap=True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        value.setAccessibleName(f"{fact.name}: {fact.value}")
        grid.addWidget(value, row, 1, top)
    grid.setColumnMinimumWidth(0, 9 * GRID)
    grid.setColumnStretch(1, 1)
    return section


def _clear(layout: QVBoxLayout | QHBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner, QVBoxLayout | QHBoxLayout):
            _clear(inner)
