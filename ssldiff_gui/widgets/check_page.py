"""The inspector's last page: does the result show what was asked, and how it compares."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.widgets.controls import ElidedLabel, hairline, label, push_button
from ssldiff_gui.widgets.empty_hint import EmptyHint
from ssldiff_gui.widgets.histogram import Histogram
from ssldiff_gui.widgets.mode_choice import ModeChoice, Way
from ssldiff_gui.widgets.notice import Notice
from ssldiff_gui.widgets.page import Page, set_primary
from ssldiff_gui.widgets.shown import CheckShown, Work
from ssldiff_gui.widgets.tokens import GRID
from ssldiff_gui.widgets.work_bar import WorkBar

COMPARE: tuple[Way, ...] = (
    ("side", "Side by side", "view-parallel-outline", "Side by side"),
    ("curtain", "Curtain", "compare", "Curtain: drag a line over the picture  (X)"),
    ("blink", "Blink", "swap-horizontal", "Blink: one after the other  (K)"),
    ("difference", "Difference", "vector-difference", "Difference: where they are unlike  (D)"),
)


CHECK_TIP = "Embed the result again and compare it with what was asked  (Ctrl+Shift+C)"


class CheckPage(Page):
    """A result is judged here, and taken out of the studio."""

    check_requested = Signal()
    threshold_changed = Signal(float)
    map_toggled = Signal(bool)
    compare_chosen = Signal(str)
    weakest_requested = Signal()
    export_requested = Signal()
    figure_requested = Signal()
    generate_requested = Signal()
    """There is nothing to check yet: back to the page before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty = self.add_hint(
            EmptyHint(
                "check-decagram-outline",
                "Nothing to check yet",
                "Generate an image; then see here whether it shows what was asked.",
                (("Go to Generate", "creation", "primary", self.generate_requested.emit),),
            )
        )
        self._check: CheckShown | None = None
        self.notice = Notice()
        self.name = ElidedLabel("muted")
        self.work = WorkBar()
        self.column.addWidget(self.notice)
        self.column.addWidget(self.name)
        self.column.addWidget(self._unchecked())
        self.column.addWidget(self.work)
        self.column.addWidget(self._verdict())
        self.column.addWidget(hairline())
        self.compare = ModeChoice("Compare", COMPARE)
        self.compare.chosen.connect(self.compare_chosen)
        self.column.addWidget(self.compare)
        self.column.addStretch(1)
        self.foot.addLayout(self._ends())
        self.show_result(None)

    def _unchecked(self) -> QWidget:
        self.unchecked = QWidget()
        self.check = push_button("Check", "primary", "check-decagram-outline")
        self.check.setToolTip(CHECK_TIP)
        self.check.clicked.connect(self.check_requested)
        column = QVBoxLayout(self.unchecked)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(label("Not checked yet", "title", wrap=True))
        column.addWidget(
            label(
                "The result is embedded again; each cell is compared with the one asked for.",
                "muted",
                wrap=True,
            )
        )
        column.addWidget(self.check)
        return self.unchecked

    def _verdict(self) -> QWidget:
        self.verdict = QWidget()
        self.share = label("", "title", wrap=True)
        self.facts = label("", "muted", wrap=True)
        self.histogram = Histogram()
        self.histogram.threshold_changed.connect(self._move)
        self.below = ElidedLabel("small")
        self.show_map = QCheckBox("Show the check map")
        self.show_map.setToolTip(
            "Colour the cells by how well they show what was asked  (Ctrl+Shift+M)"
        )
        self.show_map.clicked.connect(self.map_toggled)
        self.weakest = push_button("Go to the weakest cell", glyph="target")
        self.weakest.clicked.connect(self.weakest_requested)
        self.again = push_button("Check again", "quiet")
        self.again.setToolTip(CHECK_TIP)
        self.again.clicked.connect(self.check_requested)
        self.note = label("", "small", wrap=True)
        column = QVBoxLayout(self.verdict)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for part in (
            self.share, self.facts, self.note, self.histogram, self.below, self.show_map,
            self.weakest, self.again,
        ):  # fmt: skip
            column.addWidget(part)
        return self.verdict

    def _ends(self) -> QVBoxLayout:
        self.figure = push_button("Comparison figure…")
        self.figure.setToolTip("Save a figure that compares the original, the grid and the result")
        self.figure.clicked.connect(self.figure_requested)
        self.export = push_button("Export…")
        self.export.setToolTip("Save the result  (Ctrl+Shift+E)")
        self.export.clicked.connect(self.export_requested)
        column = QVBoxLayout()
        column.setSpacing(GRID)
        column.addWidget(self.figure)
        column.addWidget(self.export)
        return column

    def show_result(self, name: str | None, *, missing: str = "") -> None:
        """Show the result at hand; what is known of another is forgotten.

        Parameters
        ----------
        name
            Its name; None when there is none.
        missing
            Why it cannot be checked now: "It is still being rendered."
        """
        if name != self.name.text():
            self.show_check(None)
        self.set_empty(name is None)
        self.name.setText(name or "")
        self.check.setEnabled(not missing)
        self.check.setToolTip(missing or CHECK_TIP)

    def show_check(self, check: CheckShown | None) -> None:
        """Show how far the result shows what was asked; None when that is not known."""
        self._check = check
        if check is not None:
            self.histogram.show_values(check.likeness, check.threshold)
            self.weakest.setEnabled(bool(check.weakest))
            self.weakest.setToolTip(f"Look at the least likely cell: {check.weakest}")
            self.note.setText(check.note)
            self.note.setVisible(bool(check.note))
            self._judge(check.threshold)
        self._refresh()

    def show_map_shown(self, shown: bool) -> None:
        """Show whether the check map lies over the result, without saying so."""
        with QSignalBlocker(self.show_map):
            self.show_map.setChecked(shown)

    def show_compare(self, mode: str) -> None:
        """Show how the two are compared, without saying so."""
        self.compare.show_way(mode)

    def show_work(self, work: Work | None) -> None:
        """Show the check in progress."""
        self.work.show_work(work)
        self._refresh()

    def show_problem(self, problem: UserError | None) -> None:
        """Say what went wrong here, or take it away."""
        if problem is None:
            self.notice.clear()
        else:
            self.notice.tell(problem)

    def _move(self, threshold: float) -> None:
        self._judge(threshold)
        self.threshold_changed.emit(threshold)

    def _judge(self, threshold: float) -> None:
        if self._check is None:
            return
        values = self._check.likeness
        low = int(np.count_nonzero(values < threshold))
        total = max(1, len(values))
        share = 100 * (total - low) / total
        said = f"{share:.0f} %" if low == 0 or share < 99.5 else "Over 99 %"
        self.share.setText(f"{said} of cells show what was asked")
        mean = float(values.mean()) if len(values) else 0.0
        self.facts.setText(f"Mean likeness {mean:.2f} · {len(values):,} cells")
        noun = "cell is" if low == 1 else "cells are"
        self.below.setText(f"{low:,} {noun} below {threshold:.2f}")

    def _refresh(self) -> None:
        busy, checked = self.work.work is not None, self._check is not None
        self.unchecked.setVisible(not checked and not busy)
        self.verdict.setVisible(checked and not busy)
        set_primary(self.export, primary=checked and not busy)
