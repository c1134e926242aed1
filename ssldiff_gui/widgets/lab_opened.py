"""The experiment that is open: how far it is, its curves and early pictures, then its report."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.widgets.controls import ElidedLabel, label, push_button
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.lab_curves import LabCurves
from ssldiff_gui.widgets.lab_pictures import PlotPicture, SheetView
from ssldiff_gui.widgets.lab_shown import STATUS_WORDS, ExperimentShown, ReportShown, SheetShown
from ssldiff_gui.widgets.lab_tables import Headlines, TableCard
from ssldiff_gui.widgets.page import Page
from ssldiff_gui.widgets.progress_bar import ProgressBar
from ssldiff_gui.widgets.shown import RGB
from ssldiff_gui.widgets.tokens import GRID


class ExperimentView(QFrame):
    """Shows one experiment; says what is asked of it."""

    cancel_requested = Signal(str)
    pause_requested = Signal()
    resume_requested = Signal()
    go_on_requested = Signal(str)
    again_requested = Signal(str)
    save_requested = Signal(str)
    open_requested = Signal(str, str)
    """(id, "html" or "pdf")"""
    labels_requested = Signal(str)
    """(id): what it made shall be seen on its picture."""
    picture_wanted = Signal(str, str)
    """(id, key)"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: ExperimentShown | None = None
        self._report: ReportShown | None = None
        self._pictures: dict[str, PlotPicture] = {}
        self._parts: list[QWidget] = []
        self.title = ElidedLabel("title")
        self.facts = ElidedLabel("small")
        self.status = label("", "muted")
        self._make_buttons()
        self.bar = ProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName("Progress")
        self.words = ElidedLabel("small")
        self.left = label("", "small")
        self.problem = label("", "danger", wrap=True)
        self.headlines = Headlines()
        self.curves = LabCurves()
        self.sheets = SheetView()
        self.sheets.picture_wanted.connect(self._want)
        self.waits = label("", "muted", wrap=True)
        self._lay_out()

    def _make_buttons(self) -> None:
        self.pause = push_button("Pause", "normal", "pause")
        self.cancel = push_button("Stop", "normal", "stop")
        self.cancel.setToolTip("What is finished stays, and a training can go on from there")
        self.go_on = push_button("Go on", "normal", "play")
        self.again = push_button("Same again…", "normal", "content-copy")
        self.again.setToolTip("Fill the form with these choices, to be changed and tried again")
        self.save = push_button("Save request…", "normal", "download-outline")
        self.save.setToolTip("A file that reproduces it: ssldiff run FILE")
        self.html = push_button("Open HTML", "normal", "web")
        self.pdf = push_button("Open PDF", "normal", "file-pdf-box")
        self.labels = push_button("Show on the picture", "normal", "layers-outline")
        self.labels.setToolTip("As annotations, which can be corrected")
        for button in self.buttons:
            button.setProperty("dense", True)
        self.pause.clicked.connect(self._pause)
        for button, signal in (
            (self.cancel, self.cancel_requested),
            (self.go_on, self.go_on_requested),
            (self.again, self.again_requested),
            (self.save, self.save_requested),
            (self.labels, self.labels_requested),
        ):
            button.clicked.connect(lambda _=False, signal=signal: signal.emit(self.identity))
        self.html.clicked.connect(lambda: self.open_requested.emit(self.identity, "html"))
        self.pdf.clicked.connect(lambda: self.open_requested.emit(self.identity, "pdf"))

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        """All of them, in their order."""
        return (
            self.pause, self.cancel, self.go_on, self.labels, self.html, self.pdf, self.again,
            self.save,
        )  # fmt: skip

    def _lay_out(self) -> None:
        self.page = Page()
        self.page.column.setContentsMargins(3 * GRID, 0, 3 * GRID, 3 * GRID)
        self.page.column.setSpacing(3 * GRID)
        for part in (self.headlines, self.curves, self.sheets, self.waits):
            self.page.column.addWidget(part)
        self._body = QVBoxLayout()
        self._body.setSpacing(3 * GRID)
        self.page.column.addLayout(self._body)
        self.page.column.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head())
        column.addWidget(self.page, 1)

    def _head(self) -> QWidget:
        top = QWidget()
        head = QVBoxLayout(top)
        head.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, GRID)
        head.setSpacing(4)
        first = QHBoxLayout()
        first.setSpacing(GRID)
        first.addWidget(self.title, 1)
        first.addWidget(self.status)
        acts = QHBoxLayout()
        acts.setSpacing(GRID)
        for button in self.buttons:
            acts.addWidget(button)
        acts.addStretch(1)
        told = QHBoxLayout()
        told.setSpacing(GRID)
        told.addWidget(self.words, 1)
        told.addWidget(self.left)
        head.addLayout(first)
        head.addWidget(self.facts)
        head.addSpacing(4)
        head.addLayout(acts)
        head.addSpacing(4)
        head.addWidget(self.bar)
        head.addLayout(told)
        head.addWidget(self.problem)
        return top

    @property
    def identity(self) -> str:
        """Id of what is shown; empty while nothing is."""
        return "" if self._shown is None else self._shown.card.id

    def show_experiment(self, shown: ExperimentShown) -> None:
        """Show how an experiment stands now; what stays the same is left alone."""
        other = self.identity != shown.card.id
        self._shown = shown
        card = shown.card
        self.title.setText(card.name)
        self.facts.setText(" · ".join(part for part in (card.method, shown.facts) if part))
        self._show_state(shown)
        self.problem.setText(shown.problem)
        self.problem.setVisible(bool(shown.problem))
        self.curves.show_curves(shown.curves)
        if other:
            self.sheets.show_sheets(())
            self.page.area.verticalScrollBar().setValue(0)
        self.sheets.show_sheets(shown.sheets)
        self._show_report(shown.report, other=other)
        nothing = not (shown.curves or shown.sheets or shown.report or shown.problem)
        self.waits.setText(_nothing_words(shown))
        self.waits.setVisible(nothing)

    def _show_state(self, shown: ExperimentShown) -> None:
        card = shown.card
        self.status.setText(STATUS_WORDS[card.status])
        kind = {"failed": "danger", "done": "good"}.get(card.status, "muted")
        if self.status.property("type") != kind:
            self.status.setProperty("type", kind)
            self.status.style().unpolish(self.status)
            self.status.style().polish(self.status)
        active = card.status in ("running", "paused", "ending")
        for part in (self.bar, self.words, self.left):
            part.setVisible(active)
        known = card.part is not None
        self.bar.setRange(0, 1000 if known or card.status != "running" else 0)
        self.bar.setValue(round(1000 * (card.part or 0.0)))
        self.words.setText(shown.words)
        self.left.setText(shown.left)
        paused = card.status == "paused"
        self.pause.setText("Resume" if paused else "Pause")
        self.pause.setIcon(icon("play" if paused else "pause"))
        self.pause.setVisible(card.status in ("running", "paused"))
        self.cancel.setVisible(card.status in ("running", "paused", "waiting"))
        self.go_on.setText("Go on" if card.status == "stopped" else "Try again")
        self.go_on.setVisible(shown.can_go_on)
        self.labels.setVisible(shown.labels)
        report = shown.report
        self.html.setVisible(report is not None and report.html)
        self.pdf.setVisible(report is not None and report.pdf)

    def _show_report(self, report: ReportShown | None, *, other: bool) -> None:
        self.headlines.show_headlines(() if report is None else report.headline)
        if report == self._report and not other:
            return
        self._report = report
        for part in self._parts:
            self._body.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts, self._pictures = [], {}
        if report is None:
            return
        for words in filter(None, report.summary.split("\n\n")):
            self._add(label(words, "body", wrap=True))
        self._add_pictures(report.plots)
        for table in report.tables:
            if table.rows:
                self._add(TableCard(table))
        self._add_pictures(report.sheets)
        for note in report.notes:
            self._add(label(note, "muted", wrap=True))

    def _add(self, part: QWidget) -> None:
        self._parts.append(part)
        self._body.addWidget(part)

    def _add_pictures(self, pictures: Sequence[SheetShown]) -> None:
        for shown in pictures:
            whole = QWidget()
            column = QGridLayout(whole)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(GRID)
            picture = PlotPicture()
            picture.setAccessibleName(shown.title or "Plot")
            if shown.title:
                column.addWidget(label(shown.title, "heading", wrap=True), 0, 0)
            column.addWidget(picture, 1, 0)
            if shown.note:
                column.addWidget(label(shown.note, "small", wrap=True), 2, 0)
            self._pictures[shown.key] = picture
            self._add(whole)
            self._want(shown.key)

    def _want(self, key: str) -> None:
        self.picture_wanted.emit(self.identity, key)

    def show_picture(self, key: str, rgb: RGB | None) -> None:
        """Take the pixels of a plot or a sheet."""
        self.sheets.show_picture(key, rgb)
        if key in self._pictures:
            self._pictures[key].show_picture(rgb)

    def _pause(self) -> None:
        paused = self._shown is not None and self._shown.card.status == "paused"
        (self.resume_requested if paused else self.pause_requested).emit()


def _nothing_words(shown: ExperimentShown) -> str:
    """Return what is said while there is nothing to see."""
    if shown.card.status == "waiting":
        return "It waits for its turn."
    if shown.card.status in ("running", "paused", "ending"):
        return "Its curves and pictures appear here as they come."
    return "It ended before there was anything to see." if shown.card.status != "done" else ""
