"""One model: what it is, its terms, and what can be done with it."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.widgets.controls import ElidedLabel, label, push_button
from ssldiff_gui.widgets.model_entries import ModelEntry, ModelWork, in_size, use_words
from ssldiff_gui.widgets.notice import Notice
from ssldiff_gui.widgets.progress_bar import ProgressBar
from ssldiff_gui.widgets.result_card import percent
from ssldiff_gui.widgets.tokens import GRID

FACTS = ("Kind", "Size", "Scale", "Encoder", "Licence", "Source", "Folder", "Name")


class ModelDetails(QWidget):
    """Shows one `ModelEntry`; every act is a signal with its name."""

    download_requested = Signal(str, bool)
    """Name, and whether its terms were accepted."""
    cancel_requested = Signal(str)
    verify_requested = Signal(str)
    remove_requested = Signal(str)
    folder_requested = Signal(str)
    link_requested = Signal(str)
    """An address to open."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: ModelEntry | None = None
        self._offline = ""
        self._build()

    def _build(self) -> None:
        self.title = label("", "title", wrap=True)
        self.notes = label("", "muted", wrap=True)
        self.problem = Notice()
        self.state = label("", "heading", wrap=True)
        page = QWidget()
        page.setObjectName("page")
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, GRID, 0)
        inner.setSpacing(2 * GRID)
        for part in (self.title, self.problem, self._facts(), self.notes):
            inner.addWidget(part)
        inner.addWidget(self._terms())
        inner.addStretch(1)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(area, 1)
        column.addWidget(self.state)
        column.addWidget(self._progress())
        column.addWidget(self._question())
        column.addLayout(self._acts())

    def _facts(self) -> QWidget:
        facts = QWidget()
        grid = QGridLayout(facts)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        self.facts: dict[str, tuple[QLabel, ElidedLabel]] = {}
        for row, name in enumerate(FACTS):
            head, value = label(name, "muted"), ElidedLabel("body", Qt.TextElideMode.ElideMiddle)
            grid.addWidget(head, row, 0)
            grid.addWidget(value, row, 1)
            self.facts[name] = (head, value)
        grid.setColumnStretch(1, 1)
        return facts

    def _terms(self) -> QFrame:
        self.terms = card = QFrame()
        card.setObjectName("card")
        self.licence = label("", "heading", wrap=True)
        self.use = label("", "body", wrap=True)
        self.gate = label("", "body", wrap=True)
        self.read_button = push_button("Read the terms", "normal", "open-in-new")
        self.gate_button = push_button("Ask for access", "normal", "account-lock-outline")
        self.read_button.clicked.connect(lambda: self._link(self._entry and self._entry.terms))
        self.gate_button.clicked.connect(lambda: self._link(self._entry and self._entry.gate))
        self.tick = QCheckBox("I have read these terms and accept them")
        self.tick.toggled.connect(lambda _: self._enable())
        links = QHBoxLayout()
        links.setSpacing(GRID)
        links.addWidget(self.read_button)
        links.addWidget(self.gate_button)
        links.addStretch(1)
        column = QVBoxLayout(card)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        for part in (self.licence, self.use, self.gate):
            column.addWidget(part)
        column.addLayout(links)
        column.addWidget(self.tick)
        return card

    def _progress(self) -> QWidget:
        self.work = QWidget()
        self.work_words = label("", "small")
        self.bar = ProgressBar()
        self.bar.setAccessibleName("Progress")
        self.cancel_button = push_button("Cancel")
        self.cancel_button.clicked.connect(lambda: self._say(self.cancel_requested))
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self.work_words)
        words.addWidget(self.bar)
        row = QHBoxLayout(self.work)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID)
        row.addLayout(words, 1)
        row.addWidget(self.cancel_button)
        self.work.hide()
        return self.work

    def _question(self) -> QFrame:
        """Ask once more before something is deleted."""
        self.question = QFrame()
        self.question.setObjectName("notice")
        self.question_text = label("", "body", wrap=True)
        self.yes_button = push_button("Remove it")
        self.no_button = push_button("Keep it")
        self.yes_button.clicked.connect(self._remove)
        self.no_button.clicked.connect(self.question.hide)
        row = QHBoxLayout(self.question)
        row.setContentsMargins(GRID + 4, GRID, GRID, GRID)
        row.setSpacing(GRID)
        row.addWidget(self.question_text, 1)
        row.addWidget(self.no_button)
        row.addWidget(self.yes_button)
        self.question.hide()
        return self.question

    def _acts(self) -> QHBoxLayout:
        self.download_button = push_button("Download", "primary", "download")
        self.verify_button = push_button("Verify", "normal", "shield-check-outline")
        self.verify_button.setToolTip("Hash every file, and compare with what was installed")
        self.folder_button = push_button("Show the folder", "normal", "folder-open-outline")
        self.remove_button = push_button("Remove…", "normal", "trash-can-outline")
        self.download_button.clicked.connect(self._download)
        self.verify_button.clicked.connect(lambda: self._say(self.verify_requested))
        self.folder_button.clicked.connect(lambda: self._say(self.folder_requested))
        self.remove_button.clicked.connect(self._ask)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.verify_button)
        row.addWidget(self.folder_button)
        row.addStretch(1)
        row.addWidget(self.remove_button)
        row.addWidget(self.download_button)
        return row

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def entry(self) -> ModelEntry | None:
        """What is shown."""
        return self._entry

    def show_entry(
        self,
        entry: ModelEntry | None,
        work: ModelWork | None = None,
        verified: tuple[bool, str] | None = None,
        offline: str = "",
    ) -> None:
        """Show a model.

        Parameters
        ----------
        entry
            The model; None shows nothing.
        work
            What is being done to it.
        verified
            Whether its files are what was installed, and words when they are not.
        offline
            Why nothing can be downloaded; empty when it can.
        """
        if self._entry is None or entry is None or entry.name != self._entry.name:
            self.tick.setChecked(False)
            self.question.hide()
        self._entry, self._offline = entry, offline
        self.setVisible(entry is not None)
        if entry is None:
            return
        self.title.setText(entry.title)
        self.notes.setText(entry.notes)
        self.notes.setVisible(bool(entry.notes))
        self._show_facts(entry)
        self._show_terms(entry)
        if entry.problem:
            self.problem.tell(UserError(entry.problem, entry.hint))
        else:
            self.problem.hide()
        self._show_work(work)
        self._show_state(entry, work, verified)
        self._enable(busy=work is not None)

    def _show_facts(self, entry: ModelEntry) -> None:
        values = {
            "Kind": entry.kind,
            "Size": in_size(entry.size) if entry.size else "",
            "Scale": entry.scale,
            "Encoder": entry.encoder,
            "Licence": entry.licence if entry.installed else "",
            "Source": entry.source,
            "Folder": entry.where,
            "Name": entry.name,
        }
        for name, (head, value) in self.facts.items():
            value.setText(values[name])
            head.setVisible(bool(values[name]))
            value.setVisible(bool(values[name]))

    def _show_terms(self, entry: ModelEntry) -> None:
        self.terms.setVisible(not entry.installed)
        self.licence.setText(f"Licence: {entry.licence or 'not stated'}")
        self.use.setText(use_words(entry))
        gated = bool(entry.gate)
        self.gate.setText(
            "Its owners give access to those who ask: accept their terms there first."
        )
        self.gate.setVisible(gated)
        self.gate_button.setVisible(gated)
        self.gate_button.setToolTip(entry.gate)
        self.read_button.setVisible(bool(entry.terms))
        self.read_button.setToolTip(entry.terms)
        self.tick.setVisible(not entry.convert)

    def _show_work(self, work: ModelWork | None) -> None:
        self.work.setVisible(work is not None)
        if work is None:
            return
        part = "" if work.part is None else f"{percent(work.part)} · "
        self.work_words.setText(part + work.words)
        self.bar.setRange(0, 0 if work.part is None else 1000)
        if work.part is not None:
            self.bar.setValue(round(work.part * 1000))

    def _show_state(
        self, entry: ModelEntry, work: ModelWork | None, verified: tuple[bool, str] | None
    ) -> None:
        words, kind = "", "heading"
        if work is None and verified is not None:
            whole, told = verified
            kind = "good" if whole else "danger"
            words = told or ("Every file is what was installed." if whole else "It is damaged.")
        elif not entry.installed and entry.convert:
            words = "It has to be converted first: its owners give a file that can run code."
        elif not entry.installed and self._offline:
            words = self._offline
        self.state.setProperty("type", kind)
        style = self.state.style()
        style.unpolish(self.state)
        style.polish(self.state)
        self.state.setText(words)
        self.state.setVisible(bool(words))

    def _enable(self, *, busy: bool = False) -> None:
        entry = self._entry
        if entry is None:
            return
        here, free = entry.installed, not busy and self.work.isHidden()
        for button in (self.verify_button, self.folder_button, self.remove_button):
            button.setVisible(here)
        self.verify_button.setEnabled(free)
        self.remove_button.setEnabled(free and entry.own)
        self.remove_button.setToolTip("" if entry.own else "It came with the program")
        self.download_button.setVisible(not here and not entry.convert and self.work.isHidden())
        size = f" {in_size(entry.size)}" if entry.size else ""
        self.download_button.setText(f"Download{size}")
        possible = free and self.tick.isChecked() and not self._offline
        self.download_button.setEnabled(possible)
        why = self._offline or ("" if self.tick.isChecked() else "Accept the terms first")
        self.download_button.setToolTip("" if possible else why)
        self.tick.setEnabled(free)

    # -- what is asked ---------------------------------------------------------------------------

    def _say(self, signal: object) -> None:
        if self._entry is not None:
            signal.emit(self._entry.name)  # type: ignore[attr-defined]

    def _link(self, address: object) -> None:
        if address:
            self.link_requested.emit(str(address))

    def _download(self) -> None:
        if self._entry is not None and self.tick.isChecked():
            self.download_requested.emit(self._entry.name, True)

    def _ask(self) -> None:
        if self._entry is not None:
            freed = f" That frees {in_size(self._entry.size)}." if self._entry.size else ""
            self.question_text.setText(f"Remove {self._entry.title}?{freed}")
            self.question.show()
            self.no_button.setFocus()

    def _remove(self) -> None:
        self.question.hide()
        self._say(self.remove_requested)
