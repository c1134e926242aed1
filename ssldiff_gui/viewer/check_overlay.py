"""A check map over a picture: colours, an outline and hatching where cells are not as asked."""

from __future__ import annotations

import numpy as np
from napari.layers import Image

from ssldiff_gui.core.check_colours import Likeness, check_colours, low_cells
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.core.grid import Mask
from ssldiff_gui.viewer.cell_canvas import CellStage
from ssldiff_gui.viewer.cell_strokes import NOTHING, Strokes
from ssldiff_gui.viewer.cell_visual import Look, StrokesNode
from ssldiff_gui.viewer.grid_overlay import GridOverlay
from ssldiff_gui.viewer.shown_view import ShownView

HATCH = Look((1.0, 1.0, 1.0, 0.85), 1.5)
HATCH_FROM = 7.0
"""Side of a cell in screen pixels at which its hatching is more than a blur."""

MOST_HATCHED = 20_000
"""More cells than this are outlined only."""

_LINES = (0.5, 1.0, 1.5)
"""Where the upright-slanted lines cross a cell: column and row add up to so much."""


class CheckOverlay:
    """Shows on one view how alike each cell is to what was asked for.

    Parameters
    ----------
    view
        Of the picture that was checked, or of its original.
    """

    def __init__(self, view: ShownView) -> None:
        self._view = view
        self._likeness: Likeness | None = None
        self._threshold = 0.0
        self._grid = GridOverlay(view, "Check map")
        self._grid.set_lines(wanted=False)
        self._stage = CellStage(view.model)
        self._hatch = StrokesNode(HATCH)
        self._stage.add(self._hatch)
        view.model.scene.camera.events.zoom.connect(self._follow)
        view.shown.connect(self._follow)

    def show(
        self,
        likeness: Likeness | None,
        region: Region | Box | None = None,
        footprint: float = 1.0,
        threshold: float = 0.0,
    ) -> None:
        """Show a map, or nothing.

        Parameters
        ----------
        likeness
            (rows, columns), NaN where no cell was asked for.
        region
            Where the grid lies, in level-0 pixels of the view's scene.
        footprint
            Side of a cell in those pixels.
        threshold
            Cells less alike than this are hatched.
        """
        self._likeness = likeness
        colours = None if likeness is None else check_colours(likeness)
        self._grid.show(colours, region, footprint, opacity=1.0)
        self.set_threshold(threshold)

    def set_threshold(self, threshold: float) -> None:
        """Hatch the cells that are less alike than this."""
        self._threshold = threshold
        if self._likeness is None:
            self._hatch.set_strokes(NOTHING)
        else:
            low = low_cells(self._likeness, threshold)
            self._grid.set_selection(low if low.any() else None)
            self._hatch.set_strokes(hatching(low) if low.sum() <= MOST_HATCHED else NOTHING)
        self._follow()

    @property
    def layer(self) -> Image | None:
        """The colours, while they are shown."""
        return self._grid.layer

    @property
    def visible(self) -> bool:
        """Whether a person wants to see the map just now."""
        return self._grid.visible

    @visible.setter
    def visible(self, visible: bool) -> None:
        self._grid.visible = visible
        self._follow()

    def close(self) -> None:
        """Take everything out of the viewer."""
        self._view.model.scene.camera.events.zoom.disconnect(self._follow)
        self._view.shown.disconnect(self._follow, missing_ok=True)
        self._grid.close()
        self._stage.close()

    def _follow(self, *_: object) -> None:
        """Let the hatching lie on its cells, where they are large enough."""
        place, world = self._grid.place, self._view.world
        seen = place is not None and self._grid.visible
        if place is not None:
            self._stage.join(self._grid.layer)
            self._stage.lie_at(place, world)
            side = place.footprint * world.x * self._view.model.scene.camera.zoom
            seen = seen and side >= HATCH_FROM
        self._hatch.visible = seen


def hatching(mask: Mask) -> Strokes:
    """Return slanted lines through the cells that a mask holds, in columns and rows."""
    rows, columns = np.nonzero(mask)
    corner = np.stack([columns, rows], axis=1).astype(np.float32)
    starts, ends = [], []
    for at in _LINES:
        low, high = max(0.0, at - 1.0), min(1.0, at)
        starts.append(corner + np.array([low, high], np.float32))
        ends.append(corner + np.array([high, low], np.float32))
    if not len(rows):
        return NOTHING
    first, last = np.concatenate(starts), np.concatenate(ends)
    return Strokes(first, last, np.zeros(len(first), np.float32))
