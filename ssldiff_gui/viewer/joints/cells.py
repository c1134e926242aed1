"""The cells of the grid at hand, on both views: what they look like, and what the mouse does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

import numpy as np

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.state.cells import CellAnalysis, CellsShown, Mode, Overlay
from ssldiff_gui.state.grid_acts import blend_corners
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.joints.host import CELLS, Host, Ties

if TYPE_CHECKING:
    from ssldiff_gui.state.bench import OpenGrid
    from ssldiff_gui.state.grid_editor import GridEditor
    from ssldiff_gui.state.grid_tools import GridTools
    from ssldiff_gui.state.workplace import Workplace
    from ssldiff_gui.viewer.grid_hand import GridHand
    from ssldiff_gui.viewer.grid_mouse import GridMouse
    from ssldiff_gui.viewer.grid_overlay import GridOverlay
    from ssldiff_gui.viewer.joints.host import Hand
    from ssldiff_gui.viewer.shown_view import ShownView

OPACITY = 0.45


class CellsJoint:
    """Joins both views to the grid's editor and to the tools for cells.

    Parameters
    ----------
    host
        Where the pages and views are.
    tools
        Which tool is in the hand.
    """

    def __init__(self, host: Host, tools: Hand) -> None:
        self._host, self._acts = host, tools
        self._ties, self._grid_ties = Ties(), Ties()
        self.place: Workplace | None = None
        self.analysis: CellAnalysis | None = None
        self.mode: Mode = "colours"
        self.opacity = OPACITY
        self.clusters = 8
        self.overlay_shown = True
        self._opened: OpenGrid | None = None
        self._overlays: tuple[GridOverlay, ...] = ()
        self._mice: tuple[GridMouse, ...] = ()
        self._hands: tuple[GridHand, ...] = ()
        tools.on_cells = self._take_tool

    # -- views -------------------------------------------------------------------------------------

    def attach(self, original: ShownView, synthetic: ShownView | None = None) -> None:
        """Take the views, once they have been made.

        Parameters
        ----------
        original
            Where the cells are seen.
        synthetic
            Where the mouse works on them too; None where one camera serves both.
        """
        from ssldiff_gui.viewer.grid_mouse import GridMouse
        from ssldiff_gui.viewer.grid_overlay import GridOverlay

        views = (original,) if synthetic is None else (original, synthetic)
        self._overlays = tuple(GridOverlay(view) for view in views)
        for overlay in self._overlays[1:]:
            overlay.set_lines(wanted=False)
        self._mice = tuple(GridMouse(overlay) for overlay in self._overlays)
        self._join_hands()
        if synthetic is not None:
            synthetic.tool_changed.connect(self._follow_synthetic)
        else:
            self._mice[0].escaped.connect(lambda: self._host.choose_tool("hand"))
        for view in views:
            view.shown.connect(self._show_soon)
        self._show()

    def detach(self) -> None:
        """Let go of the views."""
        self._part_hands()
        for mouse in self._mice:
            mouse.close()
        for overlay in self._overlays:
            overlay.view.shown.disconnect(self._show_soon, missing_ok=True)
            overlay.close()
        self._mice, self._overlays = (), ()

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self.place = place
        self._join_hands()
        tie, tools = self._ties.tie, place.tools
        tie(place.bench.grid_changed, self._on_grid)
        tie(tools.problem, lambda problem: self._host.reporter.tell(problem.message, problem.hint))
        tie(place.bench.failed, self._host.reporter.problem)
        tie(place.reach.changed, self._on_reach)
        kept = place.bench.workspace.overlay
        self.mode = next((mode for mode in get_args(Mode) if mode == kept.get("mode")), "colours")
        if isinstance(share := kept.get("opacity"), int | float):
            self.opacity = min(max(float(share), 0.0), 1.0)
        self._on_grid(place.bench.open)

    def leave(self) -> None:
        """Follow none any more."""
        self._on_grid(None)
        self._part_hands()
        self._ties.loose()
        self.place = None

    def refresh(self) -> None:
        """Nothing: everything here follows at once."""

    # -- acts --------------------------------------------------------------------------------------

    def all(self) -> None:
        """Select all cells."""
        if (editor := self._editor) is not None:
            editor.select(np.ones(editor.shape, np.bool_))

    def none(self) -> None:
        """Select none."""
        if (editor := self._editor) is not None:
            editor.select(None)

    def invert(self) -> None:
        """Select the cells that are not selected."""
        if (editor := self._editor) is not None:
            before = editor.selection
            editor.select(np.ones(editor.shape, np.bool_) if before is None else ~before)

    def blend(self) -> None:
        """Fill the selected cells with what lies between those at its corners."""
        editor = self._editor
        if editor is None or editor.selection is None:
            return
        try:
            act = blend_corners(editor.selection)
            editor.do(act.edit, act.text)
        except UserError as error:
            self._host.reporter.tell(error.message, error.hint)

    def copy(self) -> None:
        """Copy the selected cells."""
        if self.place is not None and self._opened is not None:
            entry = self.place.bench.entry
            if self.place.tools.copy("" if entry is None else entry.name):
                self._host.reporter.done("Copied.", "Paste into this grid, or another slide's.")

    def paste(self) -> None:
        """Let copied cells hang at the pointer."""
        if self.place is not None and self.place.tools.paste():
            self._host.choose_tool("transplant")

    def bigger(self) -> None:
        """Make the brush larger."""
        self._on(lambda tools: tools.resize(1))

    def smaller(self) -> None:
        """Make the brush smaller."""
        self._on(lambda tools: tools.resize(-1))

    def keep(self) -> None:
        """Put what is painted with into the palette."""
        if self.place is not None and self.place.tools.paint is not None:
            self.place.palette.add(self.place.tools.paint)

    def overlay(self) -> None:
        """Show or hide the overlay."""
        self.overlay_shown = not self.overlay_shown
        self._show()
        self._host.on_change()

    def choose_mode(self, mode: Mode) -> None:
        """Let the colours say something else."""
        self.mode = mode
        self.overlay_shown = True
        self._ask()
        self._remember()

    def set_opacity(self, opacity: float) -> None:
        """Cover the picture more, or less."""
        self.opacity = opacity
        if self._overlays:
            self._overlays[0].opacity = opacity
        self._remember()

    def set_clusters(self, count: int) -> None:
        """Part the cells into so many kinds."""
        self.clusters = count
        self._ask()

    # -- the grid ----------------------------------------------------------------------------------

    @property
    def _editor(self) -> GridEditor | None:
        return None if self._opened is None else self._opened.editor

    def _on_grid(self, opened: OpenGrid | None) -> None:
        self._grid_ties.loose()
        if self.analysis is not None:
            self.analysis.close()
            self.analysis = None
        self._opened = opened
        if self.place is not None:
            self.place.tools.attach(None if opened is None else opened.editor)
        if opened is not None:
            self.analysis = analysis = CellAnalysis(opened.editor, on_gui_thread)
            tie = self._grid_ties.tie
            tie(analysis.overlay_changed, self._on_overlay)
            tie(analysis.cells_changed, self._on_cells)
            tie(analysis.problem, self._host.reporter.problem)
            tie(opened.editor.selection_changed, self._on_selection)
            self._on_reach()
            self._ask()
        elif self._acts.chosen in CELLS:
            self._host.choose_tool("hand")
        self._show()
        self._host.on_change()

    def _on_reach(self) -> None:
        if self.analysis is not None and self.place is not None:
            self.analysis.know(self.place.reach.support)

    def _ask(self) -> None:
        if self.analysis is None or self.place is None:
            return
        cell = self.place.tools.last_picked
        editor = self.analysis.editor
        if cell is not None and not (cell[0] < editor.shape[0] and cell[1] < editor.shape[1]):
            cell = None
        self.analysis.show(self.mode, clusters=self.clusters, cell=cell)
        self._show()

    def _on_overlay(self, overlay: Overlay) -> None:
        del overlay
        self._show()

    def _on_cells(self, shown: CellsShown) -> None:
        if self._overlays and self.overlay_shown and self.mode not in {"lines", "off"}:
            self._overlays[0].update_cells(shown.rows, shown.columns, shown.colours)
            if shown.labels is not None and self.analysis is not None:
                overlay = self.analysis.overlay
                self._overlays[0].set_letters(overlay.labels, overlay.words)

    def _on_selection(self) -> None:
        mask = None if self._opened is None else self._opened.editor.selection
        for overlay in self._overlays:
            overlay.set_selection(mask)
        self._host.on_change()

    def _show_soon(self, _: object = None) -> None:
        on_gui_thread(self._show)

    def _show(self) -> None:
        """Lay the grid over both views, where each has it."""
        if not self._overlays:
            return
        opened, analysis = self._opened, self.analysis
        original, others = self._overlays[0], self._overlays[1:]
        if opened is None or analysis is None or original.view.document is not opened.document:
            for each in self._overlays:
                each.show(None)
            return
        grid, overlay = opened.editor.original, analysis.overlay
        empty = np.zeros((grid.rows, grid.columns, 4), np.uint8)
        coloured = self.overlay_shown and overlay.colours is not None
        colours = overlay.colours if coloured and overlay.colours is not None else empty
        original.set_lines(wanted=self.overlay_shown and self.mode != "off")
        original.show(colours, grid.region, grid.footprint, self.opacity)
        original.set_letters(overlay.labels if coloured else None, overlay.words)
        for other in others:
            other.show(empty, on_canvas(grid), grid.cell, 0.0)
        self._on_selection()

    # -- tools -------------------------------------------------------------------------------------

    def _take_tool(self, name: str) -> None:
        self._on(lambda tools: setattr(tools, "tool", name))
        if len(self._overlays) == 2:
            from ssldiff_gui.viewer.tools import Tool

            self._overlays[1].view.tool = Tool.CELLS if name else Tool.HAND
        self._host.on_change()

    def _follow_synthetic(self, tool: object) -> None:
        """Let Esc in the synthetic view leave the tool in both."""
        if str(tool) == "hand" and self._acts.chosen in CELLS:
            self._host.choose_tool("hand")

    def _join_hands(self) -> None:
        """Let the mouse on each view work the project's tools, once there are both."""
        from ssldiff_gui.viewer.grid_hand import GridHand

        self._part_hands()
        if self.place is not None:
            self._hands = tuple(GridHand(mouse, self.place.tools) for mouse in self._mice)

    def _part_hands(self) -> None:
        for hand in self._hands:
            hand.close()
        self._hands = ()

    def _on(self, act: Callable[[GridTools], object]) -> None:
        if self.place is not None:
            try:
                act(self.place.tools)
            except UserError as error:
                self._host.reporter.tell(error.message, error.hint)

    def _remember(self) -> None:
        if self.place is not None and self.place.project.read_only is None:
            self.place.bench.remember(overlay={"mode": self.mode, "opacity": self.opacity})
        self._host.on_change()


def on_canvas(grid: EmbeddingGrid) -> Box | None:
    """Return where a grid lies in the view of its canvas, which has the canvas's own pixels."""
    if grid.region is None:
        return None
    step = grid.region.downsample
    box = grid.region.box
    return Box(
        round(box.x / step), round(box.y / step), grid.columns * grid.cell, grid.rows * grid.cell
    )
