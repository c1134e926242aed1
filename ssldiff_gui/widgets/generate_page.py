"""The inspector's third page: the grid becomes an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.widgets.advanced import Advanced
from ssldiff_gui.widgets.choice_box import ChoiceBox
from ssldiff_gui.widgets.controls import Segments, label, push_button
from ssldiff_gui.widgets.cost_card import CostCard
from ssldiff_gui.widgets.empty_hint import EmptyHint
from ssldiff_gui.widgets.notice import Notice
from ssldiff_gui.widgets.page import Page
from ssldiff_gui.widgets.seed_field import SeedField
from ssldiff_gui.widgets.shown import Choice, CostShown, Part, Preset, RenderShown, Work
from ssldiff_gui.widgets.slider import Slider
from ssldiff_gui.widgets.tell_card import TellCard
from ssldiff_gui.widgets.tokens import GRID
from ssldiff_gui.widgets.work_bar import WorkBar

PARTS: tuple[tuple[Part, str, str], ...] = (
    ("whole", "Whole", "Render the whole grid"),
    ("selection", "Selection", "Render only the selected cells"),
    ("view", "In view", "Render only what is in view"),
)


class GeneratePage(Page):
    """A render is set up, begun and watched here."""

    generate_requested = Signal()
    changed = Signal(object)
    """A RenderShown, whenever a setting changes."""
    draw_requested = Signal()
    """There is no grid yet: back to the beginning of the path."""
    new_canvas_requested = Signal()
    unseen_requested = Signal()
    """Somebody wants to see on the grid what is new to the model."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty = self.add_hint(
            EmptyHint(
                "creation",
                "Nothing to generate yet",
                "An image is made from a grid. Draw a region, then Embed.",
                (
                    ("Draw a region", "rectangle-outline", "primary", self.draw_requested.emit),
                    ("New canvas…", "image-plus-outline", "normal", self.new_canvas_requested.emit),
                ),
            )
        )
        self._settings = RenderShown()
        self._missing = ""
        self.notice = Notice()
        self.reach = Notice()
        self._reach = ""
        self._make()
        self._lay_out()
        self._connect()
        self.show_unseen.hide()
        self.show_settings(self._settings)
        self.show_cost(None)
        self.set_empty(True)

    def _make(self) -> None:
        self.model = ChoiceBox("Model")
        self.tell = TellCard()
        self.part = Segments([words for _, words, _ in PARTS])
        self.part.setProperty("dense", True)
        for place, (_, _, tip) in enumerate(PARTS):
            self.part.button(place).setToolTip(tip)
        self.seed = SeedField()
        self.variation = Slider(
            "Variation",
            0,
            100,
            step=5,
            unit=" %",
            tip="How far each cell may stray from what was asked",
        )
        self.live = QCheckBox("Live: render while I paint")
        self.live.setToolTip("Render what changed after each stroke  (Ctrl+L)")
        self.advanced = Advanced()
        self.show_unseen = push_button("Show them on the grid", "normal", "help-rhombus-outline")
        self.show_unseen.setToolTip("Colour the cells by how far they are from the training")
        self.cost = CostCard()
        self.generate = push_button("Generate", "primary", "creation")
        self.work = WorkBar(large=True)

    def _lay_out(self) -> None:
        self.column.addWidget(self.notice)
        for title, part in (
            ("Model", self.model),
            ("", self.tell),
            ("What to render", self.part),
            ("Seed", self.seed),
        ):
            column = QVBoxLayout()
            column.setSpacing(GRID)
            if title:
                column.addWidget(label(title, "heading"))
            column.addWidget(part)
            self.column.addLayout(column)
        for widget in (self.variation, self.live, self.advanced):
            self.column.addWidget(widget)
        for new in (self.reach, self.show_unseen):
            self.column.addWidget(new)
        self.column.addStretch(1)
        for last in (self.cost, self.work, self.generate):
            self.foot.addWidget(last)

    def _connect(self) -> None:
        self.model.chosen.connect(lambda key: self._tell(model=key))
        self.part.chosen.connect(lambda place: self._tell(part=PARTS[place][0]))
        self.seed.changed.connect(lambda seed, mode: self._tell(seed=seed, seed_mode=mode))
        self.variation.changed.connect(lambda shown: self._tell(variation=shown / 100))
        self.live.clicked.connect(lambda on: self._tell(live=on))
        self.advanced.changed.connect(self._take_advanced)
        self.cost.consented.connect(lambda _: self._refresh())
        self.generate.clicked.connect(self._begin)
        self.show_unseen.clicked.connect(self.unseen_requested)
        self.reach.dismissed.connect(self.show_unseen.hide)

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def settings(self) -> RenderShown:
        """What Generate is set to now."""
        return self._settings

    def offer(
        self, models: Sequence[Choice], presets: Sequence[Preset], devices: Sequence[Choice]
    ) -> None:
        """Offer models that fit the grid, ways to render, and where."""
        self.model.show_choices(models, self._settings.model)
        self.advanced.offer(presets, devices)
        self._refresh()

    def show_settings(self, settings: RenderShown) -> None:
        """Show these settings without saying so."""
        self._settings = settings
        self.model.show_choices(self.model.choices, settings.model)
        self.part.choose([key for key, _, _ in PARTS].index(settings.part))
        self.seed.show_seed(settings.seed, settings.seed_mode)
        self.variation.show_value(100 * settings.variation)
        with QSignalBlocker(self.live):
            self.live.setChecked(settings.live)
        self.advanced.show_settings(settings)
        self._refresh()

    def can_render(self, *, selection: bool, view: bool, missing: str = "") -> None:
        """Say what can be rendered now.

        Parameters
        ----------
        selection
            Whether cells are selected.
        view
            Whether a part of the grid is in view.
        missing
            Why nothing can be rendered; empty when something can.
        """
        self._missing = missing
        self.part.button(1).setEnabled(selection)
        self.part.button(2).setEnabled(view)
        self._refresh()

    def show_cost(self, cost: CostShown | None) -> None:
        """Show what it takes; None while that is worked out."""
        self.cost.show_cost(cost)
        self._refresh()

    def show_work(self, work: Work | None) -> None:
        """Show the render in progress instead of the button that starts it."""
        self.work.show_work(work)
        self._refresh()

    def show_problem(self, problem: UserError | None) -> None:
        """Say what went wrong here, or take it away."""
        if problem is None:
            self.notice.clear()
        else:
            self.notice.tell(problem)

    def show_reach(self, share: float | None) -> None:
        """Warn that a share of the cells is unlike all that the model was trained on, or do not."""
        words = "" if share is None else f"{share:.0%} of the cells are new to this model."
        if words == self._reach:
            return
        self._reach = words
        if words:
            hint = "It will draw something else in their place. Compare the check map afterwards."
            self.reach.tell(UserError(words, hint))
        else:
            self.reach.clear()
        self.show_unseen.setVisible(bool(words))

    # -- what someone does -----------------------------------------------------------------------

    def _begin(self) -> None:
        self.generate_requested.emit()
        self.cost.take_back()

    def _tell(self, **changes: object) -> None:
        self._settings = replace(self._settings, **changes)  # type: ignore[arg-type]
        self.advanced.show_settings(self._settings)
        self.changed.emit(self._settings)
        self._refresh()

    def _take_advanced(self, settings: RenderShown) -> None:
        self._settings = settings
        self.changed.emit(settings)

    def _refresh(self) -> None:
        busy = self.work.work is not None
        self.generate.setVisible(not busy)
        self.cost.setVisible(not busy and self.cost.cost is not None)
        allowed = self.cost.cost is None or self.cost.allowed
        self.generate.setEnabled(not self._missing and allowed and bool(self.model.id))
        why = self._missing or ("" if allowed else "Tick the box above first")
        self.generate.setToolTip(why or "Render the grid as an image  (Ctrl+Return)")
