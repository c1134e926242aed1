"""The inspector's second page: the grid at hand, and what is done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFrame, QVBoxLayout, QWidget

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.widgets.cell_card import CellCard
from ssldiff_gui.widgets.cluster_legend import ClusterLegend
from ssldiff_gui.widgets.controls import ElidedLabel, label, push_button
from ssldiff_gui.widgets.empty_hint import EmptyHint
from ssldiff_gui.widgets.mode_choice import ModeChoice, Way
from ssldiff_gui.widgets.notice import Notice
from ssldiff_gui.widgets.page import Page, Section
from ssldiff_gui.widgets.scatter import Scatter
from ssldiff_gui.widgets.selection_card import SelectionCard
from ssldiff_gui.widgets.shown import (
    CellShown,
    ClusterShown,
    GridShown,
    OverlayShown,
    SelectionShown,
    SteerShown,
)
from ssldiff_gui.widgets.slider import Slider
from ssldiff_gui.widgets.tool_options import ToolOptions

OVERLAYS: tuple[Way, ...] = (
    ("colours", "Colours", "palette-outline", "Colours: alike cells have alike colours"),
    ("clusters", "Groups", "shape-outline", "Groups of alike cells, each with a letter"),
    ("likeness", "Likeness", "target", "Likeness: how alike each cell is to the picked one"),
    ("unseen", "New", "help-rhombus-outline", "New to the model: cells unlike its training"),
    ("lines", "Lines", "grid", "Lines between the cells only"),
    ("off", "Off", "eye-off-outline", "No overlay"),
)


class GridPage(Page):
    """A grid is looked at and edited here.

    Its parts speak for themselves: `tool`, `selection`, `cell`, `scatter`, `legend`.
    """

    draw_requested = Signal()
    new_canvas_requested = Signal()
    """A grid is wanted from words, a class or the palette instead of a region."""
    areas_requested = Signal()
    """The areas that are drawn shall show what their names say."""
    generate_requested = Signal()
    """On to the next page."""
    overlay_chosen = Signal(str)
    opacity_changed = Signal(float)
    """0–1."""
    clusters_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty = self.add_hint(
            EmptyHint(
                "grid",
                "No grid yet",
                "Draw a region, then Embed. Or begin with nothing and fill a new canvas.",
                (
                    ("Draw a region", "rectangle-outline", "primary", self.draw_requested.emit),
                    ("New canvas…", "image-plus-outline", "normal", self.new_canvas_requested.emit),
                ),
            )
        )
        self.notice = Notice()
        self.tool = ToolOptions()
        self.selection = SelectionCard()
        self.cell = CellCard()
        self.scatter = Scatter()
        self.cell_section = Section("Cell")
        self.cell_section.column.addWidget(self.cell)
        self.scatter_section = Section("Map of likeness")
        self.scatter_section.column.addWidget(self.scatter)
        self.column.addWidget(self._header())
        for part in (
            self.notice,
            self._overlay(),
            self.tool,
            self.selection,
            self._areas(),
            self.cell_section,
            self.scatter_section,
        ):
            self.column.addWidget(part)
        self.column.addStretch(1)
        self.next = push_button("Generate…", "primary", "creation")
        self.next.setToolTip("Go on to what renders this grid  (Alt+3)")
        self.next.clicked.connect(self.generate_requested)
        self.foot.addWidget(self.next)
        self.show_overlay(OverlayShown())
        self.show_grid(None)

    def _areas(self) -> QWidget:
        self.areas_section = Section("Areas with words")
        self.areas = label("", "small", wrap=True)
        self.draw_areas = push_button("Draw them", "normal", "format-text")
        self.draw_areas.setToolTip("Fill each area with cells that show what its name says")
        self.draw_areas.clicked.connect(self.areas_requested)
        for part in (self.areas, self.draw_areas):
            self.areas_section.column.addWidget(part)
        self.show_areas(())
        return self.areas_section

    def _header(self) -> QWidget:
        header = QFrame()
        self.name = ElidedLabel("heading")
        self.facts = ElidedLabel("small")
        self.note = label("", "small", wrap=True)
        column = QVBoxLayout(header)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for part in (self.name, self.facts, self.note):
            column.addWidget(part)
        return header

    def _overlay(self) -> QWidget:
        part = QWidget()
        self.overlay = ModeChoice("Overlay", OVERLAYS)
        self.overlay.chosen.connect(self._choose_overlay)
        self.opacity = Slider("Opacity", 0, 100, step=5, unit=" %")
        self.opacity.changed.connect(lambda shown: self.opacity_changed.emit(shown / 100))
        self.clusters = Slider("Groups", 2, 12, tip="How many groups of alike cells")
        self.clusters.settled.connect(lambda shown: self.clusters_changed.emit(round(shown)))
        self.legend = ClusterLegend()
        self.wish = label("Click a cell to see where the slide is like it.", "small", wrap=True)
        self.reach = label("", "small", wrap=True)
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (
            self.overlay,
            self.wish,
            self.reach,
            self.opacity,
            self.clusters,
            self.legend,
        ):
            column.addWidget(widget)
        return part

    def show_grid(self, grid: GridShown | None) -> None:
        """Show a grid, or how to get one."""
        self.set_empty(grid is None)
        if grid is not None:
            self.name.setText(grid.name)
            cells = grid.rows * grid.columns
            self.facts.setText(f"{grid.rows} × {grid.columns} = {cells:,} cells · {grid.encoder}")
            self.note.setText(grid.note)
            self.note.setVisible(bool(grid.note))

    def show_overlay(self, overlay: OverlayShown) -> None:
        """Show how the grid lies over the slide, without saying so."""
        self.overlay.show_way(overlay.mode)
        self.opacity.show_value(100 * overlay.opacity)
        self.clusters.show_value(overlay.clusters)
        self._refresh()

    def show_reach(self, share: float | None) -> None:
        """Say how many cells are unlike the training of the model that renders; None: unknown."""
        self.reach.setText(
            "This model does not say what it was trained on."
            if share is None
            else f"{share:.0%} of the cells are new to the model that renders them: marked “!”, "
            "and the brighter, the farther from its training."
        )
        self._refresh()

    def show_areas(self, words: Sequence[str]) -> None:
        """Offer to draw areas by their names or classes; none hides the offer."""
        named = ", ".join(f"“{word}”" for word in words)
        self.areas.setText(f"Each area is filled by its own words: {named}.")
        self.areas_section.setVisible(bool(words))

    def show_clusters(self, clusters: Sequence[ClusterShown]) -> None:
        """Show the groups that were found."""
        self.legend.show_clusters(clusters)
        self._refresh()

    def show_tool(self, tool: str, values: Mapping[str, float]) -> None:
        """Show the settings of the tool in hand; an empty name hides them."""
        self.tool.show_tool(tool, values)

    def show_selection(self, selection: SelectionShown | None) -> None:
        """Show what is selected."""
        self.selection.show_selection(selection)

    def show_steer(self, steer: SteerShown) -> None:
        """Show what the prior can steer by."""
        self.selection.show_steer(steer)

    def show_cell(self, cell: CellShown | None) -> None:
        """Show the picked cell."""
        self.cell.show_cell(cell)
        self._refresh()

    def show_problem(self, problem: UserError | None) -> None:
        """Say what went wrong here, or take it away."""
        if problem is None:
            self.notice.clear()
        else:
            self.notice.tell(problem)

    def _choose_overlay(self, mode: str) -> None:
        self._refresh()
        self.overlay_chosen.emit(mode)

    def _refresh(self) -> None:
        mode = self.overlay.way
        self.opacity.setVisible(mode != "off")
        self.clusters.setVisible(mode == "clusters")
        self.legend.setVisible(mode == "clusters" and bool(self.legend.shown))
        self.reach.setVisible(mode == "unseen")
        self.wish.setVisible(mode == "likeness" and self.cell.cell is None)
