"""The cells of a grid over the picture they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Image

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.core.grid import Mask
from ssldiff_gui.state.grid_cursor import Cursor
from ssldiff_gui.viewer.cell_canvas import CellStage
from ssldiff_gui.viewer.cell_cursor import CellCursor
from ssldiff_gui.viewer.cell_letters import Labels, LettersNode
from ssldiff_gui.viewer.cell_strokes import NOTHING, boundary, cell_lines, rectangle
from ssldiff_gui.viewer.cell_visual import Look, StrokesNode
from ssldiff_gui.viewer.grid_place import Cell, GridPlace
from ssldiff_gui.viewer.shown_view import ShownView

RGBA = npt.NDArray[np.uint8]
"""(rows, columns, 4) uint8; opacity nought where there is no cell."""

Indices = npt.NDArray[np.integer[Any]]

OPACITY = 0.45

LINES_FROM, LINES_FULL = 6.0, 20.0
"""Side of a cell in screen pixels at which its edges begin to show, and show in full."""

LETTERS_FROM = 26.0
"""Side of a cell in screen pixels from which there is room for letters."""

LINE = (1.0, 1.0, 1.0, 0.38)
FRAME = Look((1.0, 1.0, 1.0, 0.95), 1.0, edge=(0.0, 0.0, 0.0, 0.45))
MARK = Look((1.0, 1.0, 1.0, 1.0), 2.0, edge=(0.0, 0.0, 0.0, 0.7))
OUTLINE = Look((1.0, 1.0, 1.0, 1.0), 2.0, (0.05, 0.05, 0.08, 1.0), 5.0)


class GridOverlay:
    """Shows a grid's colours, cell edges, frame, selection, letters and cursor on one view.

    It shows nothing while the view shows another scene than the one it was given the grid for.
    The colours are a napari layer under the annotations; all else is drawn above the layers and is
    none of napari's business. All of it is used from Qt's main thread.

    Parameters
    ----------
    view
        Of the original, or of what was made from the grid.
    name
        What the layer is called in a list of layers.
    """

    def __init__(self, view: ShownView, name: str = "Grid of cells") -> None:
        self.view = view
        self._name = name
        self.layer: Image | None = None
        self._place: GridPlace | None = None
        self._scene: object = None
        self._colours: RGBA | None = None
        self._opacity = OPACITY
        self._lines_wanted = True
        self._visible = True
        self._labels: Labels | None = None
        self._marked: Cell | None = None
        self._closed = False
        self._stage = CellStage(view.model)
        self._lines = StrokesNode(Look(LINE))
        self._frame = StrokesNode(FRAME)
        self._letters = LettersNode()
        self._outline = StrokesNode(OUTLINE)
        self._mark = StrokesNode(MARK)
        for node in (self._lines, self._frame, self._letters, self._outline, self._mark):
            self._stage.add(node)
        self._cursor = CellCursor(self._stage)
        self._connect()
        self._arrange()

    # -- what is shown -----------------------------------------------------------------------------

    @property
    def place(self) -> GridPlace | None:
        """Where the cells lie on the picture; None while there is no grid to be seen."""
        return self._place if self._here else None

    def show(
        self,
        colours: RGBA | None,
        region: Region | Box | None = None,
        footprint: float = 1.0,
        opacity: float | None = None,
    ) -> None:
        """Show a grid over the scene that the view shows now, or nothing.

        A selection, letters and a cursor of a grid of another size are forgotten.

        Parameters
        ----------
        colours
            (rows, columns, 4) uint8 RGBA; None shows nothing. It is copied.
        region
            Where the grid lies, in level-0 pixels of the view's scene.
        footprint
            Side of a cell in those pixels.
        opacity
            Of the colours; as it was when None.
        """
        if self._closed:
            return
        before = None if self._place is None else (self._place.rows, self._place.columns)
        self._opacity = self._opacity if opacity is None else opacity
        document = self.view.document
        if colours is None or document is None:
            self._place, self._colours, self._scene = None, None, None
        else:
            if self._colours is None or self._colours.shape != colours.shape:
                self._colours = np.array(colours, np.uint8, order="C")
            else:
                self._colours[...] = colours
            self._place = GridPlace.of(colours.shape, region, footprint)
            self._scene = document.scene
        if self._place is None or before != (self._place.rows, self._place.columns):
            self._resize()
        self._arrange()

    def update_cells(self, rows: Indices, columns: Indices, colours: RGBA) -> None:
        """Show some cells in other colours; all else stays as it is.

        Parameters
        ----------
        rows, columns
            (n,) which cells.
        colours
            (n, 4) uint8 RGBA.
        """
        if self._colours is None:
            return
        self._colours[rows, columns] = colours
        self._refresh()

    def set_colours(self, colours: RGBA) -> None:
        """Show all cells in other colours."""
        if self._colours is not None:
            self._colours[...] = colours
            self._refresh()

    @property
    def opacity(self) -> float:
        """How much the colours cover the picture, from 0 to 1."""
        return self._opacity

    @opacity.setter
    def opacity(self, opacity: float) -> None:
        self._opacity = opacity
        if self.layer is not None:
            self.layer.opacity = opacity

    @property
    def visible(self) -> bool:
        """Whether a person wants to see the grid just now."""
        return self._visible

    @visible.setter
    def visible(self, visible: bool) -> None:
        self._visible = visible
        self._arrange()

    def set_lines(self, wanted: bool) -> None:
        """Show the edges of cells, where they are large enough."""
        self._lines_wanted = wanted
        self._follow_zoom()

    def set_selection(self, mask: Mask | None) -> None:
        """Draw an outline around the cells that a mask holds."""
        self._outline.set_strokes(NOTHING if mask is None else boundary(mask))

    def set_letters(self, labels: Labels | None, words: Sequence[str] = ()) -> None:
        """Write a short word into each cell, shown when the cells are large enough.

        Parameters
        ----------
        labels
            (rows, columns): which word; below nought for none. None writes nothing.
        words
            A few letters each: a cluster's symbol, or a value.
        """
        self._labels = labels
        self._letters.set_words(labels, words)
        self._follow_zoom()

    def set_key_cell(self, cell: Cell | None) -> None:
        """Mark the cell that keys act on."""
        if cell == self._marked:
            return
        self._marked = cell
        found = NOTHING
        if cell is not None:
            row, column = cell
            found = rectangle(column, row, column + 1, row + 1)
        self._mark.set_strokes(found)

    def set_cursor(self, cursor: Cursor | None) -> None:
        """Draw what the pointer would do."""
        self._cursor.show(cursor if cursor is not None else Cursor())

    def close(self) -> None:
        """Take everything out of the viewer."""
        if self._closed:
            return
        self._closed = True
        self.view.leaving.disconnect(self._remove_layer, missing_ok=True)
        self.view.shown.disconnect(self._arrange, missing_ok=True)
        self.view.model.scene.camera.events.zoom.disconnect(self._follow_zoom)
        self.view.model.layers.events.removed.disconnect(self._on_removed)
        self._remove_layer()
        self._stage.close()

    # -- how ---------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.view.leaving.connect(self._remove_layer)
        self.view.shown.connect(self._arrange)
        self.view.model.scene.camera.events.zoom.connect(self._follow_zoom)
        self.view.model.layers.events.removed.connect(self._on_removed)

    @property
    def _here(self) -> bool:
        """Whether the view shows the scene that the grid belongs to."""
        document = self.view.document
        return document is not None and self._place is not None and document.scene is self._scene

    def _resize(self) -> None:
        """Draw the edges for another number of cells."""
        place = self._place
        rows, columns = (0, 0) if place is None else (place.rows, place.columns)
        self._lines.set_strokes(cell_lines(rows, columns) if rows else NOTHING)
        self._frame.set_strokes(rectangle(0, 0, columns, rows) if rows else NOTHING)
        self.set_selection(None)
        self.set_letters(None)
        self.set_key_cell(None)
        self.set_cursor(None)

    def _arrange(self, *_: object) -> None:
        """Let everything be where it should be, and be seen when it should be."""
        seen = self._here and self._visible and not self._closed
        if seen and self._place is not None and self._colours is not None:
            self._stage.lie_at(self._place, self.view.world)
            self._put_layer(self._place, self._colours)
            self._stage.join(self.layer)
        elif self.layer is not None:
            self._remove_layer()
        for node in (self._frame, self._outline, self._mark, *self._cursor.nodes):
            node.visible = seen
        self._follow_zoom()

    def _put_layer(self, place: GridPlace, colours: RGBA) -> None:
        world = self.view.world
        scale = np.array(world.scale) * place.footprint
        shift = np.array((place.y, place.x)) * world.scale + scale / 2
        if self.layer is not None and self.layer.data is not colours:
            self._remove_layer()
        if self.layer is None:
            self._add_layer(colours, scale=scale, translate=shift, units=world.units)
            return
        if not np.array_equal(self.layer.scale, scale):  # napari looks at everything anew
            self.layer.scale = scale
        if not np.array_equal(self.layer.translate, shift):
            self.layer.translate = shift
        self.layer.opacity = self._opacity
        self._refresh()

    def _add_layer(self, colours: RGBA, **placing: Any) -> None:
        self.layer = Image(
            colours,
            rgb=True,
            name=self._name,
            opacity=self._opacity,
            blending="translucent_no_depth",
            interpolation2d="nearest",
            **placing,
        )
        layers = self.view.model.layers
        chosen, active = set(layers.selection), layers.selection.active
        layers.insert(self._under_annotations(), self.layer)
        layers.selection = chosen
        layers.selection.active = active

    def _under_annotations(self) -> int:
        layers, annotations = self.view.model.layers, self.view.annotations
        if annotations is None:
            return len(layers)
        above = {annotations.shapes.layer, annotations.outlines.layer}
        return next((i for i, layer in enumerate(layers) if layer in above), len(layers))

    def _remove_layer(self) -> None:
        layer, self.layer = self.layer, None
        if layer is not None and layer in self.view.model.layers:
            self.view.model.layers.remove(layer)

    def _on_removed(self, event: Any) -> None:
        if event.value is self.layer:
            self.layer = None

    def _refresh(self) -> None:
        """Show what changed in the colours; all else that napari could look after is the same."""
        if self.layer is None or self._colours is None:
            return
        if not self._stage.redraw(self.layer, self._colours):
            self.layer.refresh(thumbnail=False, highlight=False, extent=False)

    def _follow_zoom(self, *_: object) -> None:
        """Leave out what would be too small to be told apart."""
        seen = self._here and self._visible and not self._closed
        side = self.cell_on_screen
        share = float(np.clip((side - LINES_FROM) / (LINES_FULL - LINES_FROM), 0, 1))
        self._lines.visible = seen and self._lines_wanted and share > 0
        if self._lines.visible:
            self._lines.look = Look((*LINE[:3], LINE[3] * round(share, 2)))
        self._letters.visible = seen and self._labels is not None and side >= LETTERS_FROM

    @property
    def cell_on_screen(self) -> float:
        """Side of a cell in screen pixels."""
        footprint = 0.0 if self._place is None else self._place.footprint
        return float(footprint * self.view.navigation.ratio)
