"""The inspector's first page: the region at hand, and what it takes to embed it."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSignalBlocker, QSize, Qt, Signal
from qtpy.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.widgets.choice_box import ChoiceBox
from ssldiff_gui.widgets.controls import ElidedLabel, hairline, label, push_button, tool_button
from ssldiff_gui.widgets.notice import Notice
from ssldiff_gui.widgets.page import Page, Section
from ssldiff_gui.widgets.shown import Choice, RegionShown, Work
from ssldiff_gui.widgets.tokens import GRID
from ssldiff_gui.widgets.work_bar import WorkBar

LIST_HEIGHT = 46 * GRID
"""At least this much is left to the annotations before the page scrolls."""


EMBED_TIP = "Turn the region into a grid of cells  (Ctrl+G)"


class _Room(QWidget):
    """Has a list take what room is left, instead of what it would like."""

    def __init__(self, within: QWidget) -> None:
        super().__init__()
        self.setMinimumHeight(LIST_HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(within)

    def hasHeightForWidth(self) -> bool:
        """Return no: the list scrolls by itself."""
        return False

    def sizeHint(self) -> QSize:
        """Return the least there has to be."""
        return QSize(30 * GRID, LIST_HEIGHT)


class RegionPage(Page):
    """A region becomes a grid here.

    Parameters
    ----------
    annotations
        The panel of annotations, which stands below; None leaves its place empty.
    """

    embed_requested = Signal()
    draw_requested = Signal()
    encoder_chosen = Signal(str)
    skip_background_changed = Signal(bool)
    scale_requested = Signal()
    """The person wants to say the size of a pixel."""

    def __init__(self, annotations: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Notice()
        self._shown: RegionShown | None = None
        self.card = self._region_card()
        self.hint = self._hint()
        self.settings = self._settings()
        self.work = WorkBar()
        self.column.setSpacing(2 * GRID)
        for part in (self.notice, self.hint, self.card, self.settings, self.work):
            self.column.addWidget(part)
        if annotations is not None:
            self.column.addWidget(hairline())
            self.column.addWidget(_Room(annotations), 1)
        else:
            self.column.addStretch(1)
        self.show_region(None)

    def _region_card(self) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        self.name = ElidedLabel("heading")
        self.size_words = ElidedLabel("body")
        self.pixels = ElidedLabel("small")
        self.set_scale = push_button("Set scale…", "quiet")
        self.set_scale.setProperty("inline", True)
        self.set_scale.clicked.connect(self.scale_requested)
        self.redraw = tool_button(
            "rectangle-outline", "Draw another region", "Draw another region  (R)"
        )
        self.redraw.clicked.connect(self.draw_requested)
        words = QVBoxLayout()
        words.setSpacing(2)
        for part in (self.name, self.size_words, self.pixels):
            words.addWidget(part)
        words.addWidget(self.set_scale, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout(card)
        row.setContentsMargins(GRID + 4, GRID, 4, GRID)
        row.setSpacing(GRID)
        row.addWidget(self.redraw, 0, Qt.AlignmentFlag.AlignTop)  # Tab comes here first
        row.insertLayout(0, words, 1)
        return card

    def _hint(self) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        self.draw = push_button("Draw a region", "primary", "rectangle-outline")
        self.draw.setToolTip("Draw a region  (R)")
        self.draw.clicked.connect(self.draw_requested)
        self.hint_words = label("", "muted", wrap=True)
        column = QVBoxLayout(card)
        column.setContentsMargins(GRID + 4, GRID + 4, GRID + 4, GRID + 4)
        column.setSpacing(GRID)
        column.addWidget(label("No region yet", "heading"))
        column.addWidget(self.hint_words)
        column.addWidget(self.draw)
        return card

    def _settings(self) -> QWidget:
        part = QWidget()
        self.encoder = ChoiceBox("Encoder")
        self.encoder.chosen.connect(self.encoder_chosen)
        self.skip_background = QCheckBox("Skip empty glass")
        self.skip_background.setToolTip("Cells without tissue are left empty: that is quicker")
        self.skip_background.setChecked(True)
        self.skip_background.clicked.connect(self.skip_background_changed)
        self.more = Section("More", unfolded=False)
        self.more.column.addWidget(self.skip_background)
        self.cost = label("", "muted", wrap=True)
        self.cost.setAccessibleName("Cost")
        self.problem = label("", "danger", wrap=True)
        self.embed = push_button("Embed", "primary", "grid")
        self.embed.setToolTip(EMBED_TIP)
        self.embed.clicked.connect(self.embed_requested)
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(label("Encoder", "heading"))
        column.addWidget(self.encoder)
        column.addWidget(self.more)
        column.addWidget(self.cost)
        column.addWidget(self.problem)
        column.addWidget(self.embed)
        return part

    def show_region(self, region: RegionShown | None, *, can_draw: bool = True) -> None:
        """Show a region, or how to get one.

        Parameters
        ----------
        region
            The one at hand.
        can_draw
            Whether there is a picture to draw on.
        """
        self._shown = region
        self.hint.setVisible(region is None)
        self.card.setVisible(region is not None)
        self.draw.setEnabled(can_draw)
        self.hint_words.setText(
            "Mark the part of the picture to take up as a grid of cells."
            if can_draw
            else "Open a slide or a scene first."
        )
        if region is not None:
            self.name.setText(region.name)
            self.size_words.setText(region.size or "Scale unknown")
            self.pixels.setText(region.pixels)
            self.set_scale.setVisible(not region.size)
        self._refresh()

    def show_encoders(self, encoders: Sequence[Choice], chosen: str) -> None:
        """Offer encoders."""
        self.encoder.show_choices(encoders, chosen)
        self._refresh()

    def show_cost(self, words: str) -> None:
        """Say what embedding takes: "2,304 cells · about 40 s · 2 MB"."""
        self.cost.setText(words)
        self._refresh()

    def show_skip_background(self, skip: bool) -> None:
        """Show whether glass is skipped, without saying so."""
        with QSignalBlocker(self.skip_background):
            self.skip_background.setChecked(skip)

    def show_work(self, work: Work | None) -> None:
        """Show the embedding in progress instead of the button that starts it."""
        self.work.show_work(work)
        self._refresh()

    def show_problem(self, problem: UserError | None) -> None:
        """Say what went wrong here, or take it away."""
        if problem is None:
            self.notice.clear()
        else:
            self.notice.tell(problem)

    def _refresh(self) -> None:
        region, busy = self._shown, self.work.work is not None
        problem = "" if region is None else region.problem
        self.settings.setVisible(region is not None and not busy)
        self.redraw.setEnabled(not busy)
        self.embed.setEnabled(not problem and bool(self.encoder.id))
        self.embed.setToolTip(problem or EMBED_TIP)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.cost.setVisible(not problem and bool(self.cost.text()))
