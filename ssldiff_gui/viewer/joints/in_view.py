"""The part of a canvas that the original's view shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssldiff_gui.core.geometry import Box

if TYPE_CHECKING:
    from ssldiff_gui.state.bench import OpenGrid
    from ssldiff_gui.viewer.shown_view import ShownView


def canvas_in_view(opened: OpenGrid, view: ShownView | None) -> Box | None:
    """Return what is seen of the canvas of a grid, in its pixels; None when nothing is."""
    if view is None or view.document is not opened.document:
        return None
    left, top, right, bottom = view.viewport
    grid = opened.editor.original
    x, y, step = 0.0, 0.0, 1.0
    if grid.region is not None:
        x, y, step = grid.region.box.x, grid.region.box.y, grid.region.downsample
    seen = Box.covering(
        (left - x) / step, (top - y) / step, (right - x) / step, (bottom - y) / step
    )
    inside = seen.intersect(Box(0, 0, grid.columns * grid.cell, grid.rows * grid.cell))
    return None if inside.empty else inside
