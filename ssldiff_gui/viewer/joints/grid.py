"""The inspector's page of the grid: overlay, tool, selection, the picked cell, the scatter."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import Qt

from ssldiff_gui.core.errors import BadEdits, UserError
from ssldiff_gui.state import grid_acts
from ssldiff_gui.state.cell_selection import Manner, combined
from ssldiff_gui.viewer.joints.cell_words import cluster_of, clusters_shown, neighbours_of
from ssldiff_gui.viewer.joints.host import Host, Ties
from ssldiff_gui.viewer.joints.tiles import read_tiles
from ssldiff_gui.viewer.joints.words import ground_text
from ssldiff_gui.widgets.scatter import METHODS
from ssldiff_gui.widgets.shown import (
    CellShown,
    GridShown,
    NeighbourShown,
    OverlayShown,
    ScatterShown,
    SelectionAct,
    SelectionShown,
    SteerShown,
)

if TYPE_CHECKING:
    from ssldiff_gui.core.grid import EmbeddingGrid
    from ssldiff_gui.state.bench import OpenGrid
    from ssldiff_gui.state.cell_maps import ClusterMap, Scatter
    from ssldiff_gui.state.workplace import Workplace
    from ssldiff_gui.viewer.joints.cells import CellsJoint

GREY = 150
VARIED = 2.0
"""What 100 % of "Vary" stands for, in distances of neighbours."""


class GridJoint:
    """Joins the page to the grid's editor, its analysis and the tools.

    Parameters
    ----------
    host
        Where the pages and views are.
    cells
        Has the analysis, and shows it on the views.
    """

    def __init__(self, host: Host, cells: CellsJoint) -> None:
        self._host, self._cells = host, cells
        self._page = host.parts.grid
        self._ties, self._grid_ties = Ties(), Ties()
        self._place: Workplace | None = None
        self._opened: OpenGrid | None = None
        self._picked: tuple[int, int] | None = None
        self._cell: CellShown | None = None
        self._points: Scatter | None = None
        self._scattered: npt.NDArray[np.intp] | None = None
        page = self._page
        page.overlay_chosen.connect(cells.choose_mode)
        page.opacity_changed.connect(cells.set_opacity)
        page.clusters_changed.connect(cells.set_clusters)
        page.tool.changed.connect(self._set_tool)
        page.selection.acted.connect(self._act)
        page.selection.tried.connect(self._try)
        page.selection.deselect_requested.connect(cells.none)
        page.cell.cell_requested.connect(self._go_to)
        page.cell.cluster_requested.connect(self._select_cluster)
        page.cell.add_requested.connect(cells.keep)
        page.scatter.selected.connect(self._on_scatter)
        page.scatter.method_chosen.connect(self._ask_scatter)
        page.legend.clicked.connect(self._select_cluster)
        host.parts.generate.unseen_requested.connect(self._show_unseen)

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        tie = self._ties.tie
        tie(place.bench.grid_changed, self._on_grid)
        tie(place.tools.settings_changed, lambda _: self._host.on_change())
        tie(place.tools.tool_changed, lambda _: self._host.on_change())
        tie(place.tools.paint_changed, lambda _: self._host.on_change())
        tie(place.tools.picked, self._on_picked)
        tie(place.models.changed, lambda _: self._host.on_change())
        self._on_grid(place.bench.open)

    def leave(self) -> None:
        """Follow none any more."""
        self._on_grid(None)
        self._ties.loose()
        self._place = None

    def refresh(self) -> None:
        """Show what holds now."""
        place, opened, page = self._place, self._opened, self._page
        if place is None or opened is None:
            page.show_grid(None)
            return
        entry, grid = place.bench.entry, opened.editor.original
        size = ground_text(grid.columns * grid.cell, grid.rows * grid.cell, grid.scale)
        name = "" if entry is None else entry.name
        page.show_grid(GridShown(name, grid.rows, grid.columns, grid.encoder.split("@")[0], size))
        cells = self._cells
        mode = cells.mode if cells.overlay_shown else "off"
        page.show_overlay(OverlayShown(mode, cells.opacity, cells.clusters))
        page.show_reach(place.reach.share)
        page.show_steer(self._steer_shown(place))
        values = {name: float(getattr(place.tools.settings, name)) for name in TOOL_VALUES}
        page.show_tool(place.tools.tool, values)
        page.show_selection(self._selection_shown(place, opened))
        mask = opened.editor.selection
        page.scatter.show_selection(None if mask is None else self._points_of(mask))

    def _show_unseen(self) -> None:
        self._cells.choose_mode("unseen")
        self._host.turn_to("Grid")

    # -- what is shown -----------------------------------------------------------------------------

    def _selection_shown(self, place: Workplace, opened: OpenGrid) -> SelectionShown | None:
        mask = opened.editor.selection
        if mask is None:
            return None
        count, paint = int(mask.sum()), place.tools.paint
        named = "" if paint is None else paint.label or "the picked cell"
        return SelectionShown(count, f"{count / mask.size:.0%} of the grid", named)

    def _steer_shown(self, place: Workplace) -> SteerShown:
        specs = [e.model.prior for e in place.drawing.priors() if e.model is not None]
        known = [spec for spec in specs if spec is not None]
        if not known:
            return SteerShown(missing="No installed model knows words or classes for this grid.")
        classes = tuple(dict.fromkeys(name for spec in known for name in spec.classes))
        words: list[str] = []
        for spec in known:
            told = None if spec.reader is None else spec.reader.config.get("words")
            words += [str(word) for word in told] if isinstance(told, list) else []
        return SteerShown(classes, tuple(dict.fromkeys(words)))

    def _on_grid(self, opened: OpenGrid | None) -> None:
        self._grid_ties.loose()
        self._opened, self._picked, self._cell = opened, None, None
        self._page.show_problem(None)
        self._page.show_cell(None)
        self._page.show_clusters(())
        self._page.scatter.show_points(None)
        self._points, self._scattered = None, None
        analysis = self._cells.analysis
        if opened is not None and analysis is not None:
            tie = self._grid_ties.tie
            tie(analysis.clusters_changed, self._on_clusters)
            tie(analysis.scatter_changed, self._on_points)
            tie(analysis.overlay_changed, lambda _: self._colour_points())
            methods = [choice for choice in METHODS if choice.id in analysis.methods()]
            self._page.scatter.show_methods(methods, "pca")
            analysis.ask_scatter("pca")
        self._host.on_change()

    def _on_clusters(self, found: ClusterMap | None) -> None:
        self._page.show_clusters(() if found is None else clusters_shown(found))
        if self._picked is not None:
            self._show_cell()

    def _on_points(self, found: Scatter) -> None:
        analysis = self._cells.analysis
        if analysis is None:
            return
        columns = analysis.editor.shape[1]
        self._scattered = found.rows * columns + found.columns
        overlay, kinds = analysis.overlay.colours, analysis.clusters
        grey = np.full((len(found.rows), 3), GREY, np.uint8)
        colours = grey if overlay is None else overlay[found.rows, found.columns, :3]
        labels = None if kinds is None else kinds.labels[found.rows, found.columns]
        self._page.scatter.show_points(
            ScatterShown(
                found.points, colours, found.method, labels,
                () if kinds is None else clusters_shown(kinds),
            )
        )  # fmt: skip
        self._points = found

    def _colour_points(self) -> None:
        if self._points is not None:
            self._on_points(self._points)

    def _points_of(self, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp] | None:
        if self._scattered is None:
            return None
        return np.flatnonzero(mask.ravel()[self._scattered])

    # -- the picked cell ---------------------------------------------------------------------------

    def _on_picked(self, row: int, column: int) -> None:
        self._picked = (row, column)
        self._cell = None
        if self._cells.mode == "likeness" and self._cells.analysis is not None:
            self._cells.analysis.show("likeness", cell=(row, column))
        self._show_cell()
        self._read_pictures()

    def _show_cell(self) -> None:
        opened, analysis, picked = self._opened, self._cells.analysis, self._picked
        if opened is None or analysis is None or picked is None:
            return
        row, column = picked
        before, columns = self._cell, opened.editor.shape[1]
        near = before.neighbours if before is not None else neighbours_of(analysis, picked, columns)
        grid = opened.editor.original
        self._cell = CellShown(
            row * columns + column,
            row + 1,
            column + 1,
            ground_text((column + 0.5) * grid.cell, (row + 0.5) * grid.cell, grid.scale),
            None if before is None else before.picture,
            cluster_of(analysis, picked),
            near,
            edited=bool((opened.editor.grid.vectors[picked] != grid.vectors[picked]).any()),
        )
        self._page.show_cell(self._cell)
        if self._scattered is not None:
            at = np.flatnonzero(self._scattered == self._cell.index)
            self._page.scatter.show_picked(int(at[0]) if len(at) else None)

    def _read_pictures(self) -> None:
        opened, cell, place = self._opened, self._cell, self._place
        if opened is None or cell is None or place is None:
            return
        columns = opened.editor.shape[1]
        indices = cell.index, *(near.index for near in cell.neighbours)
        wanted = [divmod(index, columns) for index in indices]
        result = place.bench.result
        canvas = None if result is None else place.bench.path(result.canvas)

        def show(pictures: list[npt.NDArray[np.uint8] | None]) -> None:
            now = self._cell
            if now is None or now.index != cell.index:
                return
            near = tuple(
                NeighbourShown(n.index, n.cosine, picture, n.place)
                for n, picture in zip(now.neighbours, pictures[1:], strict=True)
            )
            self._cell = replace(now, picture=pictures[0], neighbours=near)
            self._page.show_cell(self._cell)

        read_tiles(opened, wanted, show, canvas)

    def _go_to(self, index: int) -> None:
        """Pick a neighbour, and bring it into view."""
        opened, place, view = self._opened, self._place, self._host.parts.original.view
        if opened is None or place is None:
            return
        row, column = divmod(index, opened.editor.shape[1])
        try:
            place.tools.pick((row, column))
        except UserError as error:
            self._page.show_problem(error)
            return
        if view is not None and view.document is opened.document:
            box = opened.editor.original.box_of(row, column)
            view.centre_on(box.x + box.width / 2, box.y + box.height / 2)

    def _select_cluster(self, index: int, held: object = None) -> None:
        analysis = self._cells.analysis
        if analysis is not None and analysis.clusters is not None:
            editor, mask = analysis.editor, analysis.clusters.mask(index)
            editor.select(combined(editor.selection, mask, _manner(held)))

    # -- acts --------------------------------------------------------------------------------------

    def _set_tool(self, name: str, value: float) -> None:
        if self._place is not None:
            self._place.tools.set(**{name: value})

    def _ask_scatter(self, method: str) -> None:
        if self._cells.analysis is not None:
            self._page.scatter.show_points(None)
            self._cells.analysis.ask_scatter("umap" if method == "umap" else "pca")

    def _on_scatter(self, indices: npt.NDArray[np.intp], held: object) -> None:
        opened = self._opened
        if opened is None or self._scattered is None:
            return
        mask = np.zeros(opened.editor.shape, np.bool_)
        mask.ravel()[self._scattered[indices]] = True
        editor = opened.editor
        editor.select(combined(editor.selection, mask, _manner(held)))
        if len(indices) == 1 and self._place is not None:
            row, column = divmod(int(self._scattered[indices[0]]), editor.shape[1])
            if editor.grid.mask[row, column]:
                self._place.tools.pick((row, column))

    def _act(self, wanted: SelectionAct) -> None:
        self._page.show_problem(None)
        try:
            if wanted.kind == "steer":
                self._steer(wanted)
            elif (opened := self._opened) is not None:
                act = self._edit_of(wanted, opened)
                opened.editor.do(act.edit, act.text)
        except UserError as error:
            self._page.show_problem(error)
        self._host.on_change()

    def _try(self, wanted: SelectionAct | None) -> None:
        """Show what an act would do; steering by words needs a prior first."""
        opened = self._opened
        if opened is None:
            return
        try:
            if wanted is None or wanted.kind == "steer":
                opened.editor.preview(None)
            else:
                opened.editor.preview(self._edit_of(wanted, opened).edit)
        except UserError as error:
            self._page.show_problem(error)

    def _edit_of(self, wanted: SelectionAct, opened: OpenGrid) -> grid_acts.Act:
        mask = opened.editor.selection
        if mask is None:
            raise BadEdits("No cells are selected.", "Select some with the tools for cells.")
        if wanted.kind == "vary":
            return grid_acts.vary(mask, VARIED * wanted.amount, self._seed(opened))
        if wanted.kind == "erase":
            return grid_acts.erase(mask, wanted.amount)
        if wanted.kind == "clear":
            return grid_acts.clear(mask)
        assert self._place is not None  # noqa: S101 - a grid is open
        paint = self._place.tools.paint_in_hand
        opened.editor.add_source(paint.name, paint.grid, paint.label)
        if wanted.kind == "replace":
            return grid_acts.replace_by(mask, paint, strength=wanted.amount)
        variety = self._place.tools.settings.variety
        return grid_acts.fill(
            mask, paint, variety=variety, seed=self._seed(opened), strength=wanted.amount
        )

    def _seed(self, opened: OpenGrid) -> int:
        """Return the same seed for a preview and the act that follows it."""
        return len(opened.editor.edits) + 1

    def _steer(self, wanted: SelectionAct) -> None:
        opened, place = self._opened, self._place
        if opened is None or place is None:
            return
        mask, editor = opened.editor.selection, opened.editor
        label = wanted.text or wanted.class_name

        def taken(name: str, grid: EmbeddingGrid) -> None:
            try:
                editor.add_source(name, grid, label)
                act = grid_acts.steer_by(name, wanted.amount, mask, label)
                editor.do(act.edit, act.text)
            except UserError as error:
                self._page.show_problem(error)
            self._host.on_change()

        place.drawing.sample(wanted.text, wanted.class_name, secrets.randbelow(1 << 31), taken)


TOOL_VALUES = (
    "radius", "softness", "strength", "variety", "amount", "threshold", "connected", "square",
)  # fmt: skip


def _manner(held: object) -> Manner:
    if isinstance(held, Qt.KeyboardModifier):
        if held & Qt.KeyboardModifier.ShiftModifier:
            return "add"
        if held & Qt.KeyboardModifier.ControlModifier:
            return "subtract"
    return "new"
